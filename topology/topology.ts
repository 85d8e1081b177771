//! The one place that says which regions exist, what each is for, and what was promised.
//! Stacks, charts, operator policy, dashboards, lab and docs are functions of this value.
//! The zod definition is the only definition: the type, the JSON Schema for editors and every
//! error message come from it.

import { z } from "zod";

const regionName = z
  .string()
  .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be an AWS region name such as "us-east-1"');

const milliseconds = z.int().positive();

const region = z.strictObject({
  role: z
    .enum(["active", "standby"])
    .describe(
      "Which region serves when nothing has failed yet. After a failover the arbiter knows better.",
    ),
  cidr: z.cidrv4().describe("Address range of the region's VPC. The two must not overlap."),
  availabilityZones: z
    .array(z.string().min(1))
    .min(2)
    .describe("Availability zones of the VPC, at least two."),
});

const lease = z.strictObject({
  leaseMs: milliseconds.describe(
    "How long one renewal lets the database accept writes, in milliseconds, by its own clock.",
  ),
  renewMs: milliseconds.describe("How often the holder renews, in milliseconds."),
  marginMs: milliseconds.describe(
    "How much longer than leaseMs a challenger waits: clock rate drift plus the commit gap.",
  ),
  driftPpm: z
    .int()
    .min(0)
    .max(10_000)
    .describe("How far apart two clocks may run, in parts per million."),
  commitGapMs: milliseconds.describe(
    "Longest time from the last lease check of a transaction to its acknowledgement.",
  ),
  ackWithinMs: milliseconds.describe(
    "A write that took the app longer is answered 503 outcome-unknown unless the lease is still live.",
  ),
  operationTimeoutMs: milliseconds.describe(
    "Timeout of one call to the arbiter. A call is sent once; a repeat is a new conditional write.",
  ),
});

const detection = z.strictObject({
  pollMs: milliseconds.describe("How often the challenger reads the lease, in milliseconds."),
  probeMs: milliseconds.describe("How often each vantage is asked, in milliseconds."),
  probeTimeoutMs: milliseconds.describe("When an unanswered probe counts as failing."),
  readingAgeMsMax: milliseconds.describe("Older readings are ignored: they count as silent."),
  vantagesFailingMin: z
    .int()
    .min(2)
    .max(4)
    .describe("How many independent vantages must say failing before anything moves."),
});

const promotion = z.strictObject({
  promoteMsExpected: milliseconds.describe(
    "How long the promotion of the replica takes; part of the RTO sum. RDS: several minutes.",
  ),
  scaleMsExpected: z
    .int()
    .min(0)
    .describe("How long the standby's capacity takes to be ready; runs beside the promotion."),
});

const dns = z.strictObject({
  zone: z.string().regex(/^([a-z0-9-]+\.)+[a-z0-9-]+$/, "must be a domain name without final dot"),
  ttlSeconds: z.int().min(1).max(300).describe("TTL of the failover records, in seconds."),
  healthCheckIntervalSeconds: z
    .union([z.literal(10), z.literal(30)])
    .describe("Route 53 request interval: 10 or 30 seconds, nothing else exists."),
  healthCheckFailureThreshold: z
    .int()
    .min(1)
    .max(10)
    .describe("Route 53 failure threshold, 1 to 10 consecutive answers."),
  propagationSeconds: z
    .number()
    .min(0)
    .describe("Allowance for a health change to reach every name server, in seconds."),
});

const lab = z.strictObject({
  healthCheckSpeedup: z
    .number()
    .min(1)
    .max(100)
    .describe("How much faster than Route 53 the lab's health checkers ask. 1 is real time."),
  roundTripMs: z.int().min(0).describe("Round trip between two sites of the lab, milliseconds."),
});

const database = z.strictObject({
  kind: z
    .enum(["rds", "aurora-global", "self-managed"])
    .describe("Who runs PostgreSQL, and so how a replica is promoted."),
  name: z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/, "must be a plain PostgreSQL identifier"),
  engineVersion: z.string().regex(/^\d+(\.\d+)?$/, 'must look like "18.4"'),
  instanceClass: z.string().regex(/^db\.[a-z0-9]+\.[a-z0-9]+$/, 'must look like "db.r7g.large"'),
  storageGiB: z.int().min(20).max(65_536),
});

export const topologySchema = z.strictObject({
  service: z
    .string()
    .regex(/^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/, "must be a DNS label of at most 40 characters")
    .describe("Name of the service: the failover group, the cluster names, the record prefix."),
  hostname: z.string().describe("The name users resolve. It must lie in dns.zone."),
  regions: z
    .record(regionName, region)
    .describe("Exactly two regions, one of them active and one standby."),
  objectives: z.strictObject({
    rtoSeconds: z.number().positive().describe("Recovery time objective, in seconds."),
    rpoSeconds: z.number().min(0).describe("Recovery point objective, in seconds of lost writes."),
  }),
  strategy: z
    .enum(["pilot-light", "warm-standby", "hot-standby"])
    .describe("How much of the standby runs before it is needed."),
  capacity: z.strictObject({
    activeReplicas: z.int().min(1).max(1_000).describe("App pods of the region that serves."),
    standbyReplicas: z
      .int()
      .min(0)
      .max(1_000)
      .describe("App pods of the region that waits. Zero only with strategy pilot-light."),
  }),
  dns,
  database,
  storage: z.strictObject({
    bucketPrefix: z.string().regex(/^[a-z0-9][a-z0-9-]{1,40}$/, "must be an S3 bucket name prefix"),
    replicationTimeControl: z.boolean(),
  }),
  arbiter: z.strictObject({
    table: z.string().regex(/^[a-zA-Z0-9_.-]{3,255}$/, "must be a DynamoDB table name"),
    witnessRegion: regionName.describe(
      "Third region of the MRSC global table; with the two regions it must be in one region set.",
    ),
  }),
  lease,
  detection,
  promotion,
  mode: z
    .enum(["automatic", "approve", "observe"])
    .describe("automatic acts; approve asks a human first; observe only records what it would do."),
  blockPeriodSeconds: z
    .int()
    .min(0)
    .describe("After an automatic failover no further one starts for this long, in seconds."),
  replicaLagMsMax: milliseconds.describe(
    "A failover whose replica is further behind must be approved by a human.",
  ),
  onStop: z
    .enum(["lapse", "release"])
    .describe(
      "What a stopping operator does with the lease: let it run out, or hand it to the peer.",
    ),
  lab: lab.optional().describe("Only read by the lab. A topology with it is not for production."),
});

/** Readonly all the way down; made by `parseTopology` or checked by `satisfies Topology`. */
export type Topology = DeepReadonly<z.infer<typeof topologySchema>>;
export type RegionName = string;

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

/** The region that serves when nothing has failed yet. */
export function initialActive(topology: Topology): RegionName {
  return regionWithRole(topology, "active");
}

/** The region that waits when nothing has failed yet. */
export function initialStandby(topology: Topology): RegionName {
  return regionWithRole(topology, "standby");
}

/** The other of the two regions. */
export function peerOf(topology: Topology, region: RegionName): RegionName {
  const peer = Object.keys(topology.regions).find((name) => name !== region);
  if (peer === undefined || topology.regions[region] === undefined) {
    throw new Error(`${region} is not a region of ${topology.service}`);
  }
  return peer;
}

/** Public name of one region's endpoint, past the failover record. */
export function regionHostname(topology: Topology, region: RegionName): string {
  return `${region}.${topology.hostname}`;
}

/** Name of the TXT failover pair that says what Route 53's health checkers see of a region. */
export function vantageHostname(topology: Topology, region: RegionName): string {
  return `_health.${region}.${topology.hostname}`;
}

function regionWithRole(topology: Topology, role: "active" | "standby"): RegionName {
  const found = Object.entries(topology.regions).find(([, region]) => region.role === role);
  if (found === undefined) throw new Error(`topology ${topology.service} has no ${role} region`);
  return found[0];
}
