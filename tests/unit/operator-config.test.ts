//! Goal: the operator starts with settings that are right, or says everything that is wrong at
//! once. Method: files as people write them, with mistakes.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { readConfig } from "../../operator/config.ts";
import { labTopology } from "../../topology/lab.ts";

let folder: string;
let given: Record<string, unknown>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "switchback-config-"));
  given = {
    region: "us-west-2",
    topologyFile: topologyFile(labTopology),
    listen: { host: "127.0.0.1", port: 0 },
    database: { url: "postgres://operator@db.internal/orders", instanceIdentifier: "orders" },
    peer: {
      operatorUrl: "https://operator.us-east-1.internal",
      databaseUrl: "postgres://operator@db.east.internal/orders",
      instanceIdentifier: "orders",
    },
    objects: { bucket: "orders-us-west-2", peerBucket: "orders-us-east-1" },
    accessTokenFile: "/var/run/switchback/token",
    route53: { hostedZoneId: "Z123" },
    kubernetes: { url: "https://10.0.0.1", namespace: "orders", deployment: "orders" },
  };
});
afterEach(() => rmSync(folder, { recursive: true }));

function topologyFile(topology: unknown): string {
  const file = join(folder, "topology.json");
  writeFileSync(file, JSON.stringify(topology));
  return file;
}

function read(changes: Record<string, unknown> = {}) {
  const file = join(folder, "operator.yaml");
  writeFileSync(file, stringify({ ...given, ...changes }));
  return readConfig(file);
}

function problemsOf(changes: Record<string, unknown>): readonly string[] {
  const result = read(changes);
  return result.ok ? [] : result.problems;
}

test("settings that are right are read, with defaults where nothing is said", () => {
  const result = read();
  expect(result).toMatchObject({
    ok: true,
    config: {
      region: "us-west-2",
      topology: labTopology,
      awsTimeoutMs: 2_000,
      databaseTimeoutMs: 1_000,
      dnsServers: [],
      logLevel: "info",
    },
  });
});

test("JSON is read as YAML is", () => {
  const file = join(folder, "operator.json");
  writeFileSync(file, JSON.stringify(given));
  expect(readConfig(file)).toMatchObject({ ok: true });
});

test("a region is reached by its own name, or where the file says", () => {
  const result = read({ publicEndpoints: { "us-east-1": "http://127.0.77.1:8080" } });
  if (!result.ok) throw new Error(result.problems.join());
  expect(result.config.endpointOf("us-east-1")).toBe("http://127.0.77.1:8080");
  expect(result.config.endpointOf("us-west-2")).toBe("https://us-west-2.orders.switchback.test");
});

test("all problems are reported at once, each with its place and what was given", () => {
  const problems = problemsOf({
    region: undefined,
    listen: { host: "127.0.0.1", port: 70_000 },
    database: { url: "mysql://db", instanceIdentifier: "" },
    peer: { operatorUrl: "nowhere", databaseUrl: "mysql://db", instanceIdentifier: "" },
    objects: { bucket: "a" },
    accessTokenFile: undefined,
    awsEndpoints: { regional: "http://127.0.0.1:1", route53: "http://127.0.0.1:2", arbiter: {} },
    logLevel: "loud",
    awsTimeoutMs: -1,
    kubernetes: { url: "not a url", namespace: "orders" },
    typo: true,
  });
  const places = [
    "region",
    "listen.port",
    "database.url",
    "database.instanceIdentifier",
    "peer.operatorUrl",
    "peer.databaseUrl",
    "peer.instanceIdentifier",
    "objects.bucket",
    "objects.peerBucket",
    "accessTokenFile",
    "awsEndpoints.peerRegional",
    "logLevel",
    "awsTimeoutMs",
    "kubernetes.url",
    "kubernetes.deployment",
  ];
  for (const place of places) {
    expect(problems).toContainEqual(expect.stringMatching(new RegExp(`^${place}: .+, given `)));
  }
  expect(problems.join("\n")).toContain("typo");
  expect(problems).toHaveLength(places.length + 1);
  expect(problems.find((text) => text.startsWith("listen.port"))).toContain("given 70000");
});

test("a password in a database's address is not shown", () => {
  const databaseUrl = "mysql://operator:s3cret@db.east.internal/orders";
  const { peer } = given;
  const problems = problemsOf({ peer: { ...(peer as object), databaseUrl } });
  expect(problems.join()).toContain("peer.databaseUrl");
  expect(problems.join()).not.toContain("s3cret");
});

test("a region that the topology does not have is refused with those it has", () => {
  expect(problemsOf({ region: "eu-west-1" })).toEqual([
    'region: not in the topology, given "eu-west-1", allowed us-east-1, us-west-2',
  ]);
});

test("a database that this operator cannot promote is refused, with all else that is wrong", () => {
  const database = { ...labTopology.database, kind: "aurora-global" };
  const problems = problemsOf({
    region: "eu-west-1",
    topologyFile: topologyFile({ ...labTopology, database }),
  });
  expect(problems.filter((text) => text.startsWith("region: "))).toHaveLength(1);
  expect(problems.filter((text) => text.includes("aurora-global"))).toHaveLength(1);
});

test("a topology that is wrong is refused with all that is wrong about it", () => {
  const lease = { ...labTopology.lease, leaseMs: 100, marginMs: -5 };
  const problems = problemsOf({
    topologyFile: topologyFile({ ...labTopology, mode: "sometimes", lease }),
  });
  expect(problems.length).toBeGreaterThanOrEqual(2);
  expect(problems.join("\n")).toMatch(/mode.*sometimes/);
  expect(problems.join("\n")).toMatch(/marginMs/);
  for (const problem of problems) expect(problem).toContain(join(folder, "topology.json"));
});

test.each([
  ["a file that is not there", "nowhere.yaml", undefined],
  ["a file that is not YAML", "broken.yaml", "region: [unclosed"],
  ["an empty file", "empty.yaml", ""],
])("%s is refused, by its name", (_what, name, text) => {
  const file = join(folder, name);
  if (text !== undefined) writeFileSync(file, text);
  const result = readConfig(file);
  expect(result.ok).toBe(false);
  expect(result.ok ? [] : result.problems).toHaveLength(1);
});

test("a topology file that is not there is refused, by its name", () => {
  expect(problemsOf({ topologyFile: join(folder, "gone.json") }).join()).toContain("gone.json");
});
