//! May a finished write be acknowledged? A process frozen between the database's last check of the
//! lease and its commit commits when it thaws, after the lease ran out; only time can tell.
//! Promise: what took longer than `ackWithinMs` is acknowledged only under a lease seen live since.

import type { Clock, HeldLease, LeaseView } from "./ports.ts";

export interface AckDeadline {
  readonly clock: Clock;
  readonly leases: LeaseView;
  readonly ackWithinMs: number;
}

export type Acknowledgement =
  { readonly allowed: true } | { readonly allowed: false; readonly because: string };

/**
 * `startedAtMs` is when the attempt began that made the write: no later than any moment at which the
 * lease was found live on its behalf, and so before that lease ended. The deadline needs nothing else;
 * it counts from there, not from the arrival, because what was tried before, while the request was
 * held, certainly wrote nothing.
 */
export async function mayAcknowledge(
  held: HeldLease,
  startedAtMs: number,
  { clock, leases, ackWithinMs }: AckDeadline,
): Promise<Acknowledgement> {
  const tookMs = clock.nowMs() - startedAtMs;
  if (tookMs <= ackWithinMs) return { allowed: true };

  const slow = `the write took ${Math.round(tookMs)} ms`;
  const { state, askedAtMs } = await leases.look();
  if (state.role !== "serving") return refused(`${slow} and then ${state.because}`);
  if (state.epoch !== held.epoch) return refused(`${slow} and the epoch is ${state.epoch} now`);
  if (state.instance !== held.instance) return refused(`${slow} and the database is another one`);
  // The look itself may be frozen as well; its answer is good for as long as the lease it saw ran.
  if (clock.nowMs() - askedAtMs >= state.remainingMs) {
    return refused(`${slow} and the lease may have run out since`);
  }
  return { allowed: true };
}

function refused(because: string): Acknowledgement {
  return { allowed: false, because };
}
