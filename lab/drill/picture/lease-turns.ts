//! Who held the lease when, pieced together from the plans: an account, not a measurement. Pure.

import type { Acknowledgement } from "../verdicts/evidence.ts";
import type { PlanAccount } from "./account.ts";
import type { Extent } from "./picture.ts";

export interface LeaseTurn {
  readonly region: string;
  readonly epoch: number | null;
  readonly fromMs: number;
  readonly toMs: number;
  /** How it ended, as half a sentence. */
  readonly end: string;
}

interface Change {
  readonly atMs: number;
  readonly region: string;
  readonly epoch: number | null;
  readonly kind: "taken" | "closed";
}

/**
 * Whoever acknowledged first held it first; nobody wrote down when that turn began. A lease that
 * lapsed is drawn until another region took it: when exactly it lapsed, no journal says.
 */
export function leaseTurns(
  plans: readonly PlanAccount[],
  first: Acknowledgement | undefined,
  { fromMs, toMs }: Extent,
): LeaseTurn[] {
  const turns: LeaseTurn[] = [];
  let holder = firstHolder(plans, first, fromMs);
  const end = (atMs: number, how: string): void => {
    if (holder !== null) turns.push({ ...holder, toMs: Math.max(atMs, holder.fromMs), end: how });
    holder = null;
  };
  for (const { kind, atMs, region, epoch } of changesOf(plans)) {
    if (kind === "closed") {
      if (holder?.region === region) end(atMs, "until it closed its writes");
      continue;
    }
    end(atMs, `until ${region} took it`);
    holder = { region, epoch, fromMs: atMs };
  }
  end(toMs, "to the end");
  return turns;
}

type Holder = Pick<LeaseTurn, "region" | "epoch" | "fromMs">;

function firstHolder(
  plans: readonly PlanAccount[],
  first: Acknowledgement | undefined,
  fromMs: number,
): Holder | null {
  if (first !== undefined) return { region: first.region, epoch: first.epoch, fromMs };
  const plan = plans.find(({ steps }) => steps.some((step) => step.kind === "take-lease"));
  if (plan === undefined || plan.from === null || plan.from === "nobody") return null;
  return { region: plan.from, epoch: plan.epoch === null ? null : plan.epoch - 1, fromMs };
}

function changesOf(plans: readonly PlanAccount[]): Change[] {
  return plans
    .flatMap(({ steps, from, to, epoch }): Change[] => {
      const doneAtMs = (kind: string): number | null =>
        steps.find((step) => step.kind === kind)?.doneAtMs ?? null;
      const takenAtMs = doneAtMs("take-lease");
      const closedAtMs = doneAtMs("close-writes");
      const changes: Change[] = [];
      if (closedAtMs !== null && from !== null) {
        changes.push({ atMs: closedAtMs, region: from, epoch, kind: "closed" });
      }
      if (takenAtMs !== null && to !== null) {
        changes.push({ atMs: takenAtMs, region: to, epoch, kind: "taken" });
      }
      return changes;
    })
    .sort((a, b) => a.atMs - b.atMs);
}
