//! The newest strongly consistent word of the arbiter that this process has, from whichever call it
//! came: a read, a renewal, a takeover. Everybody here reads the lease from this one place.

import { type LeaseWatch, watchLease } from "../failover/lease.ts";
import type { Arbiter, Clock } from "../failover/ports.ts";
import type { LeaseItem } from "../failover/lease-item.ts";
import type { Outcome } from "../failover/outcome.ts";

export class LeaseBoard {
  readonly #arbiter: Arbiter;
  readonly #clock: Clock;
  #watch: LeaseWatch | "none" = "none";
  #absent = false;

  constructor(arbiter: Arbiter, clock: Clock) {
    this.#arbiter = arbiter;
    this.#clock = clock;
  }

  /** `unknown` until the arbiter has answered once. */
  get watch(): LeaseWatch | "unknown" {
    return this.#watch === "none" ? "unknown" : this.#watch;
  }

  get item(): LeaseItem | "unknown" {
    return this.#watch === "none" ? "unknown" : this.#watch.item;
  }

  /** True when the arbiter answered that nobody has opened the first epoch yet. */
  get absent(): boolean {
    return this.#absent;
  }

  /** Takes in an answer; the time is that of its receipt. */
  take(item: LeaseItem): void {
    this.#absent = false;
    this.#watch = watchLease(this.#watch, item, this.#clock.monotonicMs());
  }

  async refresh(): Promise<Outcome<LeaseItem | "absent">> {
    const answer = await this.#arbiter.read();
    if (!answer.ok) return answer;
    if (answer.value === "absent") this.#absent = true;
    else this.take(answer.value);
    return answer;
  }
}
