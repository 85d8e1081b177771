//! One tick: look, decide, and move at most one stage of a plan. Where we stand is folded from the
//! journal, so a process that was killed goes on where the last one stopped.

import {
  currentStage,
  type JournalEntry,
  type PlanStarted,
  type RunningPlan,
  standingOf,
  unfinishedPlan,
} from "../failover/journal.ts";
import { planFailover, type Step } from "../failover/plan.ts";
import type { Clock, Journal } from "../failover/ports.ts";
import type { Outcome } from "../failover/outcome.ts";
import { decide, type Verdict } from "../failover/verdict.ts";
import type { Observations, Policy } from "../failover/observations.ts";
import type { RegionName } from "../topology/topology.ts";
import type { Episode } from "./episode.ts";
import { handlerOf, type StepPorts } from "./steps.ts";

export interface Operator {
  readonly region: RegionName;
  readonly policy: Policy;
  /** App pods that this region needs once it serves. */
  readonly replicas: number;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly ports: StepPorts;
  readonly episode: Episode;
  observe(): Observations;
  /** `unread`: the journal did not answer, so what was known of a plan still stands. */
  report(verdict: Verdict, running: RunningPlan | "idle" | "unread"): void;
}

export async function tick(operator: Operator): Promise<void> {
  const { clock, episode, journal, policy, region } = operator;
  const seen = operator.observe();
  const verdict = decide(seen, policy);
  episode.note(verdict, clock.wallMs());

  const entries = await journal.read();
  if (!entries.ok) return operator.report(verdict, "unread");
  const running = standingOf(entries.value);
  operator.report(verdict, running);
  if (running !== "idle" && running.plan.to === region) return advance(running, verdict, operator);
  const dropped = droppedPlan(entries.value, seen);
  if (dropped !== "none") return resume(dropped, operator);
  if (verdict.kind === "seize" && policy.mode === "automatic") await start(seen, verdict, operator);
}

/** The plan is in the journal before anything of it touches the world. */
async function start(seen: Observations, verdict: Verdict, operator: Operator): Promise<void> {
  const { clock, episode, journal, region, replicas } = operator;
  if (seen.lease === "unknown") return;
  const { item } = seen.lease;
  const epoch = item.epoch + 1;
  const plan = planFailover({ from: item.holder, to: region, epoch, replicas, token: item.token });
  const atMs = clock.wallMs();
  const planId = plan.id;
  await journal.append([
    {
      kind: "plan-started",
      atMs,
      planId,
      plan,
      because: verdict.because,
      suspectedAtMs: episode.suspectedAtMs(atMs),
    },
    { kind: "step-intended", atMs, planId, step: "take-lease" },
  ]);
}

/** The plan of an epoch that this region holds and that no running plan ends. */
function droppedPlan(
  entries: readonly JournalEntry[],
  { lease, region }: Observations,
): PlanStarted | "none" {
  if (lease === "unknown" || lease.item.holder !== region) return "none";
  return unfinishedPlan(entries, region, lease.item.epoch);
}

/** Written down once more, from its beginning: what is done already is found done. */
async function resume(started: PlanStarted, { clock, journal }: Operator): Promise<void> {
  const { planId } = started;
  const atMs = clock.wallMs();
  await journal.append([
    { ...started, atMs },
    { kind: "step-intended", atMs, planId, step: "take-lease" },
  ]);
}

async function advance(running: RunningPlan, verdict: Verdict, operator: Operator): Promise<void> {
  const { plan, done } = running;
  // A process that has just started: whether the lease is still this region's, it must ask first.
  if (operator.ports.board.item === "unknown") return;
  const ended = reasonToEnd(running, verdict, operator);
  if (ended !== "go on") return endPlan(running, ended, operator);

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

type Ending = { readonly kind: "plan-abandoned" | "plan-superseded"; readonly because: string };

/** Before the lease is taken a plan can be dropped; after somebody else took it, it must be. */
function reasonToEnd(
  { plan, done }: RunningPlan,
  verdict: Verdict,
  { ports: { board }, region }: Operator,
): Ending | "go on" {
  const { item } = board;
  if (item === "unknown") return "go on";
  const taken = item.epoch === plan.epoch && item.holder === region;
  if (taken) return "go on";
  if (item.epoch >= plan.epoch) {
    return { kind: "plan-superseded", because: `epoch ${item.epoch} is held by ${item.holder}` };
  }
  if (done.has("take-lease")) return "go on";
  if (item.holder !== plan.from) {
    return { kind: "plan-abandoned", because: `${item.holder} holds the lease, not ${plan.from}` };
  }
  if (verdict.kind === "seize") return "go on";
  return { kind: "plan-abandoned", because: `${verdict.kind}: ${verdict.because.join("; ")}` };
}

async function endPlan(
  { plan }: RunningPlan,
  { kind, because }: Ending,
  { clock, episode, journal }: Operator,
): Promise<void> {
  await journal.append([{ kind, atMs: clock.wallMs(), planId: plan.id, because: [because] }]);
  episode.end(plan.id);
}

/** Check, and when it is not done, do. Returns what is worth writing down. */
async function move(step: Step, running: RunningPlan, operator: Operator): Promise<JournalEntry[]> {
  const { clock, episode, ports } = operator;
  const { plan } = running;
  const handler = handlerOf(step);
  const due = { planId: plan.id, step: step.kind, nowMs: clock.monotonicMs() };
  if (!episode.isDue({ ...due, call: "check", everyMs: handler.checkMs })) return [];
  const checked = await handler.check(plan, step, ports);
  if (checked.ok && checked.value) {
    return [{ kind: "step-done", atMs: clock.wallMs(), planId: plan.id, step: step.kind }];
  }
  if (!checked.ok) return refusal(step, checked, running, operator);
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
