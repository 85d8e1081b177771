//! Two topologies for production, to copy from: same continent each, so that one MRSC region set
//! holds both regions and the witness. The numbers are starting points; drills correct them.

import type { Topology } from "./topology.ts";

/** What both share: the data plane's timing, and objectives that RDS can meet. */
const shared = {
  service: "orders",
  // The promotion of an RDS replica takes minutes and nobody can hurry it, hence the 15 minutes.
  objectives: { rtoSeconds: 900, rpoSeconds: 30 },
  database: {
    kind: "rds",
    name: "orders",
    engineVersion: "18.4",
    instanceClass: "db.r7g.large",
    storageGiB: 200,
  },
  storage: {
    bucketPrefix: "orders-objects",
    replicationTimeControl: true,
    references: [{ table: "app.orders", column: "attachment" }],
  },
  // Four renewals fit into a lease: three may be lost before writes stop. One that times out leaves
  // time for the next. The margin is mostly the commit gap; 200 ppm of 15 s are only 3 ms.
  lease: {
    leaseMs: 15_000,
    renewMs: 3_000,
    marginMs: 3_000,
    driftPpm: 200,
    commitGapMs: 2_000,
    ackWithinMs: 2_000,
    operationTimeoutMs: 2_000,
  },
  detection: {
    pollMs: 1_000,
    probeMs: 5_000,
    probeTimeoutMs: 5_000,
    readingAgeMsMax: 20_000,
    vantagesFailingMin: 2,
  },
  blockPeriodSeconds: 3_600,
  // Two thirds of the RPO: the lag was read a little before the region was lost.
  replicaLagMsMax: 20_000,
  // A new version of the operator must not move the service: it is back before the lease runs out.
  onStop: "lapse",
} as const;

/**
 * Seoul serves, Tokyo waits, Osaka is the witness. Automatic: the lease makes a takeover safe
 * without a person, warm capacity makes it quick, and 15 minutes leave no time to wake somebody,
 * explain, and still promote.
 */
export const apTopology = {
  ...shared,
  hostname: "orders.ap.example.com",
  regions: {
    "ap-northeast-2": {
      role: "active",
      cidr: "10.30.0.0/16",
      availabilityZones: ["ap-northeast-2a", "ap-northeast-2b", "ap-northeast-2c"],
    },
    "ap-northeast-1": {
      role: "standby",
      cidr: "10.40.0.0/16",
      // Not every account has ap-northeast-1b.
      availabilityZones: ["ap-northeast-1a", "ap-northeast-1c", "ap-northeast-1d"],
    },
  },
  strategy: "warm-standby",
  capacity: { activeReplicas: 6, standbyReplicas: 2 },
  dns: {
    zone: "ap.example.com",
    ttlSeconds: 30,
    healthCheckIntervalSeconds: 10,
    healthCheckFailureThreshold: 3,
    propagationSeconds: 20,
  },
  arbiter: { table: "switchback-arbiter", witnessRegion: "ap-northeast-3" },
  promotion: { promoteMsExpected: 300_000, scaleMsExpected: 120_000 },
  mode: "automatic",
} as const satisfies Topology;

/**
 * Virginia serves, Oregon waits, Ohio is the witness. Approve: how most teams start. The operator
 * gathers the evidence, scales the standby ahead and then holds; a person's minutes come on top of
 * the sum, and the objective has about as much to spare. Pilot light: nodes start only when needed.
 */
export const usTopology = {
  ...shared,
  hostname: "orders.us.example.com",
  regions: {
    "us-east-1": {
      role: "active",
      cidr: "10.10.0.0/16",
      availabilityZones: ["us-east-1a", "us-east-1b", "us-east-1c"],
    },
    "us-west-2": {
      role: "standby",
      cidr: "10.20.0.0/16",
      availabilityZones: ["us-west-2a", "us-west-2b", "us-west-2c"],
    },
  },
  strategy: "pilot-light",
  capacity: { activeReplicas: 6, standbyReplicas: 0 },
  dns: {
    zone: "us.example.com",
    ttlSeconds: 60,
    healthCheckIntervalSeconds: 10,
    healthCheckFailureThreshold: 3,
    propagationSeconds: 20,
  },
  arbiter: { table: "switchback-arbiter", witnessRegion: "us-east-2" },
  promotion: { promoteMsExpected: 300_000, scaleMsExpected: 270_000 },
  mode: "approve",
} as const satisfies Topology;

export const productionTopologies = { ap: apTopology, us: usTopology } as const;
