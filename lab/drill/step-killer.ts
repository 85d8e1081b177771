//! Kills whoever runs a plan at the moment at which a step of it is begun: once for each step of each
//! kind of plan, since what was interrupted is begun again, and must come to an end one day.

import type { Drill } from "./drill.ts";
import type { JournalEntry } from "./journal.ts";
import { zeroOf } from "./drill.ts";

/** Resolves when they are dead; their supervisor starts them again. */
export async function killAtNewSteps(drill: Drill, fresh: readonly JournalEntry[]): Promise<void> {
  const { findings, lab } = drill;
  const zeroAtMs = zeroOf(findings) ?? Number.POSITIVE_INFINITY;
  for (const region of regionsToKill(findings.journal.entries, fresh, zeroAtMs)) {
    const fault = { kind: "process-kill", process: "operator", region } as const;
    const { injectedAtMs, text } = await lab.inject(fault);
    const record = { fault, text, injectedAtMs, healedAtMs: null, main: false };
    findings.faults.push(record);
  }
}

/** A plan is run by the operator of the region that it leads to, or that holds the lease. */
export function regionsToKill(
  journal: readonly JournalEntry[],
  fresh: readonly JournalEntry[],
  zeroAtMs: number,
): readonly string[] {
  const begun = fresh.filter(
    (entry) => entry.kind === "step-intended" && entry.atMs > zeroAtMs && isFirst(entry, journal),
  );
  const regions = begun.flatMap(({ planId }) => {
    const plan = journal.find((entry) => entry.kind === "plan-started" && entry.planId === planId);
    return plan?.to === undefined || plan.to === null ? [] : [plan.to];
  });
  return [...new Set(regions)];
}

function isFirst(entry: JournalEntry, journal: readonly JournalEntry[]): boolean {
  return !journal.some(
    (other) =>
      other.kind === "step-intended" &&
      other.planKind === entry.planKind &&
      other.step === entry.step &&
      other.atMs < entry.atMs,
  );
}
