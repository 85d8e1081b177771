//! Goal: where a plan stands follows from the journal alone, so that a restart is no special case.
//! Method: random journals, folded whole, in parts, and by processes that stop and start anew.

import * as fc from "fast-check";
import {
  currentStage,
  type JournalEntry,
  type RunningPlan,
  standingOf,
  unfinishedPlan,
} from "../../failover/journal.ts";
import { planFailover, planProtect, type StepKind } from "../../failover/plan.ts";

const plans = [2, 3].flatMap((epoch) =>
  ["us-east-1", "us-west-2"].map((to) => planFailover({ from: "nobody", to, epoch, replicas: 2 })),
);
const [plan = never()] = plans;
const kinds = plan.stages.flat().map(({ kind }) => kind);

function started(index = 0): JournalEntry {
  const which = plans[index] ?? plan;
  return {
    kind: "plan-started",
    atMs: 1,
    planId: which.id,
    plan: which,
    because: ["why"],
    suspectedAtMs: 0,
  };
}

function stepEntry(
  kind: "step-intended" | "step-done" | "step-undone",
  step: StepKind,
  planId = plan.id,
) {
  return { kind, atMs: 2, planId, step } as const;
}

function refusedEntry(step: StepKind, fault: "unreachable" | "throttled", planId = plan.id) {
  return { kind: "step-refused", atMs: 2, planId, step, fault, detail: "no" } as const;
}

const endings = ["plan-finished", "plan-abandoned", "plan-superseded", "plan-aborted"] as const;

function ended(kind: (typeof endings)[number] | "abort-refused", planId = plan.id) {
  return { kind, atMs: 3, planId, because: [] } as const;
}

const planIds = fc.constantFrom("failover-2", "failover-3", "failover-9");
const steps = fc.constantFrom(...kinds);
const entries: fc.Arbitrary<readonly JournalEntry[]> = fc.array(
  fc.oneof(
    fc.nat(3).map(started),
    fc.tuple(steps, planIds).map(([step, id]) => stepEntry("step-done", step, id)),
    fc.tuple(steps, planIds).map(([step, id]) => stepEntry("step-intended", step, id)),
    fc.tuple(steps, planIds).map(([step, id]) => refusedEntry(step, "unreachable", id)),
    fc.tuple(steps, planIds).map(([step, id]) => stepEntry("step-undone", step, id)),
    fc
      .tuple(fc.constantFrom(...endings, "abort-refused" as const), planIds)
      .map(([kind, id]) => ended(kind, id)),
  ),
  { maxLength: 30 },
);

function running(of: readonly JournalEntry[]): RunningPlan {
  const standing = standingOf(of);
  if (standing === "idle") throw new Error("nothing runs");
  return standing;
}

test("an empty journal is idle", () => {
  expect(standingOf([])).toBe("idle");
});

test("a started plan runs with nothing done, in its first stage", () => {
  const standing = running([started()]);
  expect(standing).toMatchObject({ plan, done: new Set(), intended: new Set() });
  expect(currentStage(standing)).toEqual(plan.stages[0]);
});

test("the stage is the first one in which something is open, whatever is done behind it", () => {
  const journal = [started(), stepEntry("step-done", "grant-writes")];
  expect(currentStage(running(journal))).toEqual(plan.stages[0]);
  journal.push(stepEntry("step-done", "take-lease"));
  expect(currentStage(running(journal))).toEqual(plan.stages[0]);
  journal.push(stepEntry("step-done", "drain-replication"), stepEntry("step-done", "scale-up"));
  expect(currentStage(running(journal))?.map(({ kind }) => kind)).toContain("promote-database");
  journal.push(...kinds.map((kind) => stepEntry("step-done", kind)));
  expect(currentStage(running(journal))).toBeUndefined();
});

test.each(endings)("%s ends its plan, and its late entries wake nothing", (kind) => {
  const journal = [started(), ended(kind)];
  expect(standingOf(journal)).toBe("idle");
  expect(standingOf([...journal, stepEntry("step-done", "take-lease")])).toBe("idle");
});

test("what was taken back, and an abort that was refused, leave the plan where it stands", () => {
  const journal = [started(), stepEntry("step-done", "take-lease")];
  const more = [stepEntry("step-undone", "take-lease"), ended("abort-refused")];
  expect(standingOf([...journal, ...more])).toEqual(standingOf(journal));
});

test("entries of another plan change nothing", () => {
  fc.assert(
    fc.property(entries, (journal) => {
      const known = [started(), stepEntry("step-done", "take-lease")];
      const foreign = journal.filter(
        (entry) => entry.kind !== "plan-started" && entry.planId !== plan.id,
      );
      expect(standingOf([...known, ...foreign])).toEqual(standingOf(known));
    }),
  );
});

test("a new plan begins with nothing done, also under the name of the one before", () => {
  const journal = [started(), stepEntry("step-done", "take-lease"), started()];
  expect(running(journal).done.size).toBe(0);
});

test("every kind of refusal of a step is remembered, whatever came in between", () => {
  const journal = [
    started(),
    refusedEntry("record-roles", "unreachable"),
    refusedEntry("record-roles", "throttled"),
    refusedEntry("record-roles", "unreachable"),
  ];
  const faults = running(journal).refusals.get("record-roles");
  expect(faults).toEqual(new Set(["unreachable", "throttled"]));
});

test("done only ever grows while a plan runs, entry by entry", () => {
  fc.assert(
    fc.property(entries, (journal) => {
      const forgetting = journal.filter((entry, index) => {
        const before = standingOf(journal.slice(0, index));
        const after = standingOf(journal.slice(0, index + 1));
        if (before === "idle" || after === "idle" || entry.kind === "plan-started") return false;
        return [...before.done].some((step) => !after.done.has(step));
      });
      expect(forgetting).toEqual([]);
    }),
  );
});

test("folding a part and then the rest is folding all", () => {
  fc.assert(
    fc.property(entries, fc.nat(30), (journal, cut) => {
      // All that a process knows of the part it has not read is the plan that ran at its end.
      const part = standingOf(journal.slice(0, cut));
      const resumed: JournalEntry[] = [];
      if (part !== "idle") {
        const {
          plan: { id },
          plan: left,
          done,
          intended,
          refusals,
        } = part;
        resumed.push({ ...started(), planId: id, plan: left } as JournalEntry);
        for (const step of done) resumed.push(stepEntry("step-done", step, id));
        for (const step of intended) resumed.push(stepEntry("step-intended", step, id));
        for (const step of refusals.keys()) resumed.push(refusedEntry(step, "unreachable", id));
      }
      expect(standingOf([...resumed, ...journal.slice(cut)])).toEqual(standingOf(journal));
    }),
  );
});

test("a journal that went through JSON stands where it stood", () => {
  fc.assert(
    fc.property(entries, (journal) => {
      const stored = JSON.parse(JSON.stringify(journal)) as readonly JournalEntry[];
      expect(standingOf(stored)).toEqual(standingOf(journal));
    }),
  );
});

const west = started(1);

test.each<readonly [string, readonly JournalEntry[], JournalEntry | "none"]>([
  ["nothing was written", [], "none"],
  ["another region's plan", [started(0)], "none"],
  ["another epoch's plan", [started(3)], "none"],
  ["started", [west], west],
  ["the other region's came after it", [west, started(0), ended("plan-superseded")], west],
  ["dropped", [west, ended("plan-abandoned")], west],
  ["walked back", [west, ended("plan-aborted")], west],
  ["a rebuild changes no holder", [rebuild()], "none"],
  ["a rebuild came after it", [west, rebuild()], west],
  ["another was finished", [west, ended("plan-finished", "failover-3")], west],
  ["finished", [west, ended("plan-finished")], "none"],
])("the unfinished plan of an epoch: %s", (_when, journal, found) => {
  expect(unfinishedPlan(journal, "us-west-2", 2)).toBe(found);
});

function rebuild(): JournalEntry {
  const protect = planProtect({ from: "us-east-1", to: "us-west-2", epoch: 2, keptAs: "old" });
  return { ...west, planId: protect.id, plan: protect } as JournalEntry;
}

function never(): never {
  throw new Error("there are plans");
}
