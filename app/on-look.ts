//! What follows from a look at the lease, apart from the answers to users: pools are recycled
//! when the database became another one, and the table is made when this region first serves.

import type { Logger } from "pino";
import type { Clock, ServingState } from "./ports.ts";

export type OnLook = (state: ServingState) => void;

/** A pool outlives the role it was opened under; its connections may lead to the old primary. */
export function recycleOnChange(recycle: (because: string) => void): OnLook {
  let known: string | undefined;
  return (state) => {
    // A database that does not answer is not another database yet.
    if (state.role === "unknown") return;
    const now = `${state.role}, epoch ${state.epoch}, instance ${state.instance}`;
    if (known !== undefined && known !== now) recycle(`the database was ${known} and is ${now}`);
    known = now;
  };
}

export interface PreparationProps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly prepare: () => Promise<void>;
  readonly retryMs: number;
}

/** Prepares once, while serving; tries again, not too often, when that failed. */
export function prepareWhenServing({ clock, log, prepare, retryMs }: PreparationProps): OnLook {
  let done = false;
  let triedAtMs = Number.NEGATIVE_INFINITY;
  return (state) => {
    if (done || state.role !== "serving" || clock.nowMs() - triedAtMs < retryMs) return;
    triedAtMs = clock.nowMs();
    prepare().then(
      () => (done = true),
      (error: unknown) => log.warn({ err: error }, "the table of orders cannot be made yet"),
    );
  };
}

export function logRoleChanges(log: Logger): OnLook {
  let last = "";
  return (state) => {
    const epoch = state.role === "unknown" ? "unknown" : state.epoch;
    const now = `${state.role} ${epoch}`;
    if (now === last) return;
    last = now;
    const because = state.role === "serving" ? undefined : state.because;
    log.info({ role: state.role, epoch, because }, "role");
  };
}
