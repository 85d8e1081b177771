//! In which order things happened at the arbiter and to the databases, as the lab itself saw them: the
//! old lease is waited out, then it is taken, then a database is promoted, then writes are accepted.

import type { Acknowledgement, Evidence } from "./evidence.ts";

/** Of the arbiter's lease item, whatever part of it was written. */
export interface LeaseWrite {
  readonly atMs: number;
  readonly epoch: number;
  readonly holder: string;
  readonly renewals: number;
}

/** An answer of the arbiter by which a region's operator first learnt of this state of the lease. */
export interface LeaseShown extends LeaseWrite {
  readonly to: string;
}

/** By time, each of them. */
export interface Witnessed {
  readonly leaseWrites: readonly LeaseWrite[];
  readonly leasesShown: readonly LeaseShown[];
  readonly promotions: readonly { readonly atMs: number; readonly region: string }[];
  readonly plansBegun: readonly { readonly atMs: number; readonly planId: string }[];
}

export interface LeaseTiming {
  readonly leaseMs: number;
  readonly marginMs: number;
}

export interface OrderFindings {
  /** Leases that were taken from a region that had not let go. */
  readonly takeovers: readonly Takeover[];
  /** Promotions of a database while its region did not hold the lease. */
  readonly earlyPromotions: readonly EarlyPromotion[];
  /** Epochs under which a write was acknowledged before the arbiter had them. */
  readonly earlyEpochs: readonly number[];
  /** Plans that were begun from zero on. */
  readonly plansBegun: readonly string[];
}

export interface Takeover {
  readonly epoch: number;
  readonly from: string;
  readonly to: string;
  /**
   * From when the arbiter told the new holder of the last renewal to the takeover. From the renewal
   * itself where it told nobody: that is the earliest that could be known.
   */
  readonly waitedMs: number;
}

export interface EarlyPromotion {
  readonly region: string;
  readonly atMs: number;
  /** Who held the lease instead. */
  readonly holder: string;
}

/** Every time is of one machine, but not every program rounds alike. */
const roundingMs = 5;

/** Null when nobody witnessed it. */
export function orderFindings(
  { witnessed }: Pick<Evidence, "witnessed">,
  acknowledgements: readonly Acknowledgement[],
  zeroAtMs: number | null,
): OrderFindings | null {
  if (witnessed === null || witnessed.leaseWrites.length === 0) return null;
  const { leaseWrites, leasesShown, plansBegun, promotions } = witnessed;
  const sinceMs = zeroAtMs ?? Number.NEGATIVE_INFINITY;
  return {
    takeovers: takeoversIn(leaseWrites).map(({ before, write }) => ({
      epoch: write.epoch,
      from: before.holder,
      to: write.holder,
      waitedMs: write.atMs - toldAtMs(before, write.holder, leasesShown),
    })),
    earlyPromotions: promotions.flatMap(({ atMs, region }) => {
      const { holder = "nobody" } = lastUntil(leaseWrites, atMs + roundingMs) ?? {};
      return holder === region ? [] : [{ atMs, region, holder }];
    }),
    earlyEpochs: earlyEpochs(leaseWrites, acknowledgements),
    plansBegun: plansBegun.filter(({ atMs }) => atMs >= sinceMs).map(({ planId }) => planId),
  };
}

/** Only a renewal keeps a lease alive; a request or an order in the same item does not. */
function takeoversIn(writes: readonly LeaseWrite[]) {
  const moves = writes.filter((write, i) => i === 0 || !isSame(writes[i - 1], write));
  return moves.flatMap((write, i) => {
    const before = moves[i - 1];
    if (before === undefined || before.holder === "nobody") return [];
    const isTaken = write.epoch > before.epoch && write.holder !== before.holder;
    return isTaken ? [{ before, write }] : [];
  });
}

/** The answer may be to a look, or, where it relayed the renewal, to the very call that renewed. */
function toldAtMs(renewed: LeaseWrite, to: string, shown: readonly LeaseShown[]): number {
  const told = shown.find((lease) => lease.to === to && isSame(lease, renewed));
  return told?.atMs ?? renewed.atMs;
}

function isSame(one: LeaseWrite | undefined, other: LeaseWrite): boolean {
  return (
    one?.epoch === other.epoch && one.renewals === other.renewals && one.holder === other.holder
  );
}

function earlyEpochs(
  writes: readonly LeaseWrite[],
  acknowledgements: readonly Acknowledgement[],
): number[] {
  const takenAtMs = new Map<number, number>();
  for (const { atMs, epoch } of writes) takenAtMs.set(epoch, takenAtMs.get(epoch) ?? atMs);
  const early = acknowledgements.flatMap(({ doneAtMs, epoch }) => {
    if (epoch === null) return [];
    return doneAtMs + roundingMs < (takenAtMs.get(epoch) ?? Infinity) ? [epoch] : [];
  });
  return [...new Set(early)];
}

function lastUntil(writes: readonly LeaseWrite[], atMs: number): LeaseWrite | undefined {
  return writes.findLast((write) => write.atMs <= atMs);
}

interface Found {
  readonly order: OrderFindings | null;
}

type OrderRule = (found: Found, evidence: Evidence) => string | null;

export const orderBreaches: readonly OrderRule[] = [
  function waitsTheLeaseOut({ order }, { leaseTiming }) {
    if (order === null || leaseTiming === null) return null;
    const dueMs = leaseTiming.leaseMs + leaseTiming.marginMs;
    const early = order.takeovers.find(({ waitedMs }) => waitedMs < dueMs - roundingMs);
    if (early === undefined) return null;
    const { epoch, to, waitedMs } = early;
    return `epoch ${epoch} was taken ${waitedMs} ms after ${to} heard of a renewal, less than ${dueMs} ms`;
  },
  function promotesWhatHoldsTheLease({ order }) {
    const early = order?.earlyPromotions[0];
    if (early === undefined) return null;
    return `the database of ${early.region} was promoted while ${early.holder} held the lease`;
  },
  function acknowledgesWhatWasTaken({ order }) {
    const [epoch] = order?.earlyEpochs ?? [];
    return epoch === undefined
      ? null
      : `writes were acknowledged under epoch ${epoch} before it was taken`;
  },
  function beginsNoPlan({ order }, { objective: { plansMax = Infinity } }) {
    if (order === null || order.plansBegun.length <= plansMax) return null;
    return `${order.plansBegun.join(", ")} was begun, at most ${plansMax} plans may be`;
  },
];

export const orderMissing: readonly OrderRule[] = [
  function orderIsKnown({ order }) {
    return order === null ? "what happened at the arbiter was not witnessed" : null;
  },
  function timingIsKnown(_found, { leaseTiming }) {
    return leaseTiming === null ? "how long a lease lasts is not in the evidence" : null;
  },
];
