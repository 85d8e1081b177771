//! What was decided and done, in order. Where a plan stands is folded from it, so a restart is not a
//! special case: start and resume are the same path.

import type { RegionName } from "../topology/topology.ts";
import { changesHolder, type Plan, type Stage, type StepKind } from "./plan.ts";
import type { CallFault } from "./outcome.ts";

/** `atMs` is wall clock milliseconds, for people and for evidence. */
export type JournalEntry =
  | {
      readonly kind: "plan-started";
      readonly atMs: number;
      readonly planId: string;
      readonly plan: Plan;
      readonly because: readonly string[];
      /** When the verdict first left `stay` before this plan. */
      readonly suspectedAtMs: number;
    }
  | {
      readonly kind: "step-intended" | "step-undone";
      readonly atMs: number;
      readonly planId: string;
      readonly step: StepKind;
    }
  | {
      readonly kind: "step-done";
      readonly atMs: number;
      readonly planId: string;
      readonly step: StepKind;
      /** What came of it, where there is more to say than that it is done. */
      readonly detail?: string;
    }
  | {
      readonly kind: "step-refused";
      readonly atMs: number;
      readonly planId: string;
      readonly step: StepKind;
      readonly fault: CallFault;
      readonly detail: string;
    }
  | {
      readonly kind: "plan-finished" | "plan-abandoned" | "plan-superseded" | "plan-aborted";
      readonly atMs: number;
      readonly planId: string;
      readonly because: readonly string[];
    }
  /** A person wanted it walked back, and it was past the point of no return. */
  | {
      readonly kind: "abort-refused";
      readonly atMs: number;
      readonly planId: string;
      readonly because: readonly string[];
    };

export interface RunningPlan {
  readonly plan: Plan;
  readonly done: ReadonlySet<StepKind>;
  readonly intended: ReadonlySet<StepKind>;
  /** How each step was refused so far, so that nothing is written down again and again. */
  readonly refusals: ReadonlyMap<StepKind, ReadonlySet<CallFault>>;
}

/** Folds the journal into where we stand: the plan that is still to be finished, if there is one. */
export function standingOf(entries: readonly JournalEntry[]): RunningPlan | "idle" {
  let running: RunningPlan | "idle" = "idle";
  for (const entry of entries) running = fold(running, entry);
  return running;
}

function fold(running: RunningPlan | "idle", entry: JournalEntry): RunningPlan | "idle" {
  if (entry.kind === "plan-started") {
    return { plan: entry.plan, done: new Set(), intended: new Set(), refusals: new Map() };
  }
  if (running === "idle" || running.plan.id !== entry.planId) return running;
  if (isEnd(entry)) return "idle";
  switch (entry.kind) {
    case "step-intended":
      return { ...running, intended: new Set([...running.intended, entry.step]) };
    case "step-done":
      return { ...running, done: new Set([...running.done, entry.step]) };
    case "step-refused":
      return {
        ...running,
        refusals: withRefusal(running.refusals, entry.step, entry.fault),
      };
    case "step-undone":
    case "abort-refused":
      return running;
    default:
      return entry satisfies never;
  }
}

const ends = ["plan-finished", "plan-aborted", "plan-abandoned", "plan-superseded"] as const;
type End = Extract<JournalEntry, { readonly kind: (typeof ends)[number] }>;

function isEnd(entry: JournalEntry): entry is End {
  return ends.some((kind) => kind === entry.kind);
}

function withRefusal(
  refusals: RunningPlan["refusals"],
  step: StepKind,
  fault: CallFault,
): RunningPlan["refusals"] {
  return new Map([...refusals, [step, new Set([...(refusals.get(step) ?? []), fault])]]);
}

export type PlanStarted = Extract<JournalEntry, { readonly kind: "plan-started" }>;

/**
 * The newest plan that opened this epoch for this region, unless it was finished. Whoever holds the
 * epoch must end it, also when the plan was dropped before a late takeover was applied, or when the
 * other region's plan for the same epoch was written after it.
 */
export function unfinishedPlan(
  entries: readonly JournalEntry[],
  region: RegionName,
  epoch: number,
): PlanStarted | "none" {
  let found: PlanStarted | "none" = "none";
  for (const entry of entries) {
    if (entry.kind === "plan-started") {
      const { plan } = entry;
      if (changesHolder(plan) && plan.to === region && plan.epoch === epoch) found = entry;
    } else if (entry.kind === "plan-finished" && found !== "none") {
      if (entry.planId === found.planId) found = "none";
    }
  }
  return found;
}

/** The stage that is being worked on, or `undefined` when every step is done. */
export function currentStage({ plan, done }: RunningPlan): Stage | undefined {
  return plan.stages.find((stage) => stage.some(({ kind }) => !done.has(kind)));
}
