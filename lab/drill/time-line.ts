//! The drill as sentences with times: faults, what the operators did, what users noticed. Pure.

import type { HoldRecord } from "./holds.ts";
import type { JournalEntry } from "./journal.ts";
import type { CommandRecord } from "./verdicts/command.ts";
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

export function commandMoments(commands: readonly CommandRecord[]): Moment[] {
  return commands.flatMap((command): Moment[] => {
    // Still being asked, of one operator after another.
    if (command.answeredAtMs === null && command.problems.length === 0) return [];
    const asked: Moment = { atMs: command.sentAtMs, tone: "step", text: command.text };
    if (command.accepted || command.answeredAtMs === null) return [asked];
    const why = command.problems.join("; ");
    return [asked, { atMs: command.answeredAtMs, tone: "bad", text: `refused: ${why}` }];
  });
}

export function holdMoments(holds: readonly HoldRecord[]): Moment[] {
  return holds.map(({ because, fromMs, region }) => {
    const why = because.length === 0 ? "" : `: ${because.join("; ")}`;
    return { atMs: fromMs, tone: "doubt", text: `${region} holds a failover that is due${why}` };
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
  const because = entry.because.length === 0 ? "" : `: ${entry.because.join("; ")}`;
  const told = toldOf(entry, plan);
  if (told === null) return [];
  const [tone, text] = told;
  const moment: Moment = { atMs: entry.atMs, tone, text: `${text}${because}` };
  return entry.kind === "plan-started" ? [...suspicion(entry, plan), moment] : [moment];
}

/** Null where an entry is nothing that people need to see. */
function toldOf(
  { kind, step }: JournalEntry,
  plan: JournalEntry,
): readonly [MomentTone, string] | null {
  const name = plan.planKind ?? "plan";
  const table: Readonly<Record<string, readonly [MomentTone, string]>> = {
    "plan-started": ["step", decisionOf(plan)],
    "step-done": ["step", sentenceOf(step, plan)],
    "step-refused": ["doubt", `${step} refused`],
    "step-undone": ["doubt", `${step} is undone`],
    "plan-finished": ["good", `the ${name} is finished`],
    "plan-abandoned": ["bad", `the ${name} is abandoned`],
    "plan-aborted": ["bad", `the ${name} is aborted`],
    "plan-superseded": ["bad", `the ${name} is superseded`],
  };
  return table[kind] ?? null;
}

function suspicion(entry: JournalEntry, plan: JournalEntry): Moment[] {
  if (entry.suspectedAtMs === null) return [];
  // A plan that a person asked for follows no suspicion.
  if (plan.planKind === "switchover" || plan.planKind === "protect") return [];
  const text = `${plan.to ?? "a region"} suspects ${plan.from ?? "the active region"}`;
  return [{ atMs: entry.suspectedAtMs, tone: "step", text }];
}

function decisionOf({ planKind, from, to }: JournalEntry): string {
  const holder = from ?? "the active region";
  const region = to ?? "a region";
  const sentences: Readonly<Record<string, string>> = {
    switchover: `${holder} is to hand over to ${region}`,
    protect: "the lost region is to become a replica",
    handover: `${region} asks ${holder} to hand over`,
  };
  return sentences[planKind ?? ""] ?? `${region} decides to take over`;
}

function sentenceOf(step: string | null, { to, from, epoch }: JournalEntry): string {
  const region = to ?? "the region";
  const sentences: Readonly<Record<string, string>> = {
    preflight: "all is ready for the move",
    "close-writes": `${from ?? "the active region"} accepts no more writes`,
    "take-lease": `${region} takes the lease (epoch ${epoch ?? "?"})`,
    "drain-replication": `${region} has replayed everything`,
    "promote-database": `${region}'s database is promoted`,
    "scale-up": `${region} has its full capacity`,
    "grant-writes": `${region} may write`,
    "await-serving": `Route 53's checkers see ${region} serve`,
    "record-roles": "the DNS records name the new roles",
    "snapshot-old-primary": "a snapshot of the old primary is kept",
    salvage: "what only the old primary has is listed and exported",
    "retire-old-primary": "the old primary is set aside",
    "create-replica": "a new replica is being made",
    "await-caught-up": "the new replica has caught up",
    "reverse-storage": "objects are replicated the other way",
    announce: "announced",
  };
  return sentences[step ?? ""] ?? `${step} is done`;
}

export interface WriteWatch {
  /** Acknowledgements by time; those before zero are not looked at. */
  take(acknowledgement: Acknowledgement): void;
  readonly moments: readonly Moment[];
}

/** What the load saw after zero: each time that another region begins to write, and users with it. */
export function newWriteWatch(from: string, zeroAtMs: number): WriteWatch {
  const moments: Moment[] = [];
  let writer = from;
  let usersIn = from;
  let newestEpoch = Number.NEGATIVE_INFINITY;
  return {
    moments,
    take({ doneAtMs, epoch, kind, region }) {
      if (doneAtMs <= zeroAtMs || (epoch ?? newestEpoch) < newestEpoch) return;
      newestEpoch = epoch ?? newestEpoch;
      if (region !== writer) {
        const text = `${region} accepts its first write`;
        moments.push({ atMs: doneAtMs, tone: "good", text });
        writer = region;
      }
      if (kind === "user" && region !== usersIn) {
        moments.push({ atMs: doneAtMs, tone: "users", text: "users write again, through DNS" });
        usersIn = region;
      }
    },
  };
}
