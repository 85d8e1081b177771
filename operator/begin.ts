//! Begins a plan: written down as a whole, with the steps that are tried first, and nothing else yet.

import type { JournalEntry } from "../failover/journal.ts";
import type { Plan } from "../failover/plan.ts";
import type { Operator } from "./operator.ts";

/** The plan is in the journal before anything of it touches the world. */
export async function begin(
  plan: Plan,
  because: readonly string[],
  { clock, episode, journal }: Operator,
): Promise<void> {
  const atMs = clock.wallMs();
  const planId = plan.id;
  const suspectedAtMs = episode.suspectedAtMs(atMs);
  await journal.append([
    { kind: "plan-started", atMs, planId, plan, because, suspectedAtMs },
    ...firstIntentions(plan, atMs),
  ]);
}

export function firstIntentions({ id: planId, stages }: Plan, atMs: number): JournalEntry[] {
  const [first = []] = stages;
  return first.map(({ kind: step }) => ({ kind: "step-intended", atMs, planId, step }));
}
