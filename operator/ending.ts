//! How a plan ends before its last step: because its reason is gone, because somebody else holds the
//! lease, or because a person aborts it. What can be taken back is taken back; where it cannot, the
//! plan goes on and says where it stands.

import type { JournalEntry, RunningPlan } from "../failover/journal.ts";
import { isHeardOf } from "../failover/lease.ts";
import type { LeaseItem } from "../failover/lease-item.ts";
import { type Outcome, succeeded } from "../failover/outcome.ts";
import { changesHolder, type Step } from "../failover/plan.ts";
import type { Verdict } from "../failover/verdict.ts";
import type { Operator } from "./operator.ts";
import { handlerOf } from "./steps/steps.ts";
import type { StepPorts } from "./steps/handler.ts";

export type Ending = {
  readonly kind: "plan-abandoned" | "plan-superseded";
  readonly because: string;
};

/** Before the lease is taken a plan can be dropped; after somebody else took it, it must be. */
export function reasonToEnd(
  { plan, done }: RunningPlan,
  verdict: Verdict,
  { clock, policy, ports: { board }, region }: Operator,
): Ending | "go on" {
  const { watch } = board;
  if (watch === "unknown") return "go on";
  const { item } = watch;
  if (item.epoch === plan.epoch && item.holder === region) return "go on";
  if (item.epoch >= plan.epoch) {
    return { kind: "plan-superseded", because: `epoch ${item.epoch} is held by ${item.holder}` };
  }
  if (done.has("take-lease")) return "go on";
  // Whoever has fallen silent while it was asked is waited out: either way the plan ends then. Were
  // the request taken back meanwhile, it would be renewed for, asked again, and so for ever.
  const isWaitedOut =
    plan.kind === "handover" && !isHeardOf(watch, clock.monotonicMs(), policy.lease);
  if (isWaitedOut && verdict.kind === "suspect") return "go on";
  const because = lostReason({ plan, done }, item, verdict);
  return because === "none" ? "go on" : { kind: "plan-abandoned", because };
}

/** Why a plan that has not taken the lease yet must not go on. */
function lostReason(
  { plan, done }: Pick<RunningPlan, "plan" | "done">,
  { holder }: LeaseItem,
  verdict: Verdict,
): string {
  const said = `${verdict.kind}: ${verdict.because.join("; ")}`;
  if (plan.kind === "failover") {
    if (holder !== plan.from) return `${holder} holds the lease, not ${plan.from}`;
    return verdict.kind === "seize" ? "none" : said;
  }
  // What the holder let go for this plan is taken, whatever is seen meanwhile.
  if (holder === "nobody") return "none";
  if (holder !== plan.from) return `${holder} holds the lease, not ${plan.from}`;
  if (done.has("close-writes")) return `${holder} has taken the lease back`;
  // It fell silent while it was asked: that is a failover, and a plan of its own.
  if (verdict.kind === "seize") return said;
  return plan.kind === "switchover" || verdict.kind === "ask" ? "none" : said;
}

export async function endPlan(
  running: RunningPlan,
  { kind, because }: Ending,
  { clock, episode, journal, ports }: Operator,
): Promise<void> {
  const { plan } = running;
  // A request that nobody stands behind any more must not be answered.
  if (kind === "plan-abandoned") await undoAll(running, ports);
  await journal.append([{ kind, atMs: clock.wallMs(), planId: plan.id, because: [because] }]);
  episode.end(plan.id);
}

/** True when a person wants this plan aborted and something was written down about it. */
export async function abortIfAsked(running: RunningPlan, operator: Operator): Promise<boolean> {
  const { clock, episode, journal, ports } = operator;
  const { plan } = running;
  const { item } = ports.board;
  if (item === "unknown" || item.control.abort !== plan.id) return false;
  const atMs = clock.wallMs();
  const stuck = pointOfNoReturn(running);
  if (stuck !== "none") {
    const reason = `past ${stuck.step}, which cannot be taken back: ${stuck.because}`;
    await journal.append([
      { kind: "abort-refused", atMs, planId: plan.id, because: [reason, "the plan goes on"] },
    ]);
  } else {
    const undone = await undoAll(running, ports);
    if (!undone.ok) return true;
    const entries: JournalEntry[] = undone.value.map((step) => ({
      kind: "step-undone",
      atMs,
      planId: plan.id,
      step,
    }));
    const because = ["aborted by a person; nothing irreversible was begun"];
    const aborted = { kind: "plan-aborted", atMs, planId: plan.id, because } as const;
    await journal.append([...entries, aborted]);
    episode.end(plan.id);
  }
  await ports.board.instruct((control) => ({
    ...control,
    abort: "none",
    command: stuck === "none" ? "none" : control.command,
  }));
  return true;
}

/** The last step that was begun and cannot be taken back. */
export function pointOfNoReturn({
  plan,
  done,
  intended,
}: RunningPlan): { readonly step: Step["kind"]; readonly because: string } | "none" {
  const begun = plan.stages.flat().filter(({ kind }) => intended.has(kind) || done.has(kind));
  for (const step of begun.toReversed()) {
    const { undo } = handlerOf(step);
    if ("irreversible" in undo) return { step: step.kind, because: undo.irreversible };
  }
  return "none";
}

/** Latest first. Returns what was taken back. */
async function undoAll(
  { plan, done, intended }: RunningPlan,
  ports: StepPorts,
): Promise<Outcome<readonly Step["kind"][]>> {
  const undone: Step["kind"][] = [];
  if (!changesHolder(plan)) return succeeded(undone);
  const begun = plan.stages.flat().filter(({ kind }) => intended.has(kind) || done.has(kind));
  for (const step of begun.toReversed()) {
    const { undo } = handlerOf(step);
    if (!("undo" in undo)) continue;
    const taken = await undo.undo(plan, step, ports);
    if (!taken.ok) return taken;
    undone.push(step.kind);
  }
  return succeeded(undone);
}
