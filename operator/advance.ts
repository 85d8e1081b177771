//! Moves a running plan by at most one stage: checks what is open, does what is not done, and writes
//! down what came of it. A plan that has lost its reason is ended here as well.

import { currentStage, type JournalEntry, type RunningPlan } from "../failover/journal.ts";
import type { Outcome } from "../failover/outcome.ts";
import type { Step } from "../failover/plan.ts";
import type { Verdict } from "../failover/verdict.ts";
import { abortIfAsked, endPlan, reasonToEnd } from "./ending.ts";
import type { Operator } from "./operator.ts";
import { handlerOf } from "./steps/steps.ts";

export async function advance(
  running: RunningPlan,
  verdict: Verdict,
  operator: Operator,
): Promise<void> {
  const { plan, done } = running;
  // A process that has just started: whether the lease is still this region's, it must ask first.
  if (operator.ports.board.item === "unknown") return;
  const ended = reasonToEnd(running, verdict, operator);
  if (ended !== "go on") return endPlan(running, ended, operator);
  if (await abortIfAsked(running, operator)) return;

  const stage = currentStage(running);
  if (stage === undefined) return;
  const steps = stage.filter(({ kind }) => !done.has(kind));
  const moved = await Promise.all(steps.map((step) => move(step, running, operator)));
  const entries = moved.flat();
  const finished = entries.flatMap((entry) => (entry.kind === "step-done" ? [entry.step] : []));
  if (finished.length === steps.length) entries.push(...opening(running, finished, operator));
  if (entries.length > 0) await operator.journal.append(entries);
  if (entries.some(({ kind }) => kind === "plan-finished")) operator.episode.end(plan.id);
}

/** Check, and when it is not done, do. Returns what is worth writing down. */
async function move(step: Step, running: RunningPlan, operator: Operator): Promise<JournalEntry[]> {
  const { clock, episode, ports } = operator;
  const { plan } = running;
  const handler = handlerOf(step);
  const due = { planId: plan.id, step: step.kind, nowMs: clock.monotonicMs() };
  if (!episode.isDue({ ...due, call: "check", everyMs: handler.checkMs })) return [];
  const checked = await handler.check(plan, step, ports);
  if (!checked.ok) return refusal(step, checked, running, operator);
  if (checked.value !== false) {
    const detail = checked.value === true ? {} : checked.value;
    return [
      { kind: "step-done", atMs: clock.wallMs(), planId: plan.id, step: step.kind, ...detail },
    ];
  }
  if (!episode.isDue({ ...due, call: "do", everyMs: handler.repeatMs })) return [];
  return refusal(step, await handler.do(plan, step, ports), running, operator);
}

/** The same refusal is written down once, however often the step is tried again. */
function refusal(
  step: Step,
  outcome: Outcome<unknown>,
  { plan, refusals }: RunningPlan,
  { clock }: Operator,
): JournalEntry[] {
  if (outcome.ok) return [];
  const { fault, detail } = outcome;
  if (refusals.get(step.kind)?.has(fault) === true) return [];
  return [
    { kind: "step-refused", atMs: clock.wallMs(), planId: plan.id, step: step.kind, fault, detail },
  ];
}

/** The next stage is intended in the same write that ends this one: one quorum, not two. */
function opening(
  running: RunningPlan,
  finished: readonly Step["kind"][],
  { clock }: Operator,
): JournalEntry[] {
  const { plan } = running;
  const atMs = clock.wallMs();
  const next = currentStage({ ...running, done: new Set([...running.done, ...finished]) });
  if (next === undefined) return [{ kind: "plan-finished", atMs, planId: plan.id, because: [] }];
  return next.map(({ kind }) => ({ kind: "step-intended", atMs, planId: plan.id, step: kind }));
}
