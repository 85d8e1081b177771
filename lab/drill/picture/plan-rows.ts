//! Each plan as a group of rows: how it was decided, then its steps in order, from intended to done,
//! with what was refused. Pure.

import { milliseconds, seconds } from "../screen/numbers.ts";
import type { PlanAccount, PlanEnd, StepAccount } from "./account.ts";
import type { Group, Mark, Row, Span } from "./picture.ts";

const endWords: Readonly<Record<PlanEnd, string>> = {
  finished: "finished",
  abandoned: "abandoned",
  superseded: "superseded",
  aborted: "aborted",
  open: "not finished when last read",
};

export function planGroups(plans: readonly PlanAccount[], endMs: number): Group[] {
  return plans.map((plan) => ({
    title: plan.id,
    subtitle: [wayOf(plan), endWords[plan.end]].filter((text) => text !== "").join(" · "),
    rows: [...decisionRow(plan), ...plan.steps.map((step) => stepRow(step, plan, endMs))],
  }));
}

export function wayOf({ kind, from, to, epoch }: PlanAccount): string {
  const under = epoch === null ? "" : `, epoch ${epoch}`;
  if (kind === "protect") return `${from ?? "the other region"} becomes a replica again${under}`;
  if (to === null) return "its beginning is unknown";
  return `${from ?? "unknown"} → ${to}${under}`;
}

export function endOf({ end }: PlanAccount): string {
  return endWords[end];
}

function decisionRow(plan: PlanAccount): Row[] {
  const { suspectedAtMs, startedAtMs } = plan;
  if (startedAtMs === null) return [];
  const because = plan.because.length === 0 ? "" : `: ${plan.because.join("; ")}`;
  const told = `${plan.to ?? "a region"} decides on ${plan.id}${because}`;
  const tone = "step";
  // A planned change is suspected by nobody; its journal repeats the time of the decision.
  if (suspectedAtMs === null || suspectedAtMs >= startedAtMs) {
    const decided: Mark = { atMs: startedAtMs, tone, label: "decided", told };
    return [{ name: "decision", spans: [], marks: [decided], note: "" }];
  }
  const label = `suspected, decided after ${lengthOf(startedAtMs - suspectedAtMs)}`;
  const span: Span = { fromMs: suspectedAtMs, toMs: startedAtMs, tone, label, told };
  return [{ name: "decision", spans: [span], marks: [], note: "" }];
}

function stepRow(step: StepAccount, plan: PlanAccount, endMs: number): Row {
  const marks: Mark[] = step.refusals.map(({ atMs, reason }) => ({
    atMs,
    tone: "refused",
    label: "",
    told: `${step.kind} refused: ${reason}`,
  }));
  const spans = stepSpans(step, plan, endMs);
  const note = spans.length === 0 && marks.length === 0 ? "not begun" : "";
  return { name: step.kind, spans, marks, note };
}

function stepSpans(step: StepAccount, plan: PlanAccount, endMs: number): Span[] {
  const fromMs = step.intendedAtMs ?? step.doneAtMs;
  if (fromMs === null) return [];
  const refused = step.refusals.length === 0 ? "" : ` · refused ${step.refusals.length}×`;
  const detail = step.detail === null ? "" : ` (${step.detail})`;
  if (step.doneAtMs !== null) {
    const undone = step.undoneAtMs === null ? "" : " · undone later";
    const label = `${lengthOf(step.doneAtMs - fromMs)}${refused}${undone}`;
    const told = `${plan.id}: ${step.kind} is done${detail}${refused}${undone}`;
    return [{ fromMs, toMs: Math.max(step.doneAtMs, fromMs), tone: "step", label, told }];
  }
  const toMs = Math.max(fromMs, step.undoneAtMs ?? plan.endedAtMs ?? endMs);
  const label = `${step.undoneAtMs === null ? "not done" : "undone"}${refused}`;
  return [{ fromMs, toMs, tone: "open", label, told: `${plan.id}: ${step.kind} ${label}` }];
}

/** Short times in milliseconds, long ones in seconds. */
export function lengthOf(ms: number): string {
  return ms < 1_000 ? milliseconds(ms) : seconds(ms);
}
