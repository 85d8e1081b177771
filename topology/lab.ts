//! The laptop's topology: the production shape with fast timing. Real PostgreSQL, modelled AWS.
//! `lab.ts` and `production.ts` are the only places of the code that choose regions.

import type { Topology } from "./topology.ts";

export const labTopology = {
  service: "orders",
  hostname: "orders.switchback.test",
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
  // A forced failover goes ahead by itself up to replicaLagMsMax, so no smaller loss is promised.
  objectives: { rtoSeconds: 10, rpoSeconds: 5 },
  strategy: "warm-standby",
  capacity: { activeReplicas: 2, standbyReplicas: 1 },
  dns: {
    zone: "switchback.test",
    ttlSeconds: 1,
    healthCheckIntervalSeconds: 10,
    healthCheckFailureThreshold: 2,
    propagationSeconds: 0.2,
  },
  database: {
    kind: "rds",
    name: "orders",
    engineVersion: "18.4",
    instanceClass: "db.t4g.medium",
    storageGiB: 20,
  },
  storage: {
    bucketPrefix: "orders-objects",
    replicationTimeControl: true,
    references: [{ table: "app.orders", column: "attachment" }],
  },
  arbiter: { table: "switchback-arbiter", witnessRegion: "us-east-2" },
  lease: {
    leaseMs: 1_500,
    renewMs: 400,
    marginMs: 300,
    driftPpm: 200,
    commitGapMs: 250,
    ackWithinMs: 250,
    operationTimeoutMs: 350,
  },
  detection: {
    pollMs: 200,
    probeMs: 400,
    probeTimeoutMs: 400,
    readingAgeMsMax: 1_500,
    vantagesFailingMin: 2,
  },
  promotion: { promoteMsExpected: 400, scaleMsExpected: 800 },
  mode: "automatic",
  blockPeriodSeconds: 60,
  replicaLagMsMax: 5_000,
  onStop: "lapse",
  lab: { healthCheckSpeedup: 40, roundTripMs: 60 },
} as const satisfies Topology;
