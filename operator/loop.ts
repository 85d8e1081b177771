//! One tick: look, decide, and move at most one stage of a plan. Where we stand is folded from the
//! journal, so a process that was killed goes on where the last one stopped.

import {
  type JournalEntry,
  type PlanStarted,
  type RunningPlan,
  standingOf,
  unfinishedPlan,
} from "../failover/journal.ts";
import { type Plan, planFailover, planHandover } from "../failover/plan.ts";
import type { Outcome } from "../failover/outcome.ts";
import { decide, type Verdict } from "../failover/verdict.ts";
import type { Observations } from "../failover/observations.ts";
import { advance } from "./advance.ts";
import { begin, firstIntentions } from "./begin.ts";
import { settleCommand } from "./commanded.ts";
import type { Operator } from "./operator.ts";

export async function tick(operator: Operator): Promise<void> {
  const { clock, episode, policy, region } = operator;
  const seen = operator.observe();
  const verdict = decide(seen, policy);
  episode.note(verdict, clock.wallMs());

  const entries = await readJournal(operator);
  if (!entries.ok) return operator.report(verdict, "unread");
  const running = standingOf(entries.value);
  operator.report(verdict, running);
  if (running !== "idle" && running.plan.to === region) return advance(running, verdict, operator);
  const isOver = running !== "idle" && isStale(running, seen);
  const dropped = droppedPlan(entries.value, seen);
  if (dropped !== "none") return resume(dropped, operator);
  if (policy.mode === "observe") return;
  const due = duePlan(seen, verdict, operator);
  if (due !== "none") return begin(due, verdict.because, operator);
  if (running === "idle" || isOver) await settleCommand(seen, verdict, operator);
}

/** How often a plan that the other operator runs is looked at. */
const foreignPlanMs = 500;

/** What another operator appends is not known here until it is read. */
async function readJournal({
  clock,
  episode,
  journal,
  region,
}: Operator): Promise<Outcome<readonly JournalEntry[]>> {
  const known = await journal.read();
  const running = known.ok ? standingOf(known.value) : "idle";
  if (running === "idle" || running.plan.to === region) return known;
  const nowMs = clock.monotonicMs();
  const { id: planId } = running.plan;
  const look = { planId, step: "announce", call: "check", everyMs: foreignPlanMs, nowMs } as const;
  return episode.isDue(look) ? journal.read("fresh") : known;
}

/** A plan of the other region that another holder's epoch has overtaken: nobody will end it. */
function isStale({ plan }: RunningPlan, { lease }: Observations): boolean {
  if (lease === "unknown") return false;
  const { epoch, holder } = lease.item;
  return plan.epoch < epoch || (plan.epoch === epoch && holder !== plan.to && holder !== "nobody");
}

/** What the verdict alone asks for; a person may already have asked for the same. */
function duePlan(
  { lease, region }: Observations,
  { kind }: Verdict,
  { replicas }: Operator,
): Plan | "none" {
  if (lease === "unknown") return "none";
  const { epoch, holder } = lease.item;
  const change = { from: holder, to: region, epoch: epoch + 1, replicas };
  if (kind === "seize") return planFailover(change);
  return kind === "ask" ? planHandover(change) : "none";
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
  const atMs = clock.wallMs();
  await journal.append([{ ...started, atMs }, ...firstIntentions(started.plan, atMs)]);
}
