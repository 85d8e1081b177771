//! Goal: each relation across fields refuses exactly what it should, and says what was given and
//! what is allowed. Method: for each relation, rows that hold, rows that become invalid at the very
//! next value, and rows that are wrong; plus properties that cover all relations.

import * as fc from "fast-check";
import { labTopology } from "../../topology/lab.ts";
import { parseTopology } from "../../topology/load.ts";
import { usTopology } from "../../topology/production.ts";
import { relationProblems, relations } from "../../topology/relations.ts";
import { addressesOf, overlap } from "../../topology/cidr.ts";
import type { Topology } from "../../topology/topology.ts";
import { relatedTopology, withFields, type Fields } from "./topology-fixtures.ts";

const west = usTopology.regions["us-west-2"];
const east = usTopology.regions["us-east-1"];

interface Rows {
  /** Fields with which the relation still holds: the last ones before it breaks. */
  readonly holds: readonly Fields[];
  readonly breaks: readonly {
    readonly fields: Fields;
    readonly path: string;
    readonly given: string;
    readonly allowed: string;
  }[];
}

const tables: Readonly<Record<string, Rows>> = {
  exactlyTwoRegions: {
    holds: [{}],
    breaks: [
      {
        fields: { regions: {} },
        path: "regions",
        given: "no region",
        allowed: "2 regions",
      },
      {
        fields: { regions: { "us-east-1": east } },
        path: "regions",
        given: "1: us-east-1",
        allowed: "2 regions",
      },
      {
        fields: { "regions.us-east-2": { ...west, cidr: "10.90.0.0/16" } },
        path: "regions",
        given: "3: us-east-1, us-west-2, us-east-2",
        allowed: "2 regions",
      },
    ],
  },
  oneActiveOneStandby: {
    holds: [{ "regions.us-east-1.role": "standby", "regions.us-west-2.role": "active" }],
    breaks: [
      {
        fields: { "regions.us-west-2.role": "active" },
        path: "regions.*.role",
        given: "us-east-1 is active, us-west-2 is active",
        allowed: "active once, standby once",
      },
      {
        fields: { "regions.us-east-1.role": "standby" },
        path: "regions.*.role",
        given: "us-east-1 is standby, us-west-2 is standby",
        allowed: "active once, standby once",
      },
    ],
  },
  addressRangesDoNotOverlap: {
    holds: [
      { "regions.us-west-2.cidr": "10.11.0.0/16" },
      { "regions.us-east-1.cidr": "10.0.0.0/17", "regions.us-west-2.cidr": "10.0.128.0/17" },
      { "regions.us-east-1.cidr": "192.168.0.0/16", "regions.us-west-2.cidr": "10.0.0.0/16" },
    ],
    breaks: [
      {
        fields: { "regions.us-west-2.cidr": "10.10.0.0/16" },
        path: "regions.us-west-2.cidr",
        given: "10.10.0.0/16 (us-west-2), 10.10.0.0/16 (us-east-1)",
        allowed: "a range outside 10.10.0.0 to 10.10.255.255",
      },
      {
        // The smaller lies inside the larger; bits behind the prefix do not matter.
        fields: { "regions.us-west-2.cidr": "10.10.255.250/28" },
        path: "regions.us-west-2.cidr",
        given: "10.10.255.250/28 (us-west-2), 10.10.0.0/16 (us-east-1)",
        allowed: "a range outside 10.10.0.0 to 10.10.255.255",
      },
      {
        fields: { "regions.us-west-2.cidr": "10.11.0.0/15" },
        path: "regions.us-west-2.cidr",
        given: "10.11.0.0/15 (us-west-2), 10.10.0.0/16 (us-east-1)",
        allowed: "a range outside 10.10.0.0 to 10.10.255.255",
      },
    ],
  },
  addressRangesFitAVpc: {
    holds: [
      { "regions.us-west-2.cidr": "10.20.0.0/16" },
      { "regions.us-west-2.cidr": "10.20.0.0/28" },
    ],
    breaks: [
      {
        fields: { "regions.us-west-2.cidr": "10.20.0.0/15" },
        path: "regions.us-west-2.cidr",
        given: "10.20.0.0/15 (us-west-2)",
        allowed: "prefix lengths from /16 to /28",
      },
      {
        fields: { "regions.us-east-1.cidr": "10.10.0.0/29", "regions.us-west-2.cidr": "0.0.0.0/0" },
        path: "regions.us-east-1.cidr",
        given: "10.10.0.0/29 (us-east-1), 0.0.0.0/0 (us-west-2)",
        allowed: "prefix lengths from /16 to /28",
      },
    ],
  },
  zonesBelongToTheirRegion: {
    holds: [{ "regions.us-east-1.availabilityZones": ["us-east-1a", "us-east-1f"] }],
    breaks: [
      {
        fields: { "regions.us-east-1.availabilityZones": ["us-east-1a", "us-west-2a"] },
        path: "regions.us-east-1.availabilityZones",
        given: '"us-west-2a" in us-east-1',
        allowed: "the region's name and one letter, such as us-east-1a",
      },
      {
        // A region's own name, a number for a letter, and a local zone are no availability zones.
        fields: {
          "regions.us-west-2.availabilityZones": ["us-west-2", "us-west-21", "us-west-2-lax-1a"],
        },
        path: "regions.us-west-2.availabilityZones",
        given:
          '"us-west-2" in us-west-2, "us-west-21" in us-west-2, "us-west-2-lax-1a" in us-west-2',
        allowed: "the region's name and one letter, such as us-west-2a",
      },
    ],
  },
  zonesAreDifferent: {
    holds: [{ "regions.us-east-1.availabilityZones": ["us-east-1b", "us-east-1a"] }],
    breaks: [
      {
        fields: { "regions.us-east-1.availabilityZones": ["us-east-1a", "us-east-1a"] },
        path: "regions.us-east-1.availabilityZones",
        given: 'us-east-1: ["us-east-1a","us-east-1a"]',
        allowed: "every zone once",
      },
    ],
  },
  hostnameLiesInZone: {
    holds: [{ hostname: "us.example.com" }, { hostname: "a.b.us.example.com" }],
    breaks: [
      {
        fields: { hostname: "orders.us.example.org" },
        path: "hostname",
        given: '"orders.us.example.org"',
        allowed: "us.example.com or a name that ends in .us.example.com",
      },
      {
        // Ends with the same letters, but not at a dot.
        fields: { hostname: "ordersus.example.com" },
        path: "hostname",
        given: '"ordersus.example.com"',
        allowed: "us.example.com or a name that ends in .us.example.com",
      },
      {
        fields: { hostname: "example.com" },
        path: "hostname",
        given: '"example.com"',
        allowed: "us.example.com or a name that ends in .us.example.com",
      },
    ],
  },
  witnessIsAThirdRegion: {
    holds: [{ "arbiter.witnessRegion": "us-east-2" }],
    breaks: [
      {
        fields: { "arbiter.witnessRegion": "us-east-1" },
        path: "arbiter.witnessRegion",
        given: '"us-east-1"',
        allowed: "us-east-2",
      },
      {
        fields: { "arbiter.witnessRegion": "us-west-2" },
        path: "arbiter.witnessRegion",
        given: '"us-west-2"',
        allowed: "us-east-2",
      },
    ],
  },
  regionsShareOneMrscSet: {
    holds: [
      {},
      {
        regions: { "eu-central-1": east, "eu-west-1": west },
        "arbiter.witnessRegion": "eu-west-2",
      },
    ],
    breaks: [
      {
        fields: { "arbiter.witnessRegion": "eu-west-1" },
        path: "arbiter.witnessRegion",
        given: "us-east-1, us-west-2, witness eu-west-1",
        allowed: "us-east-2",
      },
      {
        fields: {
          regions: { "eu-central-1": east, "eu-west-1": west },
          "arbiter.witnessRegion": "us-east-2",
        },
        path: "arbiter.witnessRegion",
        given: "eu-central-1, eu-west-1, witness us-east-2",
        allowed: "eu-west-2 or eu-west-3",
      },
      {
        fields: { regions: { "us-east-1": east, "eu-west-1": west } },
        path: "regions",
        given: "us-east-1, eu-west-1, witness us-east-2",
        allowed:
          "three of one set: {us-east-1, us-east-2, us-west-2} or " +
          "{eu-west-1, eu-west-2, eu-west-3, eu-central-1} or " +
          "{ap-northeast-1, ap-northeast-2, ap-northeast-3}",
      },
    ],
  },
  emptyStandbyIsPilotLight: {
    holds: [
      { strategy: "pilot-light", "capacity.standbyReplicas": 0 },
      { strategy: "pilot-light", "capacity.standbyReplicas": 1 },
      { strategy: "warm-standby", "capacity.standbyReplicas": 1 },
    ],
    breaks: [
      {
        fields: { strategy: "warm-standby", "capacity.standbyReplicas": 0 },
        path: "capacity.standbyReplicas",
        given: "0 with strategy warm-standby",
        allowed: "1 or more, or strategy pilot-light",
      },
      {
        fields: { strategy: "hot-standby", "capacity.standbyReplicas": 0 },
        path: "capacity.standbyReplicas",
        given: "0 with strategy hot-standby",
        allowed: "1 or more, or strategy pilot-light",
      },
    ],
  },
  hotStandbyHasFullCapacity: {
    holds: [
      { strategy: "hot-standby", "capacity.standbyReplicas": 6 },
      { strategy: "hot-standby", "capacity.standbyReplicas": 7 },
      { strategy: "warm-standby", "capacity.standbyReplicas": 5 },
    ],
    breaks: [
      {
        fields: { strategy: "hot-standby", "capacity.standbyReplicas": 5 },
        path: "capacity.standbyReplicas",
        given: "5, and activeReplicas 6",
        allowed: "6 or more, or strategy warm-standby",
      },
    ],
  },
  leaseOutlastsThreeRenewals: {
    holds: [{ "lease.leaseMs": 9_001 }],
    breaks: [
      {
        fields: { "lease.leaseMs": 9_000 },
        path: "lease.leaseMs",
        given: "9000, and renewMs 3000",
        allowed: "9001 or more, or renewMs 2999 or less",
      },
      {
        fields: { "lease.leaseMs": 3, "lease.renewMs": 1 },
        path: "lease.leaseMs",
        given: "3, and renewMs 1",
        allowed: "4 or more",
      },
    ],
  },
  marginCoversDriftAndCommitGap: {
    holds: [
      { "lease.marginMs": 2_003 },
      { "lease.marginMs": 2_000, "lease.driftPpm": 0 },
      // 7 ppm of 1,000,000 ms is exactly 7 ms: no rounding may add an eighth.
      { "lease.marginMs": 2_007, "lease.driftPpm": 7, "lease.leaseMs": 1_000_000 },
    ],
    breaks: [
      {
        fields: { "lease.marginMs": 2_002 },
        path: "lease.marginMs",
        given: "2002, with driftPpm 200, leaseMs 15000, commitGapMs 2000",
        allowed: "2003 or more",
      },
      {
        // Half a millisecond of drift still takes a whole one.
        fields: { "lease.marginMs": 2_000, "lease.driftPpm": 33 },
        path: "lease.marginMs",
        given: "2000, with driftPpm 33, leaseMs 15000, commitGapMs 2000",
        allowed: "2001 or more",
      },
    ],
  },
  acknowledgementFitsTheCommitGap: {
    holds: [{ "lease.ackWithinMs": 2_000 }, { "lease.ackWithinMs": 1 }],
    breaks: [
      {
        fields: { "lease.ackWithinMs": 2_001 },
        path: "lease.ackWithinMs",
        given: "2001, and commitGapMs 2000",
        allowed: "1 to 2000",
      },
      {
        fields: { "lease.ackWithinMs": 0 },
        path: "lease.ackWithinMs",
        given: "0, and commitGapMs 2000",
        allowed: "1 to 2000",
      },
    ],
  },
  lostCallLeavesTimeForAnother: {
    holds: [{ "lease.operationTimeoutMs": 11_999 }],
    breaks: [
      {
        fields: { "lease.operationTimeoutMs": 12_000 },
        path: "lease.operationTimeoutMs",
        given: "12000, with leaseMs 15000, renewMs 3000",
        allowed: "1 to 11999",
      },
      {
        fields: { "lease.leaseMs": 1_000, "lease.renewMs": 1_000 },
        path: "lease.operationTimeoutMs",
        given: "2000, with leaseMs 1000, renewMs 1000",
        allowed: "none: leaseMs is too short or renewMs too long",
      },
    ],
  },
  readingOutlastsTwoProbes: {
    holds: [{ "detection.readingAgeMsMax": 15_000 }],
    breaks: [
      {
        fields: { "detection.readingAgeMsMax": 14_999 },
        path: "detection.readingAgeMsMax",
        given: "14999, with probeMs 5000, probeTimeoutMs 5000",
        allowed: "15000 or more",
      },
    ],
  },
  pollIsShorterThanTheLease: {
    holds: [{ "detection.pollMs": 14_999 }],
    breaks: [
      {
        fields: { "detection.pollMs": 15_000 },
        path: "detection.pollMs",
        given: "15000, and leaseMs 15000",
        allowed: "1 to 14999",
      },
      {
        fields: { "detection.pollMs": 1, "lease.leaseMs": 1 },
        path: "detection.pollMs",
        given: "1, and leaseMs 1",
        allowed: "none: leaseMs is too short",
      },
    ],
  },
  replicaLagKeepsTheObjective: {
    holds: [{ replicaLagMsMax: 30_000 }, { replicaLagMsMax: 1, "objectives.rpoSeconds": 0.001 }],
    breaks: [
      {
        fields: { replicaLagMsMax: 30_001 },
        path: "replicaLagMsMax",
        given: "30001, and rpoSeconds 30",
        allowed: "1 to 30000, or raise objectives.rpoSeconds to 30.001",
      },
      {
        // Asynchronous replication cannot promise that a forced failover loses nothing.
        fields: { "objectives.rpoSeconds": 0 },
        path: "replicaLagMsMax",
        given: "20000, and rpoSeconds 0",
        allowed: "none: raise objectives.rpoSeconds to 20 or more",
      },
    ],
  },
};

describe.each(relations.map((relation) => [relation.check.name, relation] as const))(
  "relation %s",
  (name, { check }) => {
    const rows = tables[name] ?? { holds: [], breaks: [] };

    test("has rows that hold and rows that break", () => {
      expect(rows.holds.length).toBeGreaterThan(0);
      expect(rows.breaks.length).toBeGreaterThan(0);
    });

    test.each(rows.holds.map((fields) => [JSON.stringify(fields), fields] as const))(
      "holds with %s",
      (_, fields) => {
        expect(check(withFields(usTopology, fields))).toBeNull();
      },
    );

    test.each(rows.breaks.map((row) => [JSON.stringify(row.fields), row] as const))(
      "breaks with %s",
      (_, { fields, path, given, allowed }) => {
        const problem = check(withFields(usTopology, fields));
        expect(problem).toMatchObject({ path, given, allowed });
        expect(problem?.problem).toMatch(/^[a-z]/);
      },
    );
  },
);

test("every table belongs to a relation", () => {
  expect(Object.keys(tables).sort()).toEqual(relations.map(({ check }) => check.name).sort());
});

test("all relations are asked: independent mistakes are all named", () => {
  const broken = withFields(usTopology, {
    hostname: "orders.example.org",
    "regions.us-west-2.cidr": "10.10.0.0/16",
    "lease.ackWithinMs": 2_001,
    "detection.pollMs": 15_000,
    replicaLagMsMax: 30_001,
  });
  expect(relationProblems(broken).map(({ path }) => path)).toEqual([
    "regions.us-west-2.cidr",
    "hostname",
    "lease.ackWithinMs",
    "detection.pollMs",
    "replicaLagMsMax",
  ]);
});

test("the lab's recovery point objective covers the lag up to which it fails over by itself", () => {
  expect(relationProblems(labTopology)).toEqual([]);
  const promised = withFields(labTopology, { "objectives.rpoSeconds": 1 });
  expect(relationProblems(promised).map(({ path }) => path)).toEqual(["replicaLagMsMax"]);
});

/** Notes every path that a relation reads, with `*` for the name of a region. */
function recorded(topology: Topology): { readonly topology: Topology; readonly seen: Set<string> } {
  const seen = new Set<string>();
  const watch = (value: object, path: string): object =>
    new Proxy(value, {
      get(target, key) {
        const inner: unknown = Reflect.get(target, key);
        if (typeof key === "symbol") return inner;
        const here = path === "regions" ? "regions.*" : path === "" ? key : `${path}.${key}`;
        seen.add(here);
        const isGroup = typeof inner === "object" && inner !== null && !Array.isArray(inner);
        return isGroup ? watch(inner, here) : inner;
      },
      ownKeys(target) {
        if (path === "regions") seen.add("regions.*");
        return Reflect.ownKeys(target);
      },
    });
  return { topology: watch(topology, "") as Topology, seen };
}

test.each(relations.map((relation) => [relation.rule, relation] as const))(
  "names every field that it reads: %s",
  (_, { check, reads }) => {
    for (const { fields } of tables[check.name]?.breaks ?? []) {
      const { topology, seen } = recorded(withFields(usTopology, fields));
      check(topology);
      const parents = reads.flatMap((read) => {
        const names = read.split(".");
        return names.map((_name, at) => names.slice(0, at + 1).join("."));
      });
      expect(parents).toEqual(expect.arrayContaining([...seen]));
    }
  },
);

test("a relation is left out only when a field that it reads has the wrong form", () => {
  const parsed = parseTopology(
    withFields(usTopology, {
      "lease.renewMs": "often",
      "lease.ackWithinMs": 2_001,
      "regions.us-east-1.role": "boss",
      "regions.us-west-2.cidr": "10.10.0.0/16",
      "arbiter.witnessRegion": "us-east-1",
    }),
  );
  const problems = parsed.ok ? [] : parsed.problems;
  expect(problems.map(({ path }) => path).sort()).toEqual([
    "arbiter.witnessRegion",
    "lease.ackWithinMs",
    "lease.renewMs",
    "regions.us-east-1.role",
    "regions.us-west-2.cidr",
  ]);
});

test("random topologies that keep the rules by construction have no objection", () => {
  fc.assert(
    fc.property(relatedTopology, (topology) => {
      expect(relationProblems(topology)).toEqual([]);
    }),
  );
});

const cidrText = ([octets, length]: readonly [number[], number]) => `${octets.join(".")}/${length}`;

// An independent way to say it: ranges are blocks, so they overlap when the shorter prefix agrees.
const bits = (octets: number[]) => octets.map((o) => o.toString(2).padStart(8, "0")).join("");

test("two ranges overlap exactly when they agree on the shorter prefix", () => {
  const range = fc.tuple(
    fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 4, maxLength: 4 }),
    fc.integer({ min: 0, max: 32 }),
  );
  fc.assert(
    fc.property(range, range, (first, second) => {
      const length = Math.min(first[1], second[1]);
      const same = bits(first[0]).slice(0, length) === bits(second[0]).slice(0, length);
      expect(overlap(cidrText(first), cidrText(second))).toBe(same);
      expect(overlap(cidrText(second), cidrText(first))).toBe(same);
    }),
  );
  expect(addressesOf("255.255.255.255/32")).toBe("255.255.255.255 to 255.255.255.255");
  expect(addressesOf("200.1.2.3/0")).toBe("0.0.0.0 to 255.255.255.255");
});
