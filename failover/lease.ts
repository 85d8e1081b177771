//! The challenger's side of the lease, as arithmetic: how long has the holder been silent?
//! Times are the challenger's own monotonic clock; no two clocks are ever compared.

import type { LeaseItem } from "./lease-item.ts";

export interface LeaseTiming {
  readonly leaseMs: number;
  readonly marginMs: number;
}

/** The lease as last read, and since when its `(epoch, renewals)` has not moved. */
export interface LeaseWatch {
  readonly item: LeaseItem;
  /** When an answer first showed this `(epoch, renewals)`: at the receipt, never at the request. */
  readonly unmovedSinceMs: number;
  readonly lastReadMs: number;
  /** Whether it was ever seen to move: a watch that has just begun knows nothing of the holder. */
  readonly hasMoved: boolean;
}

/**
 * Takes in an answer of the arbiter. A new watch begins whenever the item moved, since the holder
 * may have read its clock just before this answer was made. An answer that is older than what is
 * known (they may overtake each other) changes nothing.
 */
export function watchLease(
  before: LeaseWatch | "none",
  item: LeaseItem,
  receivedMs: number,
): LeaseWatch {
  if (before === "none") {
    return { item, unmovedSinceMs: receivedMs, lastReadMs: receivedMs, hasMoved: false };
  }
  if (isOlder(item, before.item)) return before;
  const moved = item.epoch !== before.item.epoch || item.renewals !== before.item.renewals;
  return {
    item,
    unmovedSinceMs: moved ? receivedMs : before.unmovedSinceMs,
    lastReadMs: receivedMs,
    hasMoved: moved || before.hasMoved,
  };
}

/**
 * A promise not to take over is kept as if the holder had renewed at the moment it was given: the
 * lease that the holder extends on it began before that.
 */
export function watchPromise(watch: LeaseWatch, promisedMs: number): LeaseWatch {
  return { ...watch, unmovedSinceMs: Math.max(watch.unmovedSinceMs, promisedMs) };
}

/** How long the holder has not been heard of, in milliseconds. */
export function silentForMs(watch: LeaseWatch, nowMs: number): number {
  return nowMs - watch.unmovedSinceMs;
}

/** Whether the holder may still act on what it is told: its lease, as last heard of, is not over. */
export function isHeardOf(watch: LeaseWatch, nowMs: number, { leaseMs }: LeaseTiming): boolean {
  return silentForMs(watch, nowMs) < leaseMs;
}

/** True once whatever the holder's database could still accept is over. */
export function hasLapsed(watch: LeaseWatch, nowMs: number, timing: LeaseTiming): boolean {
  if (watch.item.holder === "nobody") return true;
  return silentForMs(watch, nowMs) >= timing.leaseMs + timing.marginMs;
}

function isOlder(item: LeaseItem, than: LeaseItem): boolean {
  if (item.epoch !== than.epoch) return item.epoch < than.epoch;
  return item.renewals < than.renewals || item.version < than.version;
}
