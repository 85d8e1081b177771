//! Goal: the order of a plan is the safety argument, whichever of the four kinds it is.
//! Method: look at the plans themselves, and at what the operator knows of every step.

import {
  type Plan,
  planFailover,
  planHandover,
  planProtect,
  planSwitchover,
  type StepKind,
} from "../../failover/plan.ts";
import { handlerOf, stepHandlers } from "../../operator/steps/steps.ts";

const props = { from: "us-east-1", to: "us-west-2", epoch: 4, replicas: 3 } as const;
const keptAs = "orders-us-east-1-before-epoch-4";

const plans = {
  "a forced failover": planFailover(props),
  "the taking up of a released lease": planFailover({ ...props, from: "nobody" }),
  "a handover": planHandover(props),
  "a switchover": planSwitchover({ ...props, keptAs }),
  "a rebuild": planProtect({ ...props, keptAs }),
  "a rebuild where nothing stands": planProtect({ ...props, keptAs, isAbsent: true }),
} as const;

type Name = keyof typeof plans;
const every = Object.entries(plans) as readonly (readonly [Name, Plan])[];
const changing = every.filter(([, { kind }]) => kind !== "protect");
const lossless = every.filter(([, { kind }]) => kind === "handover" || kind === "switchover");
const rebuilding = every.filter(([name]) => name === "a rebuild" || name === "a switchover");

/** In which stage a step stands; -1 when the plan has none such. */
function stageOf({ stages }: Plan, kind: StepKind): number {
  return stages.findIndex((stage) => stage.some((step) => step.kind === kind));
}

function stagesOf({ stages }: Plan): readonly string[] {
  return stages.map((stage) =>
    stage
      .map(({ kind }) => kind)
      .toSorted()
      .join(" + "),
  );
}

const rebuildStages = [
  "snapshot-old-primary",
  "salvage",
  "retire-old-primary",
  "create-replica",
  "await-caught-up",
  "reverse-storage",
  "announce",
];

const wanted: Readonly<Record<Name, readonly string[]>> = {
  "a forced failover": [
    "take-lease",
    "promote-database + scale-up",
    "grant-writes",
    "await-serving",
    "announce + record-roles",
  ],
  "the taking up of a released lease": [
    "drain-replication + take-lease",
    "promote-database + scale-up",
    "grant-writes",
    "await-serving",
    "announce + record-roles",
  ],
  "a handover": [
    "scale-up",
    "close-writes",
    "drain-replication + take-lease",
    "promote-database",
    "grant-writes",
    "await-serving",
    "announce + record-roles",
  ],
  "a switchover": [
    "preflight",
    "scale-up",
    "close-writes",
    "drain-replication + take-lease",
    "promote-database",
    "grant-writes",
    "await-serving",
    "record-roles",
    ...rebuildStages,
  ],
  "a rebuild": rebuildStages,
  "a rebuild where nothing stands": rebuildStages.slice(3),
};

test.each(every)("%s has its stages in this order", (name, plan) => {
  expect(stagesOf(plan)).toEqual(wanted[name]);
});

test.each(changing)("%s grants writes only with the lease and a promoted database", (_n, plan) => {
  const grant = stageOf(plan, "grant-writes");
  expect(stageOf(plan, "take-lease")).toBeGreaterThanOrEqual(0);
  expect(stageOf(plan, "take-lease")).toBeLessThan(stageOf(plan, "promote-database"));
  expect(stageOf(plan, "promote-database")).toBeLessThan(grant);
  expect(stageOf(plan, "scale-up")).toBeLessThan(grant);
  expect(stageOf(plan, "await-serving")).toBeGreaterThan(grant);
  expect(stageOf(plan, "record-roles")).toBeGreaterThan(stageOf(plan, "await-serving"));
});

test.each(lossless)("in %s writes are closed first, and all of them are replayed", (_n, plan) => {
  expect(stageOf(plan, "close-writes")).toBeGreaterThanOrEqual(0);
  expect(stageOf(plan, "close-writes")).toBeLessThan(stageOf(plan, "take-lease"));
  expect(stageOf(plan, "close-writes")).toBeLessThan(stageOf(plan, "drain-replication"));
  expect(stageOf(plan, "drain-replication")).toBeLessThan(stageOf(plan, "promote-database"));
  // What takes time comes before the pause, not into it.
  expect(stageOf(plan, "scale-up")).toBeLessThan(stageOf(plan, "close-writes"));
});

test.each(rebuilding)("%s lists and keeps the old primary before it touches it", (_name, plan) => {
  const retire = stageOf(plan, "retire-old-primary");
  expect(stageOf(plan, "snapshot-old-primary")).toBeGreaterThanOrEqual(0);
  expect(stageOf(plan, "snapshot-old-primary")).toBeLessThan(retire);
  expect(stageOf(plan, "salvage")).toBeGreaterThanOrEqual(0);
  expect(stageOf(plan, "salvage")).toBeLessThan(retire);
  expect(stageOf(plan, "create-replica")).toBeGreaterThan(retire);
  expect(stageOf(plan, "await-caught-up")).toBeGreaterThan(stageOf(plan, "create-replica"));
});

test("no plan touches an old primary that does not salvage it, and no forced one does", () => {
  const touching = every.filter(([, plan]) => stageOf(plan, "retire-old-primary") >= 0);
  expect(touching).toEqual(rebuilding);
});

test("a rebuild moves neither lease nor traffic", () => {
  const plan = plans["a rebuild"];
  for (const kind of ["take-lease", "close-writes", "grant-writes", "record-roles"] as const) {
    expect(stageOf(plan, kind)).toBe(-1);
  }
});

test("users are served again before anything of the rebuild begins", () => {
  const plan = plans["a switchover"];
  expect(stageOf(plan, "snapshot-old-primary")).toBeGreaterThan(stageOf(plan, "await-serving"));
});

test("only what was released is drained, and before the promotion", () => {
  expect(stageOf(plans["a forced failover"], "drain-replication")).toBe(-1);
  const plan = plans["the taking up of a released lease"];
  const drain = stageOf(plan, "drain-replication");
  expect(drain).toBeGreaterThanOrEqual(0);
  expect(drain).toBeLessThan(stageOf(plan, "promote-database"));
});

describe.each(every)("%s", (_name, plan) => {
  test("does every step once", () => {
    const kinds = plan.stages.flat().map(({ kind }) => kind);
    expect(new Set(kinds).size).toBe(kinds.length);
  });

  test("is plain data that survives the journal", () => {
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });

  test("is named after its kind and its epoch", () => {
    expect(plan).toMatchObject({ id: `${plan.kind}-4`, epoch: 4, to: "us-west-2" });
  });

  test("finds the handler of each of its steps by its kind", () => {
    for (const step of plan.stages.flat()) expect(handlerOf(step)).toBe(stepHandlers[step.kind]);
  });
});

test.each(changing)("%s scales to what the region needs once it serves", (_name, plan) => {
  const scaleUp = plan.stages.flat().find(({ kind }) => kind === "scale-up");
  expect(scaleUp).toEqual({ kind: "scale-up", replicas: 3 });
});

test.each(rebuilding)(
  "%s keeps the old primary under one name and salvages its own",
  (_n, plan) => {
    const steps = plan.stages.flat();
    for (const kind of ["snapshot-old-primary", "retire-old-primary"]) {
      expect(steps.find((step) => step.kind === kind)).toEqual({ kind, name: keptAs });
    }
    expect(steps.find(({ kind }) => kind === "salvage")).toEqual({
      kind: "salvage",
      name: plan.id,
    });
  },
);

test("nobody waits for the Route 53 control plane to be told or to be served", () => {
  for (const name of ["a forced failover", "a handover"] as const) {
    expect(stageOf(plans[name], "record-roles")).toBe(plans[name].stages.length - 1);
  }
});

test.each(Object.values(stepHandlers).map((handler) => [handler.title, handler] as const))(
  "the step '%s' says how often it may be tried, and how it is undone or why not",
  (title, { checkMs, repeatMs, undo }) => {
    expect(title).toMatch(/^[a-z].{5,}/);
    expect(checkMs).toBeGreaterThanOrEqual(0);
    expect(repeatMs).toBeGreaterThan(0);
    const says = "irreversible" in undo ? undo.irreversible : undo;
    expect(typeof says === "string" ? says : Object.values(says).join("")).toMatch(/.{10,}/);
  },
);

test("the steps that cannot be taken back are those of the lease and of the old primary", () => {
  const irreversible = Object.entries(stepHandlers)
    .filter(([, { undo }]) => "irreversible" in undo)
    .map(([kind]) => kind);
  expect(irreversible.toSorted()).toEqual([
    "create-replica",
    "grant-writes",
    "promote-database",
    "retire-old-primary",
    "take-lease",
  ]);
});

test("only the request to close is taken back by doing something", () => {
  const undoable = Object.entries(stepHandlers)
    .filter(([, { undo }]) => "undo" in undo)
    .map(([kind]) => kind);
  expect(undoable).toEqual(["close-writes"]);
});
