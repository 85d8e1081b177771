//! Work that is done again and again, each on its own beat: never two at once of the same, never
//! faster than its beat, and none after `stop`. What a round throws is a bug and ends the process.

import type { Clock } from "../failover/ports.ts";

export class Rounds {
  readonly #clock: Clock;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Starts at once. The beat counts from start to start; a slow round delays only itself. */
  every(beatMs: number | (() => number), work: () => Promise<void>): void {
    this.#running.push(this.#repeat(typeof beatMs === "number" ? () => beatMs : beatMs, work));
  }

  /** Resolves when every round that was under way has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#running);
  }

  async #repeat(beatMs: () => number, work: () => Promise<void>): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const startedMs = this.#clock.monotonicMs();
      await work();
      const restMs = startedMs + beatMs() - this.#clock.monotonicMs();
      await pause(Math.max(1, restMs), signal);
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done);
  });
}
