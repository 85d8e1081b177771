//! Where the time went between the fault and the first good write: the marks of the journal, cut
//! so that the phases follow each other without gap or overlap and add up to the whole.

import type { JournalEntry } from "./journal.ts";

export const phaseNames = ["detect", "lease", "promote", "grant", "dns"] as const;
export type PhaseName = (typeof phaseNames)[number];

export interface Phases {
  readonly detectMs: number | null;
  readonly leaseMs: number | null;
  readonly promoteMs: number | null;
  readonly grantMs: number | null;
  readonly dnsMs: number | null;
}

export const noPhases: Phases = {
  detectMs: null,
  leaseMs: null,
  promoteMs: null,
  grantMs: null,
  dnsMs: null,
};

/**
 * detect: fault to first suspicion. lease: to `take-lease` done. promote: to `promote-database`
 * done. grant: to `grant-writes` done. dns: to the first good write through DNS. A mark after the
 * recovery (the journal is written a tick later than the world moves) counts as at the recovery.
 */
export function phasesOf(
  journal: readonly JournalEntry[],
  faultAtMs: number | null,
  recoveredAtMs: number | null,
): Phases {
  const plan = decisivePlan(journal, faultAtMs, recoveredAtMs);
  if (plan === null || faultAtMs === null) return noPhases;
  const doneAtMs = (step: string): number | null =>
    journal.find((e) => e.planId === plan.planId && e.kind === "step-done" && e.step === step)
      ?.atMs ?? null;
  const marks = [
    plan.suspectedAtMs,
    doneAtMs("take-lease"),
    doneAtMs("promote-database"),
    doneAtMs("grant-writes"),
    recoveredAtMs,
  ];
  const lastMs = recoveredAtMs ?? Number.POSITIVE_INFINITY;
  let fromMs: number | null = faultAtMs;
  const [detectMs, leaseMs, promoteMs, grantMs, dnsMs] = marks.map((mark) => {
    const beganMs = fromMs;
    fromMs = mark === null || beganMs === null ? null : Math.max(beganMs, Math.min(mark, lastMs));
    return fromMs === null || beganMs === null ? null : Math.round(fromMs - beganMs);
  });
  return {
    detectMs: detectMs ?? null,
    leaseMs: leaseMs ?? null,
    promoteMs: promoteMs ?? null,
    grantMs: grantMs ?? null,
    dnsMs: dnsMs ?? null,
  };
}

/**
 * The plan that brought writes back: the last one after the fault whose grant is done. A plan that
 * began after the recovery, such as the way back, did not bring it about.
 */
export function decisivePlan(
  journal: readonly JournalEntry[],
  faultAtMs: number | null,
  recoveredAtMs: number | null,
): JournalEntry | null {
  const fromMs = faultAtMs ?? Number.POSITIVE_INFINITY;
  const untilMs = recoveredAtMs ?? Number.POSITIVE_INFINITY;
  const between = journal.filter(
    ({ kind, atMs }) => kind === "plan-started" && atMs > fromMs && atMs <= untilMs,
  );
  const granted = new Set(
    journal.filter((e) => e.kind === "step-done" && e.step === "grant-writes").map((e) => e.planId),
  );
  return between.findLast((plan) => granted.has(plan.planId)) ?? between.at(-1) ?? null;
}
