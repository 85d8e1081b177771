//! Observations in, verdict out. No I/O, no clock, no chance: the caller supplies the time.
//! `silent` never counts as `failing`, and one vantage alone never moves anything.

import type { RegionName, Topology } from "../topology/topology.ts";
import { guards } from "./guards.ts";
import type { LeaseItem } from "./ports.ts";
import { hasLapsed, type LeaseWatch, silentForMs } from "./lease.ts";

/** Four independent ways to look at the region that serves. */
export type Vantage = "probe" | "world" | "self" | "data";

/** `silent` means "we do not know": our own network may be out. It never counts as failing. */
export type Health = "serving" | "failing" | "silent";

export interface Reading {
  readonly vantage: Vantage;
  /** Monotonic milliseconds of the moment the answer was there. */
  readonly atMs: number;
  readonly health: Health;
  readonly detail: string;
}

export interface StandbyState {
  /** `last-holder`: a primary on which nobody else has written since it let the lease go. */
  readonly database: "replica" | "last-holder" | "old-primary" | "unreachable";
  /** How far the replica was behind at the holder's last renewal, on the holder's own clock. */
  readonly lagMs: number | "unknown";
  readonly appsReady: number | "unknown";
}

export interface Observations {
  /** The region of the operator that looks. */
  readonly region: RegionName;
  readonly nowMs: number;
  readonly wallMs: number;
  readonly lease: LeaseWatch | "unknown";
  readonly readings: readonly Reading[];
  readonly standby: StandbyState;
}

export type Policy = Pick<
  Topology,
  "lease" | "detection" | "mode" | "blockPeriodSeconds" | "replicaLagMsMax" | "strategy"
>;

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
  if (lease.item.holder === "nobody") {
    return withGuards(
      "seize",
      [`the lease was released at epoch ${lease.item.epoch}`],
      seen,
      policy,
    );
  }
  if (hasNotBegun(lease.item)) return verdict("stay", "the first holder has not begun to serve");

  const failing = failingReadings(seen, policy);
  const because = failing.map(({ vantage, detail }) => `${vantage}: ${detail}`);
  const lapsed = hasLapsed(lease, nowMs, policy.lease);
  if (lapsed) {
    const silence = `no renewal for ${Math.round(silentForMs(lease, nowMs))} ms`;
    because.unshift(`lease: ${silence}, the lease of ${lease.item.holder} has lapsed`);
    const confirmed = failing.some(({ vantage }) => vantage !== "self");
    if (confirmed && failing.length + 1 >= policy.detection.vantagesFailingMin) {
      return withGuards("seize", because, seen, policy);
    }
    return { kind: "suspect", because };
  }
  const outside = failing.filter(({ vantage }) => vantage === "probe" || vantage === "world");
  if (outside.length === 2) return withGuards("ask", because, seen, policy);
  if (failing.length > 0) return { kind: "suspect", because };
  return verdict("stay", `${lease.item.holder} serves`);
}

/** At the very first start nobody was ever served: there is nothing to fail over from. */
function hasNotBegun({ epoch, word }: LeaseItem): boolean {
  return epoch === 1 && (word === "none" || word.database === "ungranted");
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
  const objections = guards.map((guard) => guard(seen, policy)).filter((text) => text !== null);
  if (objections.length > 0) return { kind: "hold", because: [...objections, ...because] };
  return { kind, because };
}

function verdict(kind: VerdictKind, ...because: string[]): Verdict {
  return { kind, because };
}
