//! Which events the operators' journals show. Pure; what is told here steers the drill and explains
//! it, and no verdict rests on it.

import type { JournalEntry } from "./journal.ts";
import type { DrillEventName } from "./scenarios/scenario.ts";

export interface Happening {
  readonly event: DrillEventName;
  readonly atMs: number;
}

export interface HappeningProps {
  /** Plans that began earlier belong to the lab's own start. */
  readonly sinceMs: number;
  /** The region that is active when the drill begins. */
  readonly home: string;
}

/** In the order in which they happened; an event may be there more than once. */
export function happeningsIn(
  journal: readonly JournalEntry[],
  { sinceMs, home }: HappeningProps,
): readonly Happening[] {
  const plans = new Map<string, JournalEntry>();
  for (const entry of journal) {
    if (entry.kind === "plan-started" && entry.atMs >= sinceMs) plans.set(entry.planId, entry);
  }
  return journal.flatMap((entry) => {
    const plan = plans.get(entry.planId);
    if (plan === undefined) return [];
    return eventsOf(entry, plan, home).map((event) => ({ event, atMs: entry.atMs }));
  });
}

function eventsOf(
  entry: JournalEntry,
  plan: JournalEntry,
  home: string,
): readonly DrillEventName[] {
  const what = entry.kind === "step-done" ? (entry.step ?? "") : entry.kind;
  const events = told[`${plan.planKind} ${what}`] ?? [];
  if (entry.kind !== "plan-finished") return events;
  const isBack = plan.planKind === "switchover" && plan.to === home;
  return [...events, ...(isBack ? (["failed-back"] as const) : []), "finished"];
}

const told: Readonly<Record<string, readonly DrillEventName[]>> = {
  "failover await-serving": ["failed-over"],
  "handover await-serving": ["handed-over"],
  "switchover await-caught-up": ["protected"],
  "switchover plan-finished": ["switched-over"],
  "protect plan-finished": ["protected"],
};
