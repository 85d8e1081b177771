//! Goal: every fault has a text, a description and a place in the fault API, and they agree.
//! Method: one table of texts through parser, resolver and request reader.

import { readFault } from "../../lab/faults/fault-request.ts";
import { faultGrammar, parseFault, resolveFault } from "../../lab/faults/fault-text.ts";
import { describeFault, type Fault } from "../../lab/faults/faults.ts";

const places = { regions: ["a", "b"], sites: ["a", "b", "w", "internet"] };
const roles = { active: "a", standby: "b", witness: "w" };

const table: readonly [string, Fault, string][] = [
  ["region-loss active", { kind: "region-loss", region: "a" }, "a is lost"],
  ["region-freeze standby", { kind: "region-freeze", region: "b" }, "b is frozen"],
  [
    "link-cut active witness one-way",
    { kind: "link-cut", from: "a", to: "w", oneWay: true },
    "nothing passes from a to w",
  ],
  [
    "link-slow a internet 250",
    { kind: "link-slow", from: "a", to: "internet", latencyMs: 250 },
    "250 ms more each way",
  ],
  [
    "process-kill app active",
    { kind: "process-kill", process: "app", region: "a" },
    "app of a killed",
  ],
  [
    "process-down postgres active",
    { kind: "process-down", process: "postgres", region: "a" },
    "postgres of a killed and kept down",
  ],
  [
    "process-freeze operator b",
    { kind: "process-freeze", process: "operator", region: "b" },
    "operator of b frozen",
  ],
  [
    "app-errors active 40",
    { kind: "app-errors", region: "a", percent: 40 },
    "answers 40 % with errors",
  ],
  [
    "app-errors active 100 peer",
    { kind: "app-errors", region: "a", percent: 100, audience: "peer" },
    "to the other region only",
  ],
  ["app-slow b 800", { kind: "app-slow", region: "b", latencyMs: 800 }, "answers 800 ms later"],
  ["replay-paused standby", { kind: "replay-paused", region: "b" }, "applies nothing"],
  ["disk-full active", { kind: "disk-full", region: "a" }, "full of WAL"],
  ["rogue-writer active", { kind: "rogue-writer", region: "a" }, "writes past the app"],
  ["route53-control-plane-down", { kind: "route53-control-plane-down" }, "control plane down"],
  ["arbiter-down", { kind: "arbiter-down" }, "arbiter down"],
];

test.each(table)("%s is read, resolved, sent and told", (text, fault, told) => {
  const parsed = parseFault(text);
  if (!parsed.ok) throw new Error(parsed.problem);
  expect(resolveFault(parsed.value, roles)).toEqual({ ok: true, value: fault });
  expect(readFault(fault, places)).toEqual({ ok: true, fault: expect.objectContaining(fault) });
  expect(describeFault(fault)).toContain(told);
});

test("the table has every kind", () => {
  const kinds = new Set(table.map(([, { kind }]) => kind));
  expect([...kinds].toSorted()).toEqual(Object.keys(faultGrammar).toSorted());
});

test.each([
  "region-freeze",
  "region-freeze a b",
  "process-down database a",
  "app-errors a",
  "app-errors a 0",
  "app-errors a 101",
  "app-errors a half",
  "app-errors a 10 users",
  "app-slow a 60001",
  "app-slow a -5",
  "disk-full",
  "rogue-writer a now",
])('"%s" is answered with how to write it', (text) => {
  const parsed = parseFault(text);
  expect(parsed).toMatchObject({
    ok: false,
    problem: expect.stringContaining(`write it as: ${text.split(" ")[0]} `) as string,
  });
});

test.each([
  ["percent", { kind: "app-errors", region: "a", percent: 0 }],
  ["percent", { kind: "app-errors", region: "a", percent: 12.5 }],
  ["audience", { kind: "app-errors", region: "a", percent: 5, audience: "users" }],
  ["latencyMs", { kind: "app-slow", region: "a", latencyMs: 60_001 }],
  ["process", { kind: "process-down", process: "database", region: "a" }],
  ["region", { kind: "disk-full", region: "mars" }],
])("a wrong %s is refused by name", (member, given) => {
  expect(readFault(given, places)).toMatchObject({
    ok: false,
    problems: [expect.stringContaining(`${member}: `) as string],
  });
});
