//! Goal: whatever is wrong with the form of a topology is named in words, all of it at once, with
//! the value that was given and the values that are allowed. Method: one row for each kind of
//! mistake, and random damage of which every piece must be reported.

import * as fc from "fast-check";
import { formatProblems, findTopology, parseTopology, type Problem } from "../../topology/load.ts";
import { nearestName } from "../../topology/nearest.ts";
import { shown, spoken } from "../../topology/problem.ts";
import { apTopology, usTopology } from "../../topology/production.ts";
import { labTopology } from "../../topology/lab.ts";
import { withFields, type Fields } from "./topology-fixtures.ts";

function problemsOf(value: unknown): readonly Problem[] {
  const parsed = parseTopology(value);
  return parsed.ok ? [] : parsed.problems;
}

test.each([
  ["lab", labTopology],
  ["us", usTopology],
  ["ap", apTopology],
])("the built-in topology %s is accepted, by value and by name", (name, topology) => {
  expect(parseTopology(topology)).toEqual({ ok: true, topology });
  expect(findTopology(name)).toEqual({ ok: true, topology });
});

const rows: readonly (readonly [Fields, Problem])[] = [
  [
    { "lease.leaseMs": undefined },
    {
      path: "lease.leaseMs",
      problem: "is missing",
      given: "nothing",
      allowed: "a whole number from 1 to 86400000",
    },
  ],
  [
    { mode: null },
    {
      path: "mode",
      problem: "has no value",
      given: "null (an empty value)",
      allowed: '"automatic", "approve" or "observe"',
    },
  ],
  [
    { strategy: "cold" },
    {
      path: "strategy",
      problem: "is not one of the allowed values",
      given: '"cold"',
      allowed: '"pilot-light", "warm-standby" or "hot-standby"',
    },
  ],
  [
    { "dns.healthCheckIntervalSeconds": 20 },
    {
      path: "dns.healthCheckIntervalSeconds",
      problem: "is not one of the allowed values",
      given: "20",
      allowed: "10 or 30",
    },
  ],
  [
    { "dns.healthCheckFailureThreshold": 0 },
    {
      path: "dns.healthCheckFailureThreshold",
      problem: "is too small",
      given: "0",
      allowed: "a whole number from 1 to 10",
    },
  ],
  [
    { "dns.ttlSeconds": 301 },
    {
      path: "dns.ttlSeconds",
      problem: "is too large",
      given: "301",
      allowed: "a whole number from 1 to 300",
    },
  ],
  [
    { "dns.ttlSeconds": 1.5 },
    {
      path: "dns.ttlSeconds",
      problem: "must be a whole number",
      given: "1.5",
      allowed: "a whole number from 1 to 300",
    },
  ],
  [
    { "dns.ttlSeconds": "60" },
    {
      path: "dns.ttlSeconds",
      problem: "must be a number (without quotes)",
      given: '"60"',
      allowed: "a whole number from 1 to 300",
    },
  ],
  [
    { "objectives.rtoSeconds": Infinity },
    {
      path: "objectives.rtoSeconds",
      problem: "must be a number (without quotes)",
      given: "Infinity",
      allowed: "a number above 0, up to 604800",
    },
  ],
  [
    { "dns.propagationSeconds": -1 },
    {
      path: "dns.propagationSeconds",
      problem: "is too small",
      given: "-1",
      allowed: "a number from 0 to 3600",
    },
  ],
  [
    { "database.engineVersion": 18.4 },
    {
      path: "database.engineVersion",
      problem: "must be a text (in quotes if it looks like a number)",
      given: "18.4",
      allowed: 'a quoted PostgreSQL version such as "18.4"',
    },
  ],
  [
    { "database.instanceClass": "r7g.large" },
    {
      path: "database.instanceClass",
      problem: "does not have the right form",
      given: '"r7g.large"',
      allowed: 'an RDS instance class such as "db.r7g.large"',
    },
  ],
  [
    { "storage.replicationTimeControl": "yes" },
    {
      path: "storage.replicationTimeControl",
      problem: "must be true or false (without quotes)",
      given: '"yes"',
      allowed: "true or false",
    },
  ],
  [
    { "regions.us-east-1.cidr": "10.10.0.0" },
    {
      path: "regions.us-east-1.cidr",
      problem: "does not have the right form",
      given: '"10.10.0.0"',
      allowed: 'an IPv4 range such as "10.10.0.0/16"',
    },
  ],
  [
    { "regions.us-east-1.availabilityZones": ["us-east-1a"] },
    {
      path: "regions.us-east-1.availabilityZones",
      problem: "has too few entries",
      given: '["us-east-1a"]',
      allowed: "a list of 2 to 6 entries",
    },
  ],
  [
    {
      "regions.us-east-1.availabilityZones": "abcdefg".split("").map((zone) => `us-east-1${zone}`),
    },
    {
      path: "regions.us-east-1.availabilityZones",
      problem: "has too many entries",
      given:
        '["us-east-1a","us-east-1b","us-east-1c","us-east-1d","us-east-1e","us-east-1f","us-east-1g"]',
      allowed: "a list of 2 to 6 entries",
    },
  ],
  [
    { "regions.us-east-1.availabilityZones": ["us-east-1a", ""] },
    {
      path: "regions.us-east-1.availabilityZones.1",
      problem: "is empty",
      given: '""',
      allowed: "a text that is not empty",
    },
  ],
  [
    { "regions.us-east-1.availabilityZones": "us-east-1a" },
    {
      path: "regions.us-east-1.availabilityZones",
      problem: "must be a list",
      given: '"us-east-1a"',
      allowed: "a list of 2 to 6 entries",
    },
  ],
  [
    { storage: [] },
    {
      path: "storage",
      problem: "must be a group of named fields",
      given: "[]",
      allowed: "the fields bucketPrefix, replicationTimeControl, references",
    },
  ],
  [
    { regions: "us-east-1" },
    {
      path: "regions",
      problem: "must be a group of named fields",
      given: '"us-east-1"',
      allowed: 'fields whose name is an AWS region name such as "us-east-1"',
    },
  ],
  [
    { "regions.useast": usTopology.regions["us-east-1"] },
    {
      path: "regions.useast",
      problem: "does not have the right form for a name",
      given: '"useast"',
      allowed: 'an AWS region name such as "us-east-1"',
    },
  ],
  [
    { "dns.ttlSecond": 5 },
    {
      path: "dns.ttlSecond",
      problem: "is not a field of a topology; did you mean ttlSeconds?",
      given: "5",
      allowed:
        "here: zone, ttlSeconds, healthCheckIntervalSeconds, healthCheckFailureThreshold or " +
        "propagationSeconds",
    },
  ],
  [
    { "objectives.RTOseconds": 5 },
    {
      path: "objectives.RTOseconds",
      problem: "is not a field of a topology; did you mean rtoSeconds?",
      given: "5",
      allowed: "here: rtoSeconds or rpoSeconds",
    },
  ],
  [
    { "capacity.probeMs": 5 },
    {
      path: "capacity.probeMs",
      problem: "is not a field of a topology; did you mean detection.probeMs?",
      given: "5",
      allowed: "here: activeReplicas or standbyReplicas",
    },
  ],
  [
    { "capacity.cidr": "x" },
    {
      path: "capacity.cidr",
      problem: "is not a field of a topology; did you mean regions.<region>.cidr?",
      given: '"x"',
      allowed: "here: activeReplicas or standbyReplicas",
    },
  ],
  [
    { "capacity.colour": { nice: true } },
    {
      path: "capacity.colour",
      problem: "is not a field of a topology",
      given: '{"nice":true}',
      allowed: "here: activeReplicas or standbyReplicas",
    },
  ],
];

test.each(rows.map(([fields, problem]) => [JSON.stringify(fields), fields, problem] as const))(
  "one mistake, one problem with the value given and the values allowed: %s",
  (_, fields, problem) => {
    expect(problemsOf(withFields(usTopology, fields))).toEqual([problem]);
  },
);

test.each([
  [null, "has no value", "null (an empty value)"],
  [undefined, "is missing", "nothing"],
  [[], "must be a group of named fields", "[]"],
  ["us-east-1", "must be a group of named fields", '"us-east-1"'],
  [42, "must be a group of named fields", "42"],
])("a value that is no topology at all is refused as a whole: %p", (value, problem, given) => {
  expect(problemsOf(value)).toMatchObject([{ path: "(whole file)", problem, given }]);
});

test("all problems are reported at once: form, relations and the sum", () => {
  const broken = withFields(usTopology, {
    service: "Orders",
    "dns.tlSeconds": 3,
    "lease.ackWithinMs": 3_001,
    "objectives.rtoSeconds": 60,
  });
  const problems = problemsOf(broken);
  expect(problems.map(({ path }) => path)).toEqual([
    "service",
    "dns.tlSeconds",
    "lease.ackWithinMs",
    "objectives.rtoSeconds",
  ]);
  const details = problems.at(-1)?.details?.join("\n");
  expect(details).toContain("sum           438 s  objective 60 s, 378 s too long");
  expect(details).toContain("No change is suggested before the other problems are solved.");
});

test("a $schema reference, which editors use, is not a field and not a problem", () => {
  const referring = { $schema: "./schema.json", ...usTopology };
  expect(parseTopology(referring)).toEqual({ ok: true, topology: usTopology });
  expect(problemsOf({ ...referring, $schema: 7 }).map(({ path }) => path)).toEqual(["$schema"]);
});

test("names that every object inherits are neither values nor fields", () => {
  const { mode: _mode, ...rest } = usTopology;
  expect(problemsOf({ ...rest, constructor: 1 }).map(({ path }) => path)).toEqual([
    "mode",
    "constructor",
  ]);
});

test("values that are not plain data are refused without throwing", () => {
  const cyclic: Record<string, unknown> = {};
  cyclic["itself"] = cyclic;
  for (const value of [cyclic, () => 1, Symbol("x"), 10n, new Map()]) {
    expect(problemsOf({ ...usTopology, mode: value })).toHaveLength(1);
  }
});

test("a problem's text is one line of bounded length, and the terminal shows all its parts", () => {
  const problems = problemsOf({ ...usTopology, mode: "x".repeat(5_000), service: "A\nB" });
  for (const { given } of problems) {
    expect(given.length).toBeLessThanOrEqual(100);
    expect(given).not.toContain("\n");
  }
  expect(formatProblems(problems.slice(0, 1))).toBe(
    [
      "1 problem",
      "",
      "  service",
      "    does not have the right form",
      '    given:   "A\\nB"',
      '    allowed: a DNS label of at most 40 characters such as "orders"',
      "",
    ].join("\n"),
  );
  expect(formatProblems(problems)).toContain("2 problems\n\n");
});

test("a problem with details shows them under it, without trailing spaces", () => {
  const problem = { path: "a", problem: "b", given: "c", allowed: "d", details: ["e", "", "f"] };
  expect(formatProblems([problem])).toBe(
    "1 problem\n\n  a\n    b\n    given:   c\n    allowed: d\n\n    e\n\n    f\n",
  );
});

/** Damage to different fields; each must be named, whatever else is broken. */
const damage: readonly (readonly [string, unknown])[] = [
  ["service", "-"],
  ["hostname", 5],
  ["objectives.rpoSeconds", -1],
  ["dns.zone", "UPPER.example.com"],
  ["dns.ttlSeconds", 0],
  ["database.storageGiB", 19],
  ["arbiter.witnessRegion", "moon"],
  ["lease.leaseMs", 0.5],
  ["detection.vantagesFailingMin", 1],
  ["promotion.scaleMsExpected", undefined],
  ["mode", "manual"],
  ["onStop", false],
  ["regions.us-east-1.role", "boss"],
  ["storage.extra", 1],
];

test("any set of damaged fields is reported in full", () => {
  fc.assert(
    fc.property(fc.subarray([...damage], { minLength: 1 }), (chosen) => {
      const paths = problemsOf(withFields(usTopology, Object.fromEntries(chosen))).map(
        ({ path }) => path,
      );
      expect(paths).toEqual(expect.arrayContaining(chosen.map(([path]) => path)));
      expect(new Set(paths).size).toBe(paths.length);
    }),
  );
});

test("no value whatever makes the parser throw, and every problem has all its parts", () => {
  fc.assert(
    fc.property(fc.anything({ withBigInt: true, withNullPrototype: true }), (value) => {
      for (const candidate of [value, { ...usTopology, lease: value }]) {
        for (const { path, problem, given, allowed } of problemsOf(candidate)) {
          for (const text of [path, problem, given, allowed]) expect(text).not.toBe("");
          expect(problem).not.toMatch(/expected|Invalid|Too (small|big)|Unrecognized/);
        }
      }
    }),
  );
});

test.each([
  ["leaseMS", ["leaseMs", "renewMs"], "leaseMs"],
  ["lease", ["leaseMs", "renewMs"], null],
  ["ttl", ["ttlSeconds", "zone"], null],
  ["zon", ["ttlSeconds", "zone"], "zone"],
  ["renewms", ["leaseMs", "renewMs"], "renewMs"],
  ["ms", ["MS"], "MS"],
  ["", ["a", "bb"], "a"],
  ["x".repeat(100_000), ["leaseMs"], null],
])("the nearest name to %.20s among %j is %s", (name, candidates, nearest) => {
  expect(nearestName(name, candidates)).toBe(nearest);
});

test.each([
  [0, "0 ms"],
  [999, "999 ms"],
  [1_000, "1 s"],
  [1_500, "1.5 s"],
  [300_000, "300 s"],
  [9_001, "9.001 s"],
])("%d milliseconds are spoken as %s", (durationMs, text) => {
  expect(spoken(durationMs)).toBe(text);
});

test("values are shown as their author would recognise them", () => {
  expect([undefined, null, "a", NaN, Infinity, { a: [1] }].map(shown)).toEqual([
    "nothing",
    "null (an empty value)",
    '"a"',
    "NaN",
    "Infinity",
    '{"a":[1]}',
  ]);
});
