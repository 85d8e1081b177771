//! Goal: a batch of changes applies whole or not at all, and is refused with every reason at once.
//! Method: tables of batches against the pure functions that read and apply them.

import type { Change, ResourceRecordSet } from "@aws-sdk/client-route-53";
import * as fc from "fast-check";

import { applyBatch } from "../../lab/route53/change-batch.ts";
import type { AppliedBatch } from "../../lab/route53/change-batch.ts";
import { initialRecordSets } from "../../lab/route53/model.ts";
import type { RecordSet } from "../../lab/route53/model.ts";
import { readChanges, toShape } from "../../lab/route53/record-shapes.ts";

const name = "example.test.";
const hostedZoneId = "Z1";
const nameServers = ["ns1.example.test."];
const fresh = initialRecordSets({ name, nameServers, negativeTtlSeconds: 5 });

function a(host: string, given: Partial<ResourceRecordSet> = {}): ResourceRecordSet {
  const ResourceRecords = [{ Value: "192.0.2.1" }];
  return { Name: `${host}.${name}`, Type: "A", TTL: 60, ResourceRecords, ...given };
}

const role = (
  Failover: "PRIMARY" | "SECONDARY",
  SetIdentifier: string,
): Partial<ResourceRecordSet> => ({
  Failover,
  SetIdentifier,
});
const text = (value: string): Partial<ResourceRecordSet> => ({
  Type: "TXT",
  ResourceRecords: [{ Value: value }],
});
const cname = (value: string): Partial<ResourceRecordSet> => ({
  Type: "CNAME",
  ResourceRecords: [{ Value: value }],
});
const create = (set: ResourceRecordSet): Change => ({ Action: "CREATE", ResourceRecordSet: set });
const upsert = (set: ResourceRecordSet): Change => ({ Action: "UPSERT", ResourceRecordSet: set });
const remove = (set: ResourceRecordSet): Change => ({ Action: "DELETE", ResourceRecordSet: set });

function apply(recordSets: readonly RecordSet[], ...changes: readonly Change[]): AppliedBatch {
  const read = readChanges(changes, hostedZoneId);
  return read.ok ? applyBatch({ name, hostedZoneId, recordSets }, read.changes) : read;
}

function applied(
  recordSets: readonly RecordSet[],
  ...changes: readonly Change[]
): readonly RecordSet[] {
  const outcome = apply(recordSets, ...changes);
  if (!outcome.ok) throw new Error(outcome.problems.join("\n"));
  return outcome.recordSets;
}

function problems(...changes: readonly Change[]): readonly string[] {
  const outcome = apply(applied(fresh, ...existing), ...changes);
  return outcome.ok ? [] : outcome.problems;
}

const existing = [
  create(a("www")),
  create(a("pair", role("PRIMARY", "east"))),
  create(a("pair", role("SECONDARY", "west"))),
  create(a("short", cname("www.example.test"))),
];

describe("a batch is refused", () => {
  test.each<[string, readonly Change[], RegExp]>([
    [
      "when what it creates exists",
      [create(a("www"))],
      /'www.example.test.', type='A'] but it already exists/,
    ],
    ["when what it deletes does not exist", [remove(a("nope"))], /but it was not found/],
    [
      "when what it deletes has other values",
      [remove(a("www", { TTL: 61 }))],
      /values provided do not match the current values/,
    ],
    [
      "for a name outside of the zone",
      [create({ ...a("x"), Name: "x.example.org" })],
      /not permitted in zone/,
    ],
    [
      "for a CNAME at the apex",
      [create({ ...a("x", cname("y.example.test")), Name: name })],
      /not permitted at apex/,
    ],
    ["for a record beside a CNAME", [create(a("short"))], /conflicting RRSet of type CNAME/],
    [
      "for a second primary",
      [create(a("pair", role("PRIMARY", "other")))],
      /role PRIMARY already exists/,
    ],
    ["for simple beside failover", [create(a("pair"))], /routed differently/],
    [
      "for an address that is none",
      [create(a("x", { ResourceRecords: [{ Value: "192.0.2" }] }))],
      /IllegalIPv4/,
    ],
    ["for text without quotes", [create(a("x", text("bare")))], /enclosed in quotation marks/],
    ["for text that is too long", [create(a("x", text(`"${"x".repeat(256)}"`)))], /too long/],
    [
      "for the same value twice",
      [create(a("x", { ResourceRecords: [{ Value: "192.0.2.1" }, { Value: "192.0.2.1" }] }))],
      /Duplicate/,
    ],
    ["without a TTL", [create({ Name: "x.example.test", Type: "A" })], /Expected exactly one of/],
    [
      "for failover without an identifier",
      [create(a("x", { Failover: "PRIMARY" }))],
      /Missing field 'SetIdentifier'/,
    ],
    ["for an identifier without routing", [create(a("x", { SetIdentifier: "one" }))], /found none/],
    [
      "for two routings",
      [create(a("x", { ...role("PRIMARY", "one"), Weight: 1 }))],
      /found more than one/,
    ],
    [
      "for a weight over 255",
      [create(a("x", { SetIdentifier: "one", Weight: 256 }))],
      /between 0 and 255/,
    ],
    [
      "for routing that the lab has not",
      [create(a("x", { SetIdentifier: "one", MultiValueAnswer: true }))],
      /not in the lab/,
    ],
    [
      "for a type that the lab has not",
      [create(a("x", { Type: "MX" }))],
      /Type MX is not in the lab/,
    ],
    ["for a name that is none", [create(a("x y"))], /Invalid domain name/],
    [
      "for an alias to nothing",
      [create(aliasTo("x", "nope"))],
      /alias that targets nope.example.test., type A in zone Z1, but that target was not found/,
    ],
    ["for an alias to another zone", [create(aliasTo("x", "www", "Z2"))], /another zone/],
    [
      "when an alias' target goes",
      [create(aliasTo("x", "www")), remove(a("www"))],
      /target was not found/,
    ],
    ["when the zone would lose its SOA", [remove(shapeOf("SOA"))], /must contain at least one SOA/],
    [
      "when the zone would lose its name servers",
      [remove(shapeOf("NS"))],
      /must contain at least one NS/,
    ],
    [
      "for a delegation",
      [create(a("sub", { Type: "NS", ResourceRecords: [{ Value: "ns.example.test" }] }))],
      /delegation/,
    ],
  ])("%s", (_, changes, expected) => {
    expect(problems(...changes).join("\n")).toMatch(expected);
  });

  test("with all problems at once", () => {
    expect(
      problems(create(a("www")), remove(a("nope")), create(a("x", text("bare")))),
    ).toHaveLength(3);
  });
});

function aliasTo(host: string, target: string, zone = hostedZoneId): ResourceRecordSet {
  const DNSName = `${target}.${name}`;
  const AliasTarget = { HostedZoneId: zone, DNSName, EvaluateTargetHealth: true };
  return { Name: `${host}.${name}`, Type: "A", AliasTarget };
}

function shapeOf(type: string): ResourceRecordSet {
  const found = fresh.find((recordSet) => recordSet.type === type);
  if (found === undefined) throw new Error(`no ${type}`);
  return toShape(found, hostedZoneId);
}

test("a refused batch leaves the record sets alone", () => {
  const before = applied(fresh, ...existing);
  const copy = structuredClone(before);
  expect(apply(before, create(a("new")), create(a("www"))).ok).toBe(false);
  expect(before).toEqual(copy);
});

test("one batch may swap primary and secondary", () => {
  const swapped = applied(
    applied(fresh, ...existing),
    upsert(a("pair", role("SECONDARY", "east"))),
    upsert(a("pair", role("PRIMARY", "west"))),
  );
  const roles = swapped
    .filter((set) => set.name === "pair.example.test.")
    .map((set) => set.routing);
  expect(roles).toEqual([
    { kind: "failover", role: "SECONDARY" },
    { kind: "failover", role: "PRIMARY" },
  ]);
});

test("a delete and a create of the same record set go through in one batch", () => {
  const after = applied(
    applied(fresh, ...existing),
    remove(a("www")),
    create(a("www", { TTL: 5 })),
  );
  expect(after.find((set) => set.name === "www.example.test.")?.target).toMatchObject({
    ttlSeconds: 5,
  });
});

const many = (count: number, make: (set: ResourceRecordSet) => Change): Change[] =>
  Array.from({ length: count }, (_, index) => make(a(`host-${index}`)));
const long = (count: number): Change[] =>
  Array.from({ length: count }, (_, index) =>
    create(a(`text-${index}`, text(`"${"x".repeat(248)}"`))),
  );

describe("the limit of a batch", () => {
  test.each([
    ["1,000 records created", many(1_000, create), []],
    ["1,001 records created", many(1_001, create), ["Number of records limit of 1000 exceeded."]],
    ["500 records upserted", many(500, upsert), []],
    ["501 records upserted", many(501, upsert), ["Number of records limit of 1000 exceeded."]],
    ["32,000 characters", long(128), []],
    ["32,250 characters", long(129), ["Number of characters limit of 32000 exceeded."]],
  ])("%s", (_, changes, expected) => {
    expect(problems(...changes)).toEqual(expected);
  });
});

test("whatever was accepted is listed as it was sent, and can be deleted as it is listed", () => {
  const label = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
  const sets = fc.record({
    host: fc.tuple(fc.constantFrom("", "*."), label).map((parts) => parts.join("")),
    TTL: fc.integer({ min: 0, max: 86_400 }),
    routing: fc.constantFrom(
      {},
      { Failover: "PRIMARY" as const, SetIdentifier: "one" },
      { Weight: 7, SetIdentifier: "two", HealthCheckId: "check" },
    ),
  });
  fc.assert(
    fc.property(sets, ({ host, TTL, routing }) => {
      const after = applied(fresh, create(a(host, { TTL, ...routing })));
      const shape = after.map((set) => toShape(set, hostedZoneId)).find(({ Type }) => Type === "A");
      if (shape === undefined) throw new Error("not listed");
      expect(shape).toEqual({
        ...a(host, { TTL, ...routing }),
        Name: `${host.replace("*", "\\052")}.${name}`,
      });
      expect(applied(after, remove(shape))).toEqual(fresh);
    }),
  );
});
