//! The drill as sentences with times: faults, what the operators did, what users noticed. Pure.

import type { JournalEntry } from "./journal.ts";
import type { Acknowledgement, FaultRecord } from "./verdicts/evidence.ts";

export type MomentTone = "fault" | "step" | "users" | "good" | "doubt" | "bad";

export interface Moment {
  readonly atMs: number;
  readonly tone: MomentTone;
  readonly text: string;
}

export function faultMoments(faults: readonly FaultRecord[]): Moment[] {
  return faults.flatMap((fault): Moment[] => {
    const injected: Moment = { atMs: fault.injectedAtMs, tone: "fault", text: fault.text };
    if (fault.healedAtMs === null) return [injected];
    return [injected, { atMs: fault.healedAtMs, tone: "good", text: `healed: ${fault.text}` }];
  });
}

/** Moments of the plans that began after `sinceMs`. */
export function journalMoments(journal: readonly JournalEntry[], sinceMs: number): Moment[] {
  const plans = new Map<string, JournalEntry>();
  for (const entry of journal) {
    if (entry.kind === "plan-started" && entry.atMs >= sinceMs) plans.set(entry.planId, entry);
  }
  return journal.flatMap((entry) => {
    const plan = plans.get(entry.planId);
    return plan === undefined ? [] : momentsOf(entry, plan);
  });
}

function momentsOf(entry: JournalEntry, plan: JournalEntry): Moment[] {
  const at = (tone: MomentTone, text: string): Moment => ({ atMs: entry.atMs, tone, text });
  const because = entry.because.length === 0 ? "" : `: ${entry.because.join("; ")}`;
  switch (entry.kind) {
    case "plan-started": {
      const to = plan.to ?? "a region";
      return [...suspicion(entry, to), at("step", `${to} decides to take over${because}`)];
    }
    case "step-done":
      return [at("step", sentenceOf(entry.step, plan))];
    case "step-refused":
      return [at("doubt", `${entry.step} refused${because}`)];
    case "plan-finished":
      return [at("good", "the plan is finished")];
    case "plan-abandoned":
    case "plan-superseded":
      return [at("bad", `the ${entry.kind.replace("-", " is ")}${because}`)];
    default:
      return [];
  }
}

function suspicion(plan: JournalEntry, to: string): Moment[] {
  if (plan.suspectedAtMs === null) return [];
  const text = `${to} suspects ${plan.from ?? "the active region"}`;
  return [{ atMs: plan.suspectedAtMs, tone: "step", text }];
}

function sentenceOf(step: string | null, { to, epoch }: JournalEntry): string {
  const region = to ?? "the region";
  const sentences: Readonly<Record<string, string>> = {
    "take-lease": `${region} takes the lease (epoch ${epoch ?? "?"})`,
    "drain-replication": `${region} has replayed everything`,
    "promote-database": `${region}'s database is promoted`,
    "scale-up": `${region} has its full capacity`,
    "grant-writes": `${region} may write`,
    "await-serving": `Route 53's checkers see ${region} serve`,
    "record-roles": "the DNS records name the new roles",
    announce: "announced",
  };
  return sentences[step ?? ""] ?? `${step} is done`;
}

/** What the load saw after the fault: the first write elsewhere, and the users' return. */
export function writeMoments(
  acknowledgements: readonly Acknowledgement[],
  from: string,
  faultAtMs: number,
): Moment[] {
  const moments: Moment[] = [];
  const elsewhere = acknowledgements.filter((ack) => ack.region !== from);
  const after = elsewhere.filter((ack) => ack.doneAtMs > faultAtMs);
  const first = after[0];
  if (first !== undefined) {
    const text = `${first.region} accepts its first write`;
    moments.push({ atMs: first.doneAtMs, tone: "good", text });
  }
  const user = after.find((ack) => ack.kind === "user");
  if (user !== undefined) {
    moments.push({ atMs: user.doneAtMs, tone: "users", text: "users write again, through DNS" });
  }
  return moments;
}
