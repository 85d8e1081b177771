//! Goal: answers follow Route 53's documented rules for choosing among records.
//! Method: tables of record sets, health and question against the pure function.

import type { DnsAnswer } from "../../lab/dns/answer.ts";
import { answerQuestion } from "../../lab/route53/answers.ts";
import { initialRecordSets, serve } from "../../lab/route53/model.ts";
import type { RecordSet, Routing, ServedZone } from "../../lab/route53/model.ts";

const zoneName = "example.test.";

function zoneOf(...recordSets: readonly RecordSet[]): ServedZone {
  const nameServers = ["ns1.example.test."];
  const initial = initialRecordSets({ name: zoneName, nameServers, negativeTtlSeconds: 5 });
  return serve(zoneName, [...initial, ...recordSets]);
}

interface Given {
  readonly type?: RecordSet["type"];
  readonly routing?: Routing;
  readonly check?: string;
  readonly ttlSeconds?: number;
}

function plain(name: string, value: string, given: Given = {}): RecordSet {
  const { type = "A", routing = { kind: "simple" }, check, ttlSeconds = 60 } = given;
  const target = { kind: "values", ttlSeconds, values: [value] } as const;
  return {
    name: `${name}.${zoneName}`,
    type,
    routing,
    target,
    ...(routing.kind === "simple" ? {} : { setIdentifier: value }),
    ...(check === undefined ? {} : { healthCheckId: check }),
  };
}

function alias(
  name: string,
  target: string,
  given: Given & { evaluate?: boolean } = {},
): RecordSet {
  const { routing = { kind: "simple" }, check, evaluate = true } = given;
  return {
    name: `${name}.${zoneName}`,
    type: "A",
    routing,
    target: { kind: "alias", name: `${target}.${zoneName}`, evaluateTargetHealth: evaluate },
    ...(routing.kind === "simple" ? {} : { setIdentifier: `alias ${target}` }),
    ...(check === undefined ? {} : { healthCheckId: check }),
  };
}

const primary: Routing = { kind: "failover", role: "PRIMARY" };
const secondary: Routing = { kind: "failover", role: "SECONDARY" };
const weight = (value: number): Routing => ({ kind: "weighted", weight: value });

interface Asked {
  readonly type?: string;
  readonly unhealthy?: readonly string[];
  readonly pick?: number;
}

function ask(zone: ServedZone, name: string, asked: Asked = {}): DnsAnswer {
  const { type = "A", unhealthy = [], pick = 0 } = asked;
  const isHealthy = (id: string): boolean => !unhealthy.includes(id);
  return answerQuestion(zone, { name, type }, { isHealthy, pick });
}

function values(answer: DnsAnswer): readonly string[] {
  return answer.kind === "not-ours" ? [] : answer.answers.map(({ value }) => value);
}

describe("failover", () => {
  const pair = zoneOf(
    plain("www", "192.0.2.1", { routing: primary, check: "one" }),
    plain("www", "192.0.2.2", { routing: secondary, check: "two" }),
  );
  test.each([
    ["the primary answers while it is healthy", [], "192.0.2.1"],
    ["a sick secondary changes nothing", ["two"], "192.0.2.1"],
    ["the secondary answers when the primary is unhealthy", ["one"], "192.0.2.2"],
    ["the primary answers when both are unhealthy", ["one", "two"], "192.0.2.1"],
  ])("%s", (_, unhealthy, expected) => {
    expect(values(ask(pair, "www.example.test", { unhealthy }))).toEqual([expected]);
  });

  test("the primary answers again the moment it is healthy: there is no memory", () => {
    const asked = [["one"], []].map((unhealthy) => ask(pair, "www.example.test", { unhealthy }));
    expect(asked.map(values)).toEqual([["192.0.2.2"], ["192.0.2.1"]]);
  });

  test("a secondary without a health check always counts as healthy", () => {
    const zone = zoneOf(
      plain("_health.www", '"serving"', { type: "TXT", routing: primary, check: "one" }),
      plain("_health.www", '"failing"', { type: "TXT", routing: secondary }),
    );
    const seen = [[], ["one"]].map((unhealthy) =>
      values(ask(zone, "_health.www.example.test", { type: "TXT", unhealthy })),
    );
    expect(seen).toEqual([['"serving"'], ['"failing"']]);
  });

  test("a primary without a health check never gives way", () => {
    const zone = zoneOf(
      plain("www", "192.0.2.1", { routing: primary }),
      plain("www", "192.0.2.2", { routing: secondary, check: "two" }),
    );
    expect(values(ask(zone, "www.example.test", { unhealthy: ["one"] }))).toEqual(["192.0.2.1"]);
  });

  test.each([primary, secondary])("%p alone answers, unhealthy or not", (routing) => {
    const zone = zoneOf(plain("www", "192.0.2.1", { routing, check: "one" }));
    expect(values(ask(zone, "www.example.test", { unhealthy: ["one"] }))).toEqual(["192.0.2.1"]);
  });
});

describe("alias", () => {
  const behind = [
    plain("one", "192.0.2.1", { routing: weight(1), check: "one-a", ttlSeconds: 7 }),
    plain("one", "192.0.2.11", { routing: weight(1), check: "one-b", ttlSeconds: 7 }),
    plain("two", "192.0.2.2"),
  ];
  const tree = zoneOf(
    ...behind,
    alias("www", "one", { routing: primary }),
    alias("www", "two", { routing: secondary }),
  );
  test.each([
    ["answers with the target's records while one of them is healthy", ["one-a"], "192.0.2.11"],
    ["gives way when all of the target is unhealthy", ["one-a", "one-b"], "192.0.2.2"],
  ])("a primary alias %s", (_, unhealthy, expected) => {
    expect(values(ask(tree, "www.example.test", { unhealthy }))).toEqual([expected]);
  });

  test("the answer has the alias' name and the target's TTL", () => {
    const answer = ask(tree, "www.example.test");
    expect(answer).toMatchObject({
      answers: [{ name: "www.example.test.", type: "A", ttlSeconds: 7 }],
    });
  });

  test("without evaluating the target an alias stays, whatever happens to the target", () => {
    const zone = zoneOf(
      ...behind,
      alias("www", "one", { routing: primary, evaluate: false }),
      alias("www", "two", { routing: secondary }),
    );
    const unhealthy = ["one-a", "one-b"];
    expect(values(ask(zone, "www.example.test", { unhealthy }))).toEqual(["192.0.2.1"]);
  });

  test("its own health check counts as well", () => {
    const zone = zoneOf(
      ...behind,
      alias("www", "one", { routing: primary, check: "own" }),
      alias("www", "two", { routing: secondary }),
    );
    expect(values(ask(zone, "www.example.test", { unhealthy: ["own"] }))).toEqual(["192.0.2.2"]);
  });

  test("a ring of aliases ends without an answer", () => {
    const zone = zoneOf(alias("www", "one"), alias("one", "www"));
    expect(ask(zone, "www.example.test").kind).toBe("no-data");
  });
});

const weightedSet = (value: number, last: number): RecordSet =>
  plain("www", `192.0.2.${last}`, { routing: weight(value), check: `check-${last}` });

describe("weighted", () => {
  const three = zoneOf(weightedSet(1, 1), weightedSet(3, 2), weightedSet(0, 3));
  test.each([
    ["the first quarter goes to weight one", { pick: 0.24 }, "192.0.2.1"],
    ["the rest goes to weight three", { pick: 0.25 }, "192.0.2.2"],
    ["the end of the scale goes to weight three", { pick: 0.999 }, "192.0.2.2"],
    ["an unhealthy one gets nothing", { pick: 0, unhealthy: ["check-1"] }, "192.0.2.2"],
    [
      "weight zero answers when everything with a weight is unhealthy",
      { pick: 0.5, unhealthy: ["check-1", "check-2"] },
      "192.0.2.3",
    ],
    [
      "everything counts as healthy when nothing is",
      { pick: 0, unhealthy: ["check-1", "check-2", "check-3"] },
      "192.0.2.1",
    ],
  ])("%s", (_, asked: Asked, expected) => {
    expect(values(ask(three, "www.example.test", asked))).toEqual([expected]);
  });

  test("when all weights are zero each gets its share", () => {
    const zone = zoneOf(weightedSet(0, 1), weightedSet(0, 2));
    const seen = [0.4, 0.6].map((pick) => values(ask(zone, "www.example.test", { pick })));
    expect(seen).toEqual([["192.0.2.1"], ["192.0.2.2"]]);
  });
});

test("a simple record set answers whatever its health check says", () => {
  const zone = zoneOf(plain("www", "192.0.2.1", { check: "one" }));
  expect(values(ask(zone, "www.example.test", { unhealthy: ["one"] }))).toEqual(["192.0.2.1"]);
});

describe("names", () => {
  const zone = zoneOf(
    plain("www", "192.0.2.1"),
    plain("a.b", "192.0.2.2"),
    plain("*.wild", "192.0.2.3"),
    plain("known.wild", '"text"', { type: "TXT" }),
    plain("short", "www.example.test.", { type: "CNAME" }),
    plain("chain", "short.example.test", { type: "CNAME" }),
    plain("out", "elsewhere.example.org.", { type: "CNAME" }),
    plain("dangling", "missing.example.test.", { type: "CNAME" }),
    plain("untyped", "_text.example.test.", { type: "CNAME" }),
    plain("_text", '"x"', { type: "TXT" }),
    plain("loop", "loop.example.test.", { type: "CNAME" }),
  );
  test.each([
    ["a name with the type", "www.example.test", "A", "records", ["192.0.2.1"]],
    ["any spelling of it", "WwW.Example.TEST.", "A", "records", ["192.0.2.1"]],
    ["a name without the type", "www.example.test", "TXT", "no-data", []],
    ["a name with a type that the lab has not", "www.example.test", "UNKNOWN_65", "no-data", []],
    ["a name that only has names below", "b.example.test", "A", "no-data", []],
    ["a name that does not exist", "nope.example.test", "A", "no-such-name", []],
    ["a name below one that exists", "x.www.example.test", "A", "no-such-name", []],
    ["a name outside of the zone", "example.org", "A", "not-ours", []],
    ["a name that merely ends like the zone", "notexample.test", "A", "not-ours", []],
    ["a name that a wildcard covers", "x.y.wild.example.test", "A", "records", ["192.0.2.3"]],
    [
      "a name the wildcard leaves to its own records",
      "known.wild.example.test",
      "A",
      "no-data",
      [],
    ],
    ["the apex' name servers", "example.test", "NS", "records", ["ns1.example.test."]],
    [
      "a CNAME chain within the zone",
      "chain.example.test",
      "A",
      "records",
      ["short.example.test", "www.example.test.", "192.0.2.1"],
    ],
    ["the CNAME itself", "short.example.test", "CNAME", "records", ["www.example.test."]],
    [
      "a CNAME that leads out of the zone",
      "out.example.test",
      "A",
      "records",
      ["elsewhere.example.org."],
    ],
    ["a CNAME to nothing", "dangling.example.test", "A", "no-such-name", ["missing.example.test."]],
    [
      "a CNAME to a name without the type",
      "untyped.example.test",
      "A",
      "no-data",
      ["_text.example.test."],
    ],
  ])("%s", (_, ...row) => {
    const [name, type, kind, expected] = row;
    const answer = ask(zone, name, { type });
    expect(answer.kind).toBe(kind);
    expect(values(answer)).toEqual(expected);
  });

  test("a CNAME that points to itself ends", () => {
    expect(ask(zone, "loop.example.test").kind).toBe("records");
  });

  test("a no carries the SOA with the time it may be remembered", () => {
    expect(ask(zone, "nope.example.test")).toMatchObject({
      soa: { name: zoneName, type: "SOA", ttlSeconds: 5 },
    });
  });
});
