//! Goal: the order of a plan is the safety argument, and every step is known to the operator.
//! Method: look at the plans themselves, for every way to make one.

import { planFailover, type Step, type StepKind } from "../../failover/plan.ts";
import { handlerOf, stepHandlers } from "../../operator/steps.ts";

const token = { systemIdentifier: "7", timeline: 1, lsn: "0/3000148" };
const props = { from: "us-east-1", to: "us-west-2", epoch: 4, replicas: 3 } as const;
const forced = planFailover({ ...props, token: "none" });
const handedOver = planFailover({ ...props, from: "nobody", token });

/** In which stage a step stands. */
function stageOf({ stages }: typeof forced, kind: StepKind): number {
  return stages.findIndex((stage) => stage.some((step) => step.kind === kind));
}

const orders: readonly (readonly [StepKind, StepKind])[] = [
  ["take-lease", "promote-database"],
  ["promote-database", "grant-writes"],
  ["scale-up", "grant-writes"],
  ["grant-writes", "await-serving"],
  ["await-serving", "record-roles"],
  ["await-serving", "announce"],
];

describe.each([
  ["a forced failover", forced],
  ["the taking up of a released lease", handedOver],
] as const)("%s", (_what, plan) => {
  test.each(orders)("does %s in an earlier stage than %s", (earlier, later) => {
    expect(stageOf(plan, earlier)).toBeGreaterThanOrEqual(0);
    expect(stageOf(plan, earlier)).toBeLessThan(stageOf(plan, later));
  });

  test("begins with the lease and nothing beside it", () => {
    expect(plan.stages[0]).toEqual([{ kind: "take-lease" }]);
  });

  test("does every step once", () => {
    const kinds = plan.stages.flat().map(({ kind }) => kind);
    expect(new Set(kinds).size).toBe(kinds.length);
  });

  test("is plain data that survives the journal", () => {
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });

  test("is named after its epoch", () => {
    expect(plan).toMatchObject({ id: "failover-4", kind: "failover", epoch: 4, to: "us-west-2" });
  });

  test("scales to what the region needs once it serves", () => {
    const scaleUp = plan.stages.flat().find(({ kind }) => kind === "scale-up");
    expect(scaleUp).toEqual({ kind: "scale-up", replicas: 3 });
  });
});

test("only a released lease is drained, between the lease and the promotion", () => {
  expect(stageOf(forced, "drain-replication")).toBe(-1);
  const drain = stageOf(handedOver, "drain-replication");
  expect(handedOver.stages[drain]).toEqual([{ kind: "drain-replication", token }]);
  expect(drain).toBeGreaterThan(stageOf(handedOver, "take-lease"));
  expect(drain).toBeLessThan(stageOf(handedOver, "promote-database"));
});

test("nobody waits for the Route 53 control plane", () => {
  const last = forced.stages.at(-1) ?? [];
  expect(last.map(({ kind }) => kind)).toContain("record-roles");
  expect(stageOf(forced, "record-roles")).toBe(forced.stages.length - 1);
});

test("every step of a plan has its handler, found by its kind", () => {
  for (const step of [...forced.stages, ...handedOver.stages].flat()) {
    expect(handlerOf(step)).toBe(stepHandlers[step.kind]);
  }
});

test.each(Object.entries(stepHandlers))(
  "the step %s says what it is, how often it may be tried, and how it is undone or why not",
  (_kind, { title, checkMs, repeatMs, undo }) => {
    expect(title).toMatch(/^[a-z].{5,}/);
    expect(checkMs).toBeGreaterThanOrEqual(0);
    expect(repeatMs).toBeGreaterThan(0);
    expect(Object.values(undo).join("")).toMatch(/.{10,}/);
  },
);

test("the steps that cannot be taken back are the three that the lease protects", () => {
  const irreversible = Object.entries(stepHandlers)
    .filter(([, { undo }]) => "irreversible" in undo)
    .map(([kind]) => kind as Step["kind"]);
  expect(irreversible.toSorted()).toEqual(["grant-writes", "promote-database", "take-lease"]);
});
