//! A lease that is closed on purpose announces a handover, for a while: afterwards nobody is coming
//! any more, and whoever waits would wait in vain. An old primary stays closed until it is rebuilt.

import type { Clock, ServingState } from "./ports.ts";

/** Takes back the word `handover` of a state when its closing was first seen too long ago. */
export function fadingHandover(clock: Clock, handoverMsMax: number) {
  let closing: { readonly epoch: number | "unknown"; readonly sinceMs: number } | undefined;
  return (state: ServingState): ServingState => {
    // A database that does not answer says nothing about its lease.
    if (state.role === "unknown") return state;
    if (state.role === "serving" || !state.handover) {
      closing = undefined;
      return state;
    }
    if (closing?.epoch !== state.epoch) closing = { epoch: state.epoch, sinceMs: clock.nowMs() };
    const isLate = clock.nowMs() - closing.sinceMs >= handoverMsMax;
    return isLate ? { ...state, handover: false } : state;
  };
}
