//! The operator's own settings: which region it is, and where its ports lead. Read once from a file;
//! all problems are reported together. What two regions agree on is in the topology instead.

import { readFileSync } from "node:fs";
import { parse } from "yaml";
import * as z from "zod";
import { loadTopology } from "../topology/load.ts";
import { type Topology, regionHostname } from "../topology/topology.ts";

const url = z.url();

const configSchema = z.strictObject({
  region: z.string().describe("The region this operator runs in; one of the topology's two."),
  topologyFile: z.string(),
  listen: z.strictObject({ host: z.string(), port: z.int().min(0).max(65_535) }),
  database: z.strictObject({
    url: z.string().regex(/^postgres(ql)?:\/\//, "must be a postgres:// URL"),
    instanceIdentifier: z.string().min(1),
  }),
  peer: z
    .strictObject({
      operatorUrl: url,
      databaseUrl: z.string().regex(/^postgres(ql)?:\/\//, "must be a postgres:// URL"),
      databaseHostFile: z
        .string()
        .optional()
        .describe("A file with the host that databaseUrl lacks, such as a mounted secret."),
      instanceIdentifier: z.string().min(1),
    })
    .describe("The other region: its operator's page, and its database for salvage and rebuild."),
  objects: z
    .strictObject({ bucket: z.string().min(3), peerBucket: z.string().min(3) })
    .describe("The buckets of both regions; the exports of a salvage lie in the own one."),
  accessTokenFile: z
    .string()
    .describe("The secret that people and the other operator must bring. Read anew each time."),
  route53: z.strictObject({ hostedZoneId: z.string().min(1) }),
  kubernetes: z.strictObject({
    url,
    tokenFile: z.string().optional(),
    namespace: z.string(),
    deployment: z.string(),
    nodeGroup: z
      .strictObject({
        clusterName: z.string(),
        nodegroupName: z.string(),
        podsPerNode: z.int().positive(),
      })
      .optional()
      .describe("Absent with EKS Auto Mode, which adds nodes by itself."),
  }),
  /** Only for what stands in for AWS. In production the SDK knows its endpoints. */
  awsEndpoints: z
    .strictObject({
      regional: url,
      peerRegional: url,
      route53: url,
      arbiter: z.record(z.string(), url),
    })
    .optional(),
  /** Public endpoint of each region; the default is https:// and the region's own name. */
  publicEndpoints: z.record(z.string(), url).optional(),
  /** Name servers as host:port; empty means the system's. */
  dnsServers: z.array(z.string()).default([]),
  awsTimeoutMs: z.int().positive().default(2_000),
  databaseTimeoutMs: z.int().positive().default(1_000),
  logLevel: z.enum(["trace", "debug", "info", "warn", "error"]).default("info"),
});

export type OperatorConfig = z.infer<typeof configSchema> & {
  readonly topology: Topology;
  readonly endpointOf: (region: string) => string;
};

export type ConfigResult =
  | { readonly ok: true; readonly config: OperatorConfig }
  | { readonly ok: false; readonly problems: readonly string[] };

export function readConfig(file: string): ConfigResult {
  let given: unknown;
  try {
    given = parse(readFileSync(file, "utf8"));
  } catch (error) {
    return refused(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = configSchema.safeParse(given);
  if (!parsed.success) {
    return refused(
      ...parsed.error.issues.map(
        ({ path, message }) =>
          `${path.join(".") || "(file)"}: ${message}, given ${shown(valueAt(given, path))}`,
      ),
    );
  }
  return withTopology(parsed.data);
}

function withTopology(config: z.infer<typeof configSchema>): ConfigResult {
  const loaded = loadTopology(config.topologyFile);
  if (!loaded.ok) {
    return refused(
      ...loaded.problems.map(
        ({ path, problem, given, allowed }) =>
          `${config.topologyFile}: ${path}: ${problem}, given ${JSON.stringify(given)}, allowed ${allowed}`,
      ),
    );
  }
  const { topology } = loaded;
  const problems: string[] = [];
  const names = Object.keys(topology.regions);
  if (!names.includes(config.region)) {
    problems.push(
      `region: not in the topology, given "${config.region}", allowed ${names.join(", ")}`,
    );
  }
  if (topology.database.kind === "aurora-global") {
    problems.push(
      'topology.database.kind: this operator promotes "rds" and "self-managed", given "aurora-global"',
    );
  }
  if (problems.length > 0) return refused(...problems);
  const endpoints = config.publicEndpoints ?? {};
  const endpointOf = (region: string): string =>
    endpoints[region] ?? `https://${regionHostname(topology, region)}`;
  return { ok: true, config: { ...config, topology, endpointOf } };
}

/** What was given, without the password that a database URL may hold. */
function shown(value: unknown): string {
  return (JSON.stringify(value) ?? "nothing").replaceAll(/:[^:@/"]*@/g, ":***@");
}

function refused(...problems: string[]): ConfigResult {
  return { ok: false, problems };
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined,
    value,
  );
}
