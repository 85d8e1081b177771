//! How long something that fails is tried again before it is left alone, and for how long it then is.
//! Forgotten with the process: whoever starts anew tries anew.

import type { Clock } from "../failover/ports.ts";

export interface PatienceProps {
  readonly forMs: number;
  readonly restMs: number;
}

export class Patience {
  readonly #clock: Clock;
  readonly #props: PatienceProps;
  #failingSinceMs: number | "not" = "not";

  constructor(clock: Clock, props: PatienceProps) {
    this.#clock = clock;
    this.#props = props;
  }

  note(succeeded: boolean): void {
    if (succeeded) this.#failingSinceMs = "not";
    else if (this.#failingSinceMs === "not") this.#failingSinceMs = this.#clock.monotonicMs();
  }

  /** Whether it is to be tried now. */
  lasts(): boolean {
    if (this.#failingSinceMs === "not") return true;
    const { forMs, restMs } = this.#props;
    const failingMs = this.#clock.monotonicMs() - this.#failingSinceMs;
    if (failingMs <= forMs) return true;
    if (failingMs <= forMs + restMs) return false;
    this.#failingSinceMs = "not";
    return true;
  }
}
