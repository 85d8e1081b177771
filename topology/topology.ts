//! The one place that says which regions exist, what each is for, and what was promised.
//! Stacks, charts, operator policy, dashboards, lab and docs are functions of this value.
//! The zod definition is the only definition: the type, the JSON Schema for editors and every
//! error message come from it.

import * as z from "zod";

/** The form of a text in words. Editors show them, and so does every refusal of a wrong text. */
function text(pattern: RegExp, allowed: string, description: string) {
  const patternErrorMessage = `must be ${allowed}`;
  return z.string().regex(pattern, patternErrorMessage).meta({ description, patternErrorMessage });
}

const regionName = (description: string) =>
  text(/^[a-z]{2}(-[a-z]+)+-\d$/, 'an AWS region name such as "us-east-1"', description);

const domainName = (description: string) =>
  text(
    /^(?=.{1,200}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    'a domain name in lower case without final dot such as "example.com"',
    description,
  );

const dayMs = 86_400_000;
const weekSeconds = 604_800;
const milliseconds = z.int().positive().max(dayMs);

const region = z
  .strictObject({
    role: z
      .enum(["active", "standby"])
      .describe(
        "Which region serves when nothing has failed yet. After a failover the arbiter knows better.",
      ),
    cidr: z.cidrv4().meta({
      description: "Address range of the region's VPC. The two must not overlap.",
      patternErrorMessage: 'must be an IPv4 range such as "10.10.0.0/16"',
      examples: ["10.10.0.0/16"],
    }),
    availabilityZones: z
      .array(z.string().min(1))
      .min(2)
      .max(6)
      .meta({
        description: "Availability zones of the VPC, at least two.",
        examples: [["us-east-1a", "us-east-1b"]],
      }),
  })
  .describe("One region: its part at the start and its network.");

const lease = z
  .strictObject({
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
  })
  .describe("Timing of the write lease: who may write, and how soon another may.");

const detection = z
  .strictObject({
    pollMs: milliseconds.describe("How often the challenger reads the lease, in milliseconds."),
    probeMs: milliseconds.describe("How often each vantage is asked, in milliseconds."),
    probeTimeoutMs: milliseconds.describe("When an unanswered probe counts as failing."),
    readingAgeMsMax: milliseconds.describe("Older readings are ignored: they count as silent."),
    vantagesFailingMin: z
      .int()
      .min(2)
      .max(4)
      .describe("How many independent vantages must say failing before anything moves."),
  })
  .describe("How a failure is seen.");

const promotion = z
  .strictObject({
    promoteMsExpected: milliseconds.describe(
      "How long the promotion of the replica takes; part of the RTO sum. RDS: several minutes.",
    ),
    scaleMsExpected: z
      .int()
      .min(0)
      .max(dayMs)
      .describe(
        "How long the standby's capacity takes to be ready; runs beside the promotion. " +
          "Not counted with strategy hot-standby.",
      ),
  })
  .describe("What a promotion takes, as measured in the last drill.");

const dns = z
  .strictObject({
    zone: domainName("The hosted zone that carries the failover records."),
    ttlSeconds: z.int().min(1).max(300).describe("TTL of the failover records, in seconds."),
    healthCheckIntervalSeconds: z
      .literal([10, 30])
      .describe("Route 53 request interval: 10 or 30 seconds, nothing else exists."),
    healthCheckFailureThreshold: z
      .int()
      .min(1)
      .max(10)
      .describe("Route 53 failure threshold, 1 to 10 consecutive answers."),
    propagationSeconds: z
      .number()
      .min(0)
      .max(3_600)
      .describe("Allowance for a health change to reach every name server, in seconds."),
  })
  .describe("Names, and how fast they follow the lease.");

const lab = z.strictObject({
  healthCheckSpeedup: z
    .number()
    .min(1)
    .max(100)
    .describe("How much faster than Route 53 the lab's health checkers ask. 1 is real time."),
  roundTripMs: z
    .int()
    .min(0)
    .max(10_000)
    .describe("Round trip between two sites of the lab, milliseconds."),
});

const database = z
  .strictObject({
    kind: z
      .enum(["rds", "aurora-global", "self-managed"])
      .describe("Who runs PostgreSQL, and so how a replica is promoted."),
    name: text(
      /^[a-z_][a-z0-9_]{0,62}$/,
      'a plain PostgreSQL identifier such as "orders"',
      "Name of the application's database.",
    ),
    engineVersion: text(
      /^\d+(\.\d+)?$/,
      'a quoted PostgreSQL version such as "18.4"',
      "PostgreSQL version. In YAML write it in quotes, or 18.10 becomes the number 18.1.",
    ),
    instanceClass: text(
      /^db\.[a-z0-9-]+\.[a-z0-9-]+$/,
      'an RDS instance class such as "db.r7g.large"',
      "Size of both database instances; the standby must carry the whole load once promoted.",
    ),
    storageGiB: z.int().min(20).max(65_536).describe("Storage of each database, in GiB."),
  })
  .describe("The database that is replicated and promoted.");

const storage = z
  .strictObject({
    bucketPrefix: text(
      /^[a-z0-9][a-z0-9-]{1,40}$/,
      'an S3 bucket name prefix such as "orders-objects"',
      "Start of both buckets' names; the region's name follows.",
    ),
    replicationTimeControl: z
      .boolean()
      .describe("Whether S3 promises (for money) to replicate within 15 minutes, with metrics."),
    references: z
      .array(
        z.strictObject({
          table: text(
            /^[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*$/,
            'a schema and a table such as "app.orders"',
            "Table whose rows name objects.",
          ),
          column: text(
            /^[a-z_][a-z0-9_]*$/,
            'a column such as "attachment"',
            "Column that holds the object's key.",
          ),
        }),
      )
      .max(100)
      .optional()
      .describe("Columns that name objects: rows whose object did not arrive are listed."),
  })
  .describe("The object buckets, replicated both ways.");

const arbiter = z
  .strictObject({
    table: text(
      /^[a-zA-Z0-9_.-]{3,255}$/,
      'a DynamoDB table name such as "switchback-arbiter"',
      "DynamoDB table that holds the lease record.",
    ),
    witnessRegion: regionName(
      "Third region of the MRSC global table; with the two regions it must be in one region set.",
    ),
  })
  .describe("The third party that says who holds the lease.");

const objectives = z
  .strictObject({
    rtoSeconds: z
      .number()
      .positive()
      .max(weekSeconds)
      .describe("Recovery time objective, in seconds."),
    rpoSeconds: z
      .number()
      .min(0)
      .max(weekSeconds)
      .describe("Recovery point objective, in seconds of lost writes."),
  })
  .describe("What the business was promised. A topology that cannot meet it is refused.");

const capacity = z
  .strictObject({
    activeReplicas: z.int().min(1).max(1_000).describe("App pods of the region that serves."),
    standbyReplicas: z
      .int()
      .min(0)
      .max(1_000)
      .describe("App pods of the region that waits. Zero only with strategy pilot-light."),
  })
  .describe("How many pods run where.");

export const topologySchema = z.strictObject({
  service: text(
    /^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/,
    'a DNS label of at most 40 characters such as "orders"',
    "Name of the service: the failover group, the cluster names, the record prefix.",
  ),
  hostname: domainName("The name users resolve. It must lie in dns.zone."),
  regions: z
    .record(regionName("Name of an AWS region."), region)
    .describe("Exactly two regions, one of them active and one standby."),
  objectives,
  strategy: z
    .enum(["pilot-light", "warm-standby", "hot-standby"])
    .describe("How much of the standby runs before it is needed."),
  capacity,
  dns,
  database,
  storage,
  arbiter,
  lease,
  detection,
  promotion,
  mode: z
    .enum(["automatic", "approve", "observe"])
    .describe("automatic acts; approve asks a human first; observe only records what it would do."),
  blockPeriodSeconds: z
    .int()
    .min(0)
    .max(weekSeconds)
    .describe("After an automatic failover no further one starts for this long, in seconds."),
  replicaLagMsMax: milliseconds.describe(
    "A failover whose replica is further behind must be approved by a human. " +
      "At most the recovery point objective, or an automatic failover could break it.",
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

/** Name of one region's operator, for the other one: on the private network, not in public DNS. */
export function operatorHostname(topology: Topology, region: RegionName): string {
  return `operator.${region}.${topology.hostname}`;
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
