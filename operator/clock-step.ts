//! Finds a database clock that was set, by comparing how far it went with how far the operator's own
//! monotonic clock went. The moment of reading lies between request and answer, so a slow answer
//! widens the bounds instead of raising a false alarm.

export interface ClockSample {
  readonly sentMs: number;
  readonly receivedMs: number;
  readonly clockMs: number;
}

export class ClockStepDetector {
  readonly #toleranceMs: number;
  #before: ClockSample | "none" = "none";

  constructor(toleranceMs: number) {
    this.#toleranceMs = toleranceMs;
  }

  /** By how many milliseconds the clock was surely set since the last sample; 0 when it was not. */
  observe(sample: ClockSample): number {
    const before = this.#before;
    this.#before = sample;
    if (before === "none") return 0;
    const wentMs = sample.clockMs - before.clockMs;
    const leastMs = sample.sentMs - before.receivedMs - this.#toleranceMs;
    const mostMs = sample.receivedMs - before.sentMs + this.#toleranceMs;
    if (wentMs < leastMs) return wentMs - leastMs;
    if (wentMs > mostMs) return wentMs - mostMs;
    return 0;
  }
}
