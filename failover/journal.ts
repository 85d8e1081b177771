//! What was decided and done, in order. Where a plan stands is folded from it, so a restart is not a
//! special case: start and resume are the same path.

import type { Plan, Stage, StepKind } from "./plan.ts";
import type { CallFault } from "./ports.ts";

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
      readonly kind: "step-intended" | "step-done";
      readonly atMs: number;
      readonly planId: string;
      readonly step: StepKind;
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
      readonly kind: "plan-finished" | "plan-abandoned" | "plan-superseded";
      readonly atMs: number;
      readonly planId: string;
      readonly because: readonly string[];
    };

export interface RunningPlan {
  readonly plan: Plan;
  readonly done: ReadonlySet<StepKind>;
  readonly intended: ReadonlySet<StepKind>;
  /** The last refusal of each step, so that the same one is not written down again and again. */
  readonly refusals: ReadonlyMap<StepKind, CallFault>;
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
  switch (entry.kind) {
    case "step-intended":
      return { ...running, intended: new Set([...running.intended, entry.step]) };
    case "step-done":
      return { ...running, done: new Set([...running.done, entry.step]) };
    case "step-refused":
      return {
        ...running,
        refusals: new Map([...running.refusals, [entry.step, entry.fault]]),
      };
    case "plan-finished":
    case "plan-abandoned":
    case "plan-superseded":
      return "idle";
    default:
      return entry satisfies never;
  }
}

/** The stage that is being worked on, or `undefined` when every step is done. */
export function currentStage({ plan, done }: RunningPlan): Stage | undefined {
  return plan.stages.find((stage) => stage.some(({ kind }) => !done.has(kind)));
}
