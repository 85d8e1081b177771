//! What the lab itself sees happen at the arbiter and to the databases, written down at that moment.
//! It takes nobody's word for it, so a checker can hold the operators' account against it.

import type { AppliedWrite, Item } from "../aws/dynamodb.ts";

/** A write of the lease item, of whatever part of it, when the quorum applied it. */
export interface LeaseWrite {
  readonly atMs: number;
  readonly epoch: number;
  readonly holder: string;
  readonly renewals: number;
}

export interface PromotionSeen {
  readonly atMs: number;
  readonly region: string;
}

/** A plan that was written down, when the quorum applied that. */
export interface PlanBegun {
  readonly atMs: number;
  readonly planId: string;
}

/** The newest of each, the oldest of them first; no more than 10,000. */
export interface Witnessed {
  readonly leaseWrites: readonly LeaseWrite[];
  readonly promotions: readonly PromotionSeen[];
  readonly plansBegun: readonly PlanBegun[];
}

const keptMax = 10_000;

export class Witness {
  readonly #leaseWrites: LeaseWrite[] = [];
  readonly #promotions: PromotionSeen[] = [];
  readonly #plansBegun: PlanBegun[] = [];

  get witnessed(): Witnessed {
    return {
      leaseWrites: [...this.#leaseWrites],
      promotions: [...this.#promotions],
      plansBegun: [...this.#plansBegun],
    };
  }

  /** What is no lease and no plan, or is not written as these are, is passed over. */
  seeWrite({ key: { sk }, item = {} }: AppliedWrite): void {
    const atMs = Date.now();
    if (sk === "lease") keep(this.#leaseWrites, ...leaseIn(item, atMs));
    if (!sk.startsWith("journal#")) return;
    const begun = plansIn(item["entries"]?.S).map((planId) => ({ atMs, planId }));
    keep(this.#plansBegun, ...begun);
  }

  /** When it was accepted, which is before the database is promoted. */
  seePromotion(region: string): void {
    keep(this.#promotions, { atMs: Date.now(), region });
  }
}

function keep<T>(list: T[], ...more: readonly T[]): void {
  list.push(...more);
  list.splice(0, Math.max(0, list.length - keptMax));
}

function leaseIn({ epoch, holder, renewals }: Item, atMs: number): LeaseWrite[] {
  if (epoch?.N === undefined || holder?.S === undefined || renewals?.N === undefined) return [];
  return [{ atMs, epoch: Number(epoch.N), holder: holder.S, renewals: Number(renewals.N) }];
}

function plansIn(text: string | undefined): string[] {
  try {
    const entries: unknown = JSON.parse(text ?? "[]");
    if (!Array.isArray(entries)) return [];
    return entries.flatMap((entry: unknown) => {
      if (typeof entry !== "object" || entry === null) return [];
      const { kind, planId } = entry as { readonly kind?: unknown; readonly planId?: unknown };
      return kind === "plan-started" && typeof planId === "string" ? [planId] : [];
    });
  } catch {
    return [];
  }
}
