//! An open loop: operations start when they are due, whether or not earlier ones were answered.
//! A stalled service therefore sees the same demand, and an outage is seen to the millisecond.

import type { Clock } from "./clock.ts";

export interface ScheduleProps {
  readonly ratePerSecond: number;
  /** An operation due while so many are unanswered is skipped and counted. */
  readonly inFlightMax: number;
  readonly clock: Clock;
  readonly operation: (number: number) => Promise<void>;
}

export interface Schedule {
  readonly skipped: () => number;
  readonly started: () => number;
  /** Starts nothing more and waits for what is under way. */
  stop(): Promise<void>;
}

/** After a stall of our own, at most this much of the past is made up for. */
const catchUpMsMax = 250;

export function openLoop(props: ScheduleProps): Schedule {
  const beganAtMs = props.clock();
  const inFlight = new Set<Promise<void>>();
  let dueSoFar = 0;
  let started = 0;
  let skipped = 0;
  let stopped = false;

  const startOne = (): void => {
    if (inFlight.size >= props.inFlightMax) {
      skipped += 1;
      return;
    }
    started += 1;
    const running = props.operation(started).finally(() => inFlight.delete(running));
    inFlight.add(running);
  };

  const tick = (): void => {
    if (stopped) return;
    const elapsedMs = props.clock() - beganAtMs;
    const due = operationsDue(elapsedMs, props.ratePerSecond);
    const tooOld = due - dueSoFar - Math.ceil((catchUpMsMax * props.ratePerSecond) / 1_000);
    if (tooOld > 0) skipped += tooOld;
    for (let n = dueSoFar + Math.max(0, tooOld); n < due; n += 1) startOne();
    dueSoFar = due;
    const nextAtMs = (due * 1_000) / props.ratePerSecond;
    timer = setTimeout(tick, Math.max(1, nextAtMs - elapsedMs));
  };

  let timer = setTimeout(tick, 0);
  return {
    skipped: () => skipped,
    started: () => started,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await Promise.allSettled(inFlight);
    },
  };
}

/** The first operation is due at once, the others evenly spaced after it. */
export function operationsDue(elapsedMs: number, ratePerSecond: number): number {
  if (elapsedMs < 0) return 0;
  return Math.floor((elapsedMs * ratePerSecond) / 1_000) + 1;
}
