//! What the lab itself sees happen at the arbiter and to the databases, written down at that moment.
//! It takes nobody's word for it, so a checker can hold the operators' account against it.

import type { AppliedWrite, Item, ShownItem } from "../aws/dynamodb.ts";

/** A write of the lease item, of whatever part of it, when the quorum applied it. */
export interface LeaseWrite {
  readonly atMs: number;
  readonly epoch: number;
  readonly holder: string;
  readonly renewals: number;
}

/** A lease when an operator was first told of it: by that answer it learns of the last renewal. */
export interface LeaseShown extends LeaseWrite {
  readonly to: string;
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
  readonly leasesShown: readonly LeaseShown[];
  readonly promotions: readonly PromotionSeen[];
  readonly plansBegun: readonly PlanBegun[];
}

const keptMax = 10_000;

export class Witness {
  readonly #leaseWrites: LeaseWrite[] = [];
  readonly #leasesShown: LeaseShown[] = [];
  readonly #lastShown = new Map<string, LeaseWrite>();
  readonly #promotions: PromotionSeen[] = [];
  readonly #plansBegun: PlanBegun[] = [];

  get witnessed(): Witnessed {
    return {
      leaseWrites: [...this.#leaseWrites],
      leasesShown: [...this.#leasesShown],
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

  /** Operators call under the name of their region. */
  seeAnswer({ accessKeyId: to, item, key: { sk } }: ShownItem): void {
    if (sk !== "lease") return;
    for (const lease of leaseIn(item, Date.now())) {
      if (isSame(lease, this.#lastShown.get(to))) continue;
      this.#lastShown.set(to, lease);
      keep(this.#leasesShown, { ...lease, to });
    }
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

function isSame(one: LeaseWrite, other: LeaseWrite | undefined): boolean {
  if (one.epoch !== other?.epoch || one.holder !== other.holder) return false;
  return one.renewals === other.renewals;
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
