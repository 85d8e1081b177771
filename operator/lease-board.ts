//! The newest strongly consistent word of the arbiter that this process has, from whichever call it
//! came: a read, a renewal, a takeover. Everybody here reads the lease from this one place, and a
//! promise that was given to the holder counts here like a renewal.

import { type LeaseWatch, watchLease, watchPromise } from "../failover/lease.ts";
import type { Arbiter, Clock } from "../failover/ports.ts";
import type { Control, HandoverRequest, LeaseItem } from "../failover/lease-item.ts";
import { failed, type Outcome } from "../failover/outcome.ts";

export class LeaseBoard {
  readonly #arbiter: Arbiter;
  readonly #clock: Clock;
  #watch: LeaseWatch | "none" = "none";
  #absent = false;
  #answers = true;
  #promisedMs = Number.NEGATIVE_INFINITY;

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

  /** Whether the last read got an answer. */
  get answers(): boolean {
    return this.#answers;
  }

  /** When this process last promised not to take over, on its own monotonic clock. */
  get promisedMs(): number {
    return this.#promisedMs;
  }

  /** Takes in an answer; the time is that of its receipt. */
  take(item: LeaseItem): void {
    this.#absent = false;
    this.#watch = watchLease(this.#watch, item, this.#clock.monotonicMs());
  }

  async refresh(): Promise<Outcome<LeaseItem | "absent">> {
    const answer = await this.#arbiter.read();
    this.#answers = answer.ok;
    if (!answer.ok) return answer;
    if (answer.value === "absent") this.#absent = true;
    else this.take(answer.value);
    return answer;
  }

  /** From now on the holder counts as having just renewed. */
  promise(): void {
    this.#promisedMs = this.#clock.monotonicMs();
    if (this.#watch !== "none") this.#watch = watchPromise(this.#watch, this.#promisedMs);
  }

  /** Asks the holder to hand over, or takes that back. */
  ask(request: HandoverRequest | "none"): Promise<Outcome<LeaseItem>> {
    return this.#change((item) => this.#arbiter.ask(item, request));
  }

  /** Writes down what a person wants; `change` gets what stands there now. */
  instruct(change: (control: Control) => Control): Promise<Outcome<LeaseItem>> {
    return this.#change((item) => this.#arbiter.instruct(item, change(item.control)));
  }

  async #change(
    write: (item: LeaseItem) => Promise<Outcome<LeaseItem>>,
  ): Promise<Outcome<LeaseItem>> {
    const { item } = this;
    if (item === "unknown") return failed("unreachable", "the arbiter has not been read yet");
    const written = await write(item);
    if (written.ok) this.take(written.value);
    else await this.refresh();
    return written;
  }
}
