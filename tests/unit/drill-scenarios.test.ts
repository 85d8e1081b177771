//! Goal: scenarios and faults are what a person wrote, or a clear word of what is wrong with it.
//! Method: tables of texts; placeholders resolved against a described lab.

import type { LabDescriptor } from "../../lab/descriptor.ts";
import { parsePlannedFault } from "../../lab/drill/fault-plan.ts";
import { lastFaultMs, lostRegions } from "../../lab/drill/injection.ts";
import { findScenario, scenarios } from "../../lab/drill/scenarios/registry.ts";
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

test("every scenario is well formed: its own name, a first fault at zero, resolvable places", () => {
  const names = scenarios.map((scenario) => scenario.name);
  expect(new Set(names).size).toBe(names.length);
  for (const scenario of scenarios) {
    expect(scenario.name).toMatch(/^[a-z][a-z0-9-]*$/);
    expect(scenario.faults[0]?.atMs).toBe(0);
    expect(scenario.faults.every(({ fault }) => resolveFault(fault, rolesOf(lab)).ok)).toBe(true);
    // The load writes for this long after the recovery; the criteria must be reachable in it.
    const writes = (scenario.load.writesPerSecond * scenario.settleMs) / 1_000;
    expect(writes).toBeGreaterThan(scenario.criteria.acknowledgedMin);
  }
});

test("a plan is over when its last fault came and went", () => {
  const fault: Fault = { kind: "arbiter-down" };
  expect(
    lastFaultMs([
      { atMs: 0, fault },
      { atMs: 500, fault, healAfterMs: 700 },
    ]),
  ).toBe(1_200);
  expect(lastFaultMs([{ atMs: -500, fault }])).toBe(0);
});

test("only regions that were lost whole are exhumed, each once", () => {
  const loss: Fault = { kind: "region-loss", region: "us-east-1" };
  const kill: Fault = { kind: "process-kill", process: "app", region: "us-west-2" };
  expect(lostRegions([{ fault: loss }, { fault: kill }, { fault: loss }])).toEqual(["us-east-1"]);
});
