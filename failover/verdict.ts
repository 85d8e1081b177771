//! Observations in, verdict out. No I/O, no clock, no chance: the caller supplies the time.
//! `silent` never counts as `failing`, and one vantage alone never moves anything.

import { objections } from "./guards.ts";
import type { LeaseItem } from "./lease-item.ts";
import { hasLapsed, isHeardOf, type LeaseWatch, silentForMs } from "./lease.ts";
import type { Observations, Policy, Reading } from "./observations.ts";

export type VerdictKind = "stay" | "suspect" | "ask" | "seize" | "hold";

/** `hold` is not `stay`: a failover is due and a guard forbids it. Somebody should be paged. */
export interface Verdict {
  readonly kind: VerdictKind;
  readonly because: readonly string[];
}

/**
 * The challenger's verdict on the region that holds the lease.
 *
 * `suspect` is harmless and reversible. `ask` wants a holder that still renews but no longer serves
 * to hand over. `seize` is a forced takeover: the holder's lease has lapsed, so its database accepts
 * nothing, and another vantage confirms that nobody is served.
 */
export function decide(seen: Observations, policy: Policy): Verdict {
  const { lease, region, nowMs } = seen;
  if (lease === "unknown") return verdict("stay", "the arbiter has not been read yet");
  if (lease.item.holder === region) return verdict("stay", "this region holds the lease");
  if (lease.item.holder === "nobody") return decideReleased(lease, seen, policy);
  if (hasNotBegun(lease.item)) return verdict("stay", "the first holder has not begun to serve");

  const failing = failingReadings(seen, policy);
  const because = failing.map(({ vantage, detail }) => `${vantage}: ${detail}`);
  if (hasLapsed(lease, nowMs, policy.lease)) {
    const silence = `no renewal for ${Math.round(silentForMs(lease, nowMs))} ms`;
    because.unshift(`lease: ${silence}, the lease of ${lease.item.holder} has lapsed`);
    if (isConfirmed(failing, policy)) return withGuards("seize", because, seen, policy);
    return { kind: "suspect", because };
  }
  if (isAskable(lease, nowMs, policy) && failOutside(failing, nowMs, policy)) {
    return withGuards("ask", because, seen, policy);
  }
  if (failing.length > 0) return { kind: "suspect", because };
  return verdict("stay", `${lease.item.holder} serves`);
}

/** The lapsed lease is one vantage; the holder's own last word confirms nothing of it. */
function isConfirmed(failing: readonly Reading[], { detection }: Policy): boolean {
  const others = failing.some(({ vantage }) => vantage !== "self");
  return others && failing.length + 1 >= detection.vantagesFailingMin;
}

/** Whoever it was let go for comes first; when they do not come, anybody may. */
function decideReleased(lease: LeaseWatch, seen: Observations, policy: Policy): Verdict {
  const { request } = lease.item;
  const silentMs = silentForMs(lease, seen.nowMs);
  const keptMs = policy.lease.leaseMs + policy.lease.marginMs;
  if (request !== "none" && request.by !== seen.region && silentMs < keptMs) {
    return verdict("stay", `the lease was let go for ${request.by}`);
  }
  const because = [`the lease was released at epoch ${lease.item.epoch}`];
  return withGuards("seize", because, seen, policy);
}

/** At the very first start nobody was ever served: there is nothing to fail over from. */
function hasNotBegun({ epoch, word }: LeaseItem): boolean {
  return epoch === 1 && (word === "none" || word.database === "ungranted");
}

/**
 * Only who is heard of can answer, and who has not been granted the epoch yet has nothing to hand
 * over. One that has fallen silent is waited out.
 */
function isAskable(lease: LeaseWatch, nowMs: number, policy: Policy): boolean {
  const { word } = lease.item;
  const isHeard = lease.hasMoved && isHeardOf(lease, nowMs, policy.lease);
  return isHeard && word !== "none" && word.database !== "ungranted";
}

/** From outside, by both vantages, and for long enough that it is no hiccup of a change. */
function failOutside(failing: readonly Reading[], nowMs: number, policy: Policy): boolean {
  const outside = failing.filter(({ vantage }) => vantage === "probe" || vantage === "world");
  const forMsMin = policy.detection.readingAgeMsMax;
  return outside.length === 2 && outside.every(({ sinceMs }) => nowMs - sinceMs >= forMsMin);
}

/** Fresh readings that say failing. What is old or silent says nothing. */
function failingReadings(seen: Observations, policy: Policy): readonly Reading[] {
  return seen.readings.filter(
    ({ atMs, health }) =>
      health === "failing" && seen.nowMs - atMs <= policy.detection.readingAgeMsMax,
  );
}

function withGuards(
  kind: "seize" | "ask",
  because: readonly string[],
  seen: Observations,
  policy: Policy,
): Verdict {
  const against = objections(seen, policy);
  if (against.length > 0) return { kind: "hold", because: [...against, ...because] };
  return { kind, because };
}

function verdict(kind: VerdictKind, ...because: string[]): Verdict {
  return { kind, because };
}
