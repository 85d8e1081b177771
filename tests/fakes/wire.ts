//! The way from a caller to a port, with everything that may go wrong on it: no answer before or
//! after the effect, delays on both ways, a caller that dies, and a call that is held for a while.

import { failed, type Outcome } from "../../failover/outcome.ts";
import type { FakeClock } from "./clock.ts";

export type Mishap = "fail-before" | "fail-after";

/** The caller's process ended here. Its memory is lost, the effect (or none) stays. */
export class Crash extends Error {}

export interface WireCall {
  readonly name: string;
  /** Counts the calls over this wire, from 1. */
  readonly number: number;
}

export class Wire {
  readonly #clock: FakeClock;
  readonly #mishaps: { readonly name: string; readonly mishap: Mishap }[] = [];
  readonly #gates = new Map<string, Promise<void>>();
  #calls = 0;
  /** Nothing gets through, either way. */
  isDown = false;
  /** Milliseconds on the way there and on the way back. */
  delayMs: () => readonly [there: number, back: number] = () => [0, 0];
  /** Asked before and after the effect of every call; may throw `Crash`. */
  onCall: (call: WireCall, when: "before" | "after") => void = () => undefined;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  get calls(): number {
    return this.#calls;
  }

  /** The next call of this name never arrives. */
  failBefore(name: string): void {
    this.#mishaps.push({ name, mishap: "fail-before" });
  }

  /** The next call of this name does what it should, and its answer is lost. */
  failAfter(name: string): void {
    this.#mishaps.push({ name, mishap: "fail-after" });
  }

  /** Calls of this name wait on their way until the returned function is called. */
  hold(name: string): () => void {
    const gate = new AbortController();
    const { signal } = gate;
    const opened = new Promise<void>((resolve) =>
      signal.addEventListener("abort", () => resolve()),
    );
    this.#gates.set(name, opened);
    return () => {
      this.#gates.delete(name);
      gate.abort();
    };
  }

  async call<T>(name: string, effect: () => Outcome<T>): Promise<Outcome<T>> {
    const call = { name, number: (this.#calls += 1) };
    await this.#gates.get(name);
    const [thereMs, backMs] = this.delayMs();
    this.onCall(call, "before");
    this.#clock.advance(thereMs);
    const mishap = this.#takeMishap(name);
    if (this.isDown || mishap === "fail-before") return unreachable(name, "the call was lost");
    const outcome = effect();
    this.#clock.advance(backMs);
    this.onCall(call, "after");
    return mishap === "fail-after" ? unreachable(name, "the answer was lost") : outcome;
  }

  #takeMishap(name: string): Mishap | undefined {
    const index = this.#mishaps.findIndex((planned) => planned.name === name);
    return index < 0 ? undefined : this.#mishaps.splice(index, 1)[0]?.mishap;
  }
}

function unreachable(name: string, what: string): Outcome<never> {
  return failed("unreachable", `${name}: ${what}`);
}
