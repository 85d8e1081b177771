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

/** `arrivedAtMs` is when the request arrived: earlier than any check of the lease on its behalf. */
export async function mayAcknowledge(
  held: HeldLease,
  arrivedAtMs: number,
  { clock, leases, ackWithinMs }: AckDeadline,
): Promise<Acknowledgement> {
  const tookMs = clock.nowMs() - arrivedAtMs;
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
