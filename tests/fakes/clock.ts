//! A clock that moves only when told to. Wall and monotonic time have different origins, so that a
//! mix-up of the two shows.

import type { Clock } from "../../failover/ports.ts";

export const wallOriginMs = Date.parse("2026-03-01T00:00:00Z");

export class FakeClock implements Clock {
  #nowMs = 1_000;

  monotonicMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return wallOriginMs + this.#nowMs;
  }

  advance(ms: number): void {
    if (ms < 0) throw new Error("time does not go back");
    this.#nowMs += ms;
  }
}
