//! Goal: scenarios and faults are what a person wrote, or a clear word of what is wrong with it.
//! Method: tables of texts; placeholders resolved against a described lab.

import type { LabDescriptor } from "../../lab/descriptor.ts";
import { parsePlannedFault } from "../../lab/drill/fault-plan.ts";
import { lastFromZeroMs } from "../../lab/drill/injection.ts";
import { findScenario, reservedNames, scenarios } from "../../lab/drill/scenarios/registry.ts";
import { isPlannedMove } from "../../lab/drill/verdicts/command.ts";
import { resolveFault, rolesOf } from "../../lab/faults/fault-text.ts";
import type { Fault } from "../../lab/faults/faults.ts";

test.each([
  ["0:region-loss active", 0, { kind: "region-loss", region: "active" }],
  [
    "1500:process-kill operator standby",
    1_500,
    { kind: "process-kill", process: "operator", region: "standby" },
  ],
  ["-2000: route53-control-plane-down", -2_000, { kind: "route53-control-plane-down" }],
  ["5:arbiter-down", 5, { kind: "arbiter-down" }],
  ["5:link-cut active standby", 5, { kind: "link-cut", from: "active", to: "standby" }],
  [
    "5:link-cut active witness one-way",
    5,
    { kind: "link-cut", from: "active", to: "witness", oneWay: true },
  ],
  [
    "7:link-slow internet active 250",
    7,
    { kind: "link-slow", from: "internet", to: "active", latencyMs: 250 },
  ],
  [
    "7:process-freeze postgres active",
    7,
    { kind: "process-freeze", process: "postgres", region: "active" },
  ],
])("%s is a fault", (text, atMs, fault) => {
  expect(parsePlannedFault(text)).toEqual({ ok: true, value: { atMs, fault } });
});

test.each([
  ["soon:arbiter-down", "is not MILLISECONDS:FAULT"],
  ["1:region-los active", "nearest: region-loss"],
  ["1:earthquake", "there are: region-loss, region-freeze"],
  ["1:region-loss", "write it as: region-loss REGION"],
  ["1:process-kill database active", "write it as: process-kill operator|app|postgres REGION"],
  ["1:link-slow active standby fast", "write it as: link-slow FROM TO MILLISECONDS"],
  ["1:link-cut active standby both-ways", "write it as: link-cut FROM TO [one-way]"],
  ["1:arbiter-down now", "write it as: arbiter-down"],
  ["-99999:arbiter-down", "is not in"],
  ["1:constructor", "no fault is called"],
])("%s is refused with help", (text, help) => {
  const parsed = parsePlannedFault(text);
  expect(parsed.ok).toBe(false);
  expect(parsed).toMatchObject({ problem: expect.stringContaining(help) as string });
});

const lab = {
  initialActive: "us-east-1",
  initialStandby: "us-west-2",
  arbiter: { witnessRegion: "us-east-2" },
  regions: { "us-east-1": {}, "us-west-2": {} },
} as unknown as LabDescriptor;

test.each<[Fault, object]>([
  [{ kind: "region-loss", region: "active" }, { region: "us-east-1" }],
  [{ kind: "region-loss", region: "us-west-2" }, { region: "us-west-2" }],
  [
    { kind: "link-cut", from: "standby", to: "witness", oneWay: true },
    { from: "us-west-2", to: "us-east-2", oneWay: true },
  ],
  [{ kind: "link-slow", from: "internet", to: "active", latencyMs: 9 }, { to: "us-east-1" }],
  [{ kind: "arbiter-down" }, { kind: "arbiter-down" }],
])("%j finds its regions", (fault, found) => {
  expect(resolveFault(fault, rolesOf(lab))).toMatchObject({ ok: true, value: found });
});

test.each<Fault>([
  { kind: "region-loss", region: "mars" },
  { kind: "region-loss", region: "internet" },
  { kind: "link-cut", from: "active", to: "mars" },
])("%j is no place of the lab", (fault) => {
  expect(resolveFault(fault, rolesOf(lab)).ok).toBe(false);
});

test("an unknown scenario is answered with the nearest one", () => {
  expect(findScenario("region-los")).toEqual({
    problem: 'no scenario is called "region-los"; did you mean region-loss?',
  });
  expect(findScenario("zzzzzz")).toMatchObject({
    problem: expect.stringContaining("there are: region-loss") as string,
  });
});

describe.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
  "%s",
  (_n, scenario) => {
    const { commands = [], criteria, faults, load, settleMs, until } = scenario;

    test("is well formed: a name of its own, a first deed at zero, places that exist", () => {
      expect(scenarios.filter(({ name }) => name === scenario.name)).toHaveLength(1);
      expect(reservedNames).not.toContain(scenario.name);
      expect(scenario.name).toMatch(/^[a-z][a-z0-9-]*$/);
      const first = faults[0] ?? commands[0];
      expect(first).toMatchObject({ atMs: 0 });
      expect(first?.after).toBeUndefined();
      expect(faults.every(({ fault }) => resolveFault(fault, rolesOf(lab)).ok)).toBe(true);
    });

    test("waits only for events that can come, and heals each fault in one way", () => {
      const cues = [...faults, ...commands, ...faults.flatMap(({ heal }) => heal ?? [])];
      for (const { after = [], atMs } of cues) {
        expect(after.length > 0 && atMs < 0).toBe(false);
        const known = [...until, "healed", "failed-over", "finished", "held"];
        expect(after.every((event) => known.includes(event))).toBe(true);
      }
      for (const { heal, healAfterMs } of faults) {
        expect(heal === undefined || healAfterMs === undefined).toBe(true);
      }
      expect(criteria.holds === true).toBe(until.includes("held"));
      const heals = faults.some(({ heal, healAfterMs }) => heal ?? healAfterMs);
      expect(until.includes("healed") && !heals).toBe(false);
    });

    test("asks for no more than it can measure", () => {
      // The load writes for this long after the recovery; the criteria must be reachable in it.
      expect((load.writesPerSecond * settleMs) / 1_000).toBeGreaterThan(criteria.acknowledgedMin);
      const moves = commands.some(({ command }) => isPlannedMove(command));
      expect(criteria.planned !== undefined).toBe(moves);
      const rogue = faults.some(({ fault }) => fault.kind === "rogue-writer");
      expect(criteria.rogueRefused === true).toBe(rogue);
      expect(criteria.failovers === 0 && criteria.rtoObjective).toBe(false);
      expect(until.length === 0 && criteria.failovers > 0).toBe(false);
    });
  },
);

test("the scenarios of the plan are all there", () => {
  const names = scenarios.map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining(["app-failure", "database-failure", "region-loss", "failback"]),
  );
  expect(names).toHaveLength(25);
});

test("a plan is over when its last deed that is counted from zero is done", () => {
  const fault: Fault = { kind: "arbiter-down" };
  const faults = [
    { atMs: 0, fault },
    { atMs: 500, fault, healAfterMs: 700 },
    { atMs: 9_000, after: ["held"], fault } as const,
    { atMs: 0, fault, heal: { atMs: 800 } },
  ];
  expect(lastFromZeroMs(faults, [])).toBe(1_200);
  expect(lastFromZeroMs(faults, [{ atMs: 3_000 }])).toBe(3_000);
  expect(lastFromZeroMs([{ atMs: -500, fault }], [])).toBe(0);
});
