//! How long users could not write, and when another region first accepted a write.

import type { Ledger } from "../ledger.ts";
import type { Acknowledgement } from "./evidence.ts";

/**
 * Good writes further apart than this are not one service but an outage between them. The load
 * writes dozens of times a second, so a second of silence is no accident.
 */
export const outageMsMin = 1_000;

export interface Recovery {
  /** The last write acknowledged to a user before the fault, or at it. */
  readonly lastGoodAtMs: number | null;
  /** The first good write after the fault from which on no outage follows to the load's end. */
  readonly recoveredAtMs: number | null;
  /** Between the two. */
  readonly rtoMs: number | null;
}

export interface RecoveryProps {
  /** Acknowledged writes of users through DNS, by time. */
  readonly users: readonly Acknowledgement[];
  readonly lostKeys: ReadonlySet<string>;
  readonly faultAtMs: number;
  readonly endedAtMs: number;
}

/** A write after the fault is good when it was acknowledged and its row survived. */
export function recovery(props: RecoveryProps): Recovery {
  const lastGood = props.users.findLast((ack) => ack.doneAtMs <= props.faultAtMs);
  const lastGoodAtMs = lastGood?.doneAtMs ?? null;
  const good = props.users
    .filter((ack) => ack.doneAtMs > props.faultAtMs && !props.lostKeys.has(ack.key))
    .map((ack) => ack.doneAtMs);
  let recoveredAtMs: number | null = null;
  let nextAtMs = props.endedAtMs;
  for (const atMs of good.toReversed()) {
    if (nextAtMs - atMs > outageMsMin) break;
    recoveredAtMs = atMs;
    nextAtMs = atMs;
  }
  return {
    lastGoodAtMs,
    recoveredAtMs,
    rtoMs:
      lastGoodAtMs === null || recoveredAtMs === null
        ? null
        : rounded(recoveredAtMs - lastGoodAtMs),
  };
}

/** From the fault to the first write that a region other than the failed one acknowledged. */
export function firstWriteMs(
  acknowledgements: readonly Acknowledgement[],
  failedRegion: string | null,
  faultAtMs: number,
): number | null {
  if (failedRegion === null) return null;
  const first = acknowledgements.find(
    (ack) => ack.doneAtMs > faultAtMs && ack.region !== failedRegion,
  );
  return first === undefined ? null : rounded(first.doneAtMs - faultAtMs);
}

/** The longest time within which no user's write was acknowledged, to the load's end. */
export function longestGapMs(users: readonly Acknowledgement[], ledger: Ledger): number | null {
  if (users.length === 0) return null;
  const times = users.map((ack) => ack.doneAtMs);
  if (ledger.end !== null) times.push(ledger.end.endedAtMs);
  return rounded(
    times.reduce((longest, atMs, i) => Math.max(longest, atMs - (times[i - 1] ?? atMs)), 0),
  );
}

export function rounded(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
