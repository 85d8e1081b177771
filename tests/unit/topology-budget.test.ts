//! Goal: the recovery time adds up as documented, a topology over its objective is refused with the
//! sum, and every suggestion does what it says. Method: sums by hand, boundaries, named examples of
//! each change, and random topologies whose suggestion is applied and parsed again.

import * as fc from "fast-check";
import { budget, budgetReads, feasible } from "../../topology/budget.ts";
import { labTopology } from "../../topology/lab.ts";
import { levers } from "../../topology/levers.ts";
import { parseTopology } from "../../topology/load.ts";
import { apTopology, usTopology } from "../../topology/production.ts";
import { relationProblems } from "../../topology/relations.ts";
import { applyChanges, suggest, type Suggestion } from "../../topology/suggestion.ts";
import type { Topology } from "../../topology/topology.ts";
import { relatedTopology, withFields, type Fields } from "./topology-fixtures.ts";

function msByPhase(topology: Topology): Readonly<Record<string, number>> {
  return Object.fromEntries(budget(topology).phases.map(({ phase, ms }) => [phase, ms]));
}

function usMs(phase: string, fields: Fields): number | undefined {
  return msByPhase(withFields(usTopology, fields))[phase];
}

function labShiftMs(fields: Fields): number | undefined {
  return msByPhase(withFields(labTopology, fields))["shift"];
}

function labWithin(rtoSeconds: number): Topology {
  return withFields(labTopology, { "objectives.rtoSeconds": rtoSeconds });
}

function namesFor(fields: Fields): readonly string[] {
  return suggest(withFields(usTopology, fields))?.changes.map(({ name }) => name) ?? [];
}

describe("the sum", () => {
  test.each([
    ["lab", labTopology, { detect: 800, lease: 1_500, margin: 300, promote: 800, shift: 1_700 }],
    [
      "us",
      usTopology,
      { detect: 10_000, lease: 15_000, margin: 3_000, promote: 300_000, shift: 110_000 },
    ],
    [
      "ap",
      apTopology,
      { detect: 10_000, lease: 15_000, margin: 3_000, promote: 300_000, shift: 80_000 },
    ],
  ])("of %s is what a person adds up", (_, topology, phases) => {
    expect(msByPhase(topology)).toEqual(phases);
    const sum = Object.values(phases).reduce((total, ms) => total + ms, 0);
    expect(budget(topology)).toMatchObject({ sumMs: sum, meets: true });
  });

  test("names the phases in the order in which they happen", () => {
    const { phases } = budget(labTopology);
    expect(phases.map(({ phase }) => phase)).toEqual([
      "detect",
      "lease",
      "margin",
      "promote",
      "shift",
    ]);
    expect(phases.map(({ how }) => how)).toEqual([
      "probeMs 400 ms + probeTimeoutMs 400 ms",
      "leaseMs 1.5 s",
      "marginMs 300 ms",
      "the longer of promoteMsExpected 400 ms and scaleMsExpected 800 ms",
      "health check 10 s x 2 / 40 (lab) + propagation 0.2 s + TTL 1 s",
    ]);
  });

  test("takes the longer of promotion and scaling, but a hot standby has nothing to scale", () => {
    const long = { "promotion.scaleMsExpected": 400_000, "capacity.standbyReplicas": 6 };
    expect(usMs("promote", { ...long, strategy: "pilot-light" })).toBe(400_000);
    expect(usMs("promote", { ...long, strategy: "warm-standby" })).toBe(400_000);
    expect(usMs("promote", { ...long, strategy: "hot-standby" })).toBe(300_000);
    expect(usMs("promote", { "promotion.scaleMsExpected": 0 })).toBe(300_000);
  });

  test("rounds a phase up to a whole millisecond, but not for the noise of fractions", () => {
    // 20 s / 7 = 2857.14… ms
    expect(labShiftMs({ "lab.healthCheckSpeedup": 7, "dns.propagationSeconds": 0 })).toBe(3_858);
    // (0.14 + 1) * 1000 is 1140.0000000000002
    expect(labShiftMs({ "dns.propagationSeconds": 0.14 })).toBe(1_640);
  });

  test("is met when it equals the objective, and missed one millisecond above", () => {
    expect(budget(labWithin(5.1))).toMatchObject({ sumMs: 5_100, objectiveMs: 5_100, meets: true });
    expect(budget(labWithin(5.099))).toMatchObject({ objectiveMs: 5_099, meets: false });
    expect(parseTopology(labWithin(5.1)).ok).toBe(true);
    expect(parseTopology(labWithin(5.099)).ok).toBe(false);
  });

  test("depends on no field that is not listed as one of its own", () => {
    const paths = new Set<string>();
    const walk = (value: unknown, path: string): void => {
      if (typeof value !== "object" || value === null) paths.add(path);
      else
        for (const [key, inner] of Object.entries(value))
          walk(inner, `${path}.${key}`.slice(path === "" ? 1 : 0));
    };
    const { regions: _regions, ...rest } = labTopology;
    walk(rest, "");
    for (const path of paths) {
      if (budgetReads.some((read) => path.startsWith(read))) continue;
      const odd = withFields(labTopology, { [path]: Number.NaN });
      expect(budget(odd)).toEqual(budget(labTopology));
    }
  });
});

describe("the refusal", () => {
  const slow = withFields(usTopology, { "objectives.rtoSeconds": 400 });

  test("shows the sum phase by phase and the cheapest change", () => {
    const parsed = parseTopology(slow);
    expect(parsed).toMatchObject({ ok: false, feasibility: { ok: false } });
    expect(parsed.ok ? [] : parsed.problems).toEqual([
      {
        path: "objectives.rtoSeconds",
        problem: "the phases of a failover add up to 438 s, more than the objective",
        given: "400 (38 s too short)",
        allowed: "438 or more for this topology",
        details: [
          "detect         10 s  probeMs 5 s + probeTimeoutMs 5 s",
          "lease          15 s  leaseMs 15 s",
          "margin          3 s  marginMs 3 s",
          "promote       300 s  the longer of promoteMsExpected 300 s and scaleMsExpected 270 s",
          "shift         110 s  health check 10 s x 3 + propagation 20 s + TTL 60 s",
          "sum           438 s  objective 400 s, 38 s too long",
          "",
          "Cheapest changes that meet the objective:",
          "1. shorter TTL (free; resolvers ask more often)",
          "     dns.ttlSeconds: 60 -> 22",
          "     sum then: 400 s",
        ],
      },
    ]);
  });

  test("of a recovery point is one problem with the value that would do", () => {
    const lossy = withFields(usTopology, { "objectives.rpoSeconds": 10 });
    expect(feasible(lossy)).toMatchObject({
      ok: false,
      rto: { meets: true },
      rpo: { boundMs: 20_000, objectiveMs: 10_000, meets: false },
      problems: [{ path: "replicaLagMsMax" }],
      suggestion: null,
    });
    const parsed = parseTopology(lossy);
    expect(parsed.ok ? [] : parsed.problems.map(({ path }) => path)).toEqual(["replicaLagMsMax"]);
  });

  test("of both objectives names both, and suggests nothing that could not be accepted", () => {
    const both = withFields(slow, { "objectives.rpoSeconds": 10 });
    const answer = feasible(both);
    expect(answer.ok ? [] : answer.problems.map(({ path }) => path)).toEqual([
      "objectives.rtoSeconds",
      "replicaLagMsMax",
    ]);
    expect(answer).toMatchObject({ suggestion: null });
  });

  test("is not made where both objectives can be met", () => {
    expect(feasible(usTopology)).toMatchObject({
      ok: true,
      rto: { meets: true },
      rpo: { meets: true },
    });
    expect(suggest(usTopology)).toBeNull();
  });
});

describe("the suggestion", () => {
  test.each<readonly [string, Fields, readonly string[]]>([
    ["the TTL alone", { "objectives.rtoSeconds": 388 }, ["shorter TTL"]],
    [
      "the TTL and the probes",
      { "objectives.rtoSeconds": 387 },
      ["shorter TTL", "more frequent probes"],
    ],
    [
      "the paid option, which makes all free changes needless",
      { "objectives.rtoSeconds": 438, "dns.healthCheckIntervalSeconds": 30 },
      ["fast health checks"],
    ],
    [
      "the threshold, where the interval is the short one already",
      { "objectives.rtoSeconds": 370 },
      ["shorter TTL", "lower health check threshold"],
    ],
    [
      "the lease",
      { "objectives.rtoSeconds": 360 },
      ["shorter TTL", "more frequent probes", "lower health check threshold", "shorter lease"],
    ],
    [
      "warm capacity, where scaling is the longest phase",
      { "objectives.rtoSeconds": 450, "promotion.scaleMsExpected": 600_000 },
      ["warm standby"],
    ],
    [
      "full capacity, where warm capacity is still too slow",
      {
        "objectives.rtoSeconds": 450,
        strategy: "warm-standby",
        "capacity.standbyReplicas": 1,
        "promotion.scaleMsExpected": 600_000,
      },
      ["hot standby"],
    ],
  ])("is %s", (_, fields, names) => {
    expect(namesFor(fields)).toEqual(names);
  });

  test("raises the objective only as the last resort, to what can be reached", () => {
    const impossible = withFields(usTopology, { "objectives.rtoSeconds": 60 });
    const suggestion = suggest(impossible);
    expect(suggestion).toMatchObject({
      raisesObjective: true,
      sumMs: 357_003,
      objectiveMs: 358_000,
    });
    expect(suggestion?.changes.at(-1)).toMatchObject({
      name: "a longer objective",
      fields: [{ path: "objectives.rtoSeconds", from: 60, to: 358 }],
    });
    expect(parseTopology(applyChanges(impossible, suggestion?.changes ?? [])).ok).toBe(true);
  });

  test("never touches its argument", () => {
    const before = withFields(usTopology, { "objectives.rtoSeconds": 60 });
    const copy = structuredClone(before);
    applyChanges(before, suggest(before)?.changes ?? []);
    expect(before).toEqual(copy);
  });

  const overBudget = relatedTopology.filter((topology) => !budget(topology).meets);

  test("when applied, makes any topology acceptable, with the sum that it promised", () => {
    fc.assert(
      fc.property(overBudget, (topology) => {
        const suggestion = suggest(topology) as Suggestion;
        expect(suggestion.changes.length).toBeGreaterThan(0);
        const changed = applyChanges(topology, suggestion.changes);
        expect(parseTopology(changed)).toMatchObject({ ok: true });
        expect(budget(changed).sumMs).toBe(suggestion.sumMs);
        expect(suggestion.changes.at(-1)?.sumMsAfter).toBe(suggestion.sumMs);
      }),
      { numRuns: 500 },
    );
  });

  test("lists changes in the order of their cost, each with a change from the value given", () => {
    const order = [...levers.map(({ name }) => name), "a longer objective"];
    fc.assert(
      fc.property(overBudget, (topology) => {
        const { changes } = suggest(topology) as Suggestion;
        const places = changes.map(({ name }) => order.indexOf(name));
        expect(places).toEqual(places.toSorted((a, b) => a - b));
        const fields = changes.flatMap((change) => change.fields);
        expect(fields.length).toBeGreaterThanOrEqual(changes.length);
        for (const { from, to } of fields) expect(to).not.toBe(from);
      }),
    );
  });

  test("contains no change that could be left out", () => {
    fc.assert(
      fc.property(overBudget, (topology) => {
        const { changes, sumMs } = suggest(topology) as Suggestion;
        for (const left of changes) {
          const rest = applyChanges(
            topology,
            changes.filter((change) => change !== left),
          );
          const refused = !budget(rest).meets || relationProblems(rest).length > 0;
          expect(refused || budget(rest).sumMs > sumMs).toBe(true);
        }
      }),
    );
  });

  test("raises the objective only if no lever, pulled as far as it goes, would have sufficed", () => {
    fc.assert(
      fc.property(overBudget, (topology) => {
        const { raisesObjective } = suggest(topology) as Suggestion;
        if (!raisesObjective) return;
        const furthest = levers.reduce((current, { pull }) => {
          const next = applyChanges(current, [{ fields: pull(current, Number.MAX_SAFE_INTEGER) }]);
          return relationProblems(next).length === 0 ? next : current;
        }, topology);
        expect(budget(furthest).meets).toBe(false);
      }),
    );
  });
});

test("a shorter phase never makes the sum longer", () => {
  const fields = [
    "dns.ttlSeconds",
    "dns.healthCheckFailureThreshold",
    "lease.leaseMs",
    "lease.marginMs",
    "detection.probeMs",
    "promotion.promoteMsExpected",
  ];
  fc.assert(
    fc.property(relatedTopology, fc.constantFrom(...fields), (topology, path) => {
      const shorter = withFields(topology, { [path]: 1 });
      expect(budget(shorter).sumMs).toBeLessThanOrEqual(budget(topology).sumMs);
    }),
  );
});
