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
  /** Effects whose callers have given up, and when they come about all the same. */
  readonly #late = new Map<string, Promise<void>>();
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

  /** From now on everything gets through again. */
  heal(): void {
    this.isDown = false;
    this.#mishaps.length = 0;
    this.#late.clear();
    this.delayMs = () => [0, 0];
  }

  /** The next call of this name never arrives. */
  failBefore(name: string): void {
    this.#mishaps.push({ name, mishap: "fail-before" });
  }

  /** The next call of this name does what it should, and its answer is lost. */
  failAfter(name: string): void {
    this.#mishaps.push({ name, mishap: "fail-after" });
  }

  /**
   * The caller of the next call of this name gives up; its effect comes about when the returned
   * function is called, and is done when that resolves.
   */
  late(name: string): () => Promise<void> {
    const open = this.#gate(this.#late, name);
    return async () => {
      open();
      // The effect follows in the turns of the event loop right after this.
      await new Promise((resolve) => setImmediate(resolve));
    };
  }

  /** Calls of this name wait on their way until the returned function is called. */
  hold(name: string): () => void {
    const open = this.#gate(this.#gates, name);
    return () => {
      this.#gates.delete(name);
      open();
    };
  }

  async call<T>(name: string, effect: () => Outcome<T> | Promise<Outcome<T>>): Promise<Outcome<T>> {
    const call = { name, number: (this.#calls += 1) };
    await this.#gates.get(name);
    const [thereMs, backMs] = this.delayMs();
    this.onCall(call, "before");
    this.#clock.advance(thereMs);
    const mishap = this.#takeMishap(name);
    if (this.isDown || mishap === "fail-before") return unreachable(name, "the call was lost");
    const late = this.#late.get(name);
    if (late !== undefined) {
      this.#late.delete(name);
      void late.then(effect);
      return unreachable(name, "nobody waits any more");
    }
    const outcome = await effect();
    this.#clock.advance(backMs);
    this.onCall(call, "after");
    return mishap === "fail-after" ? unreachable(name, "the answer was lost") : outcome;
  }

  #gate(gates: Map<string, Promise<void>>, name: string): () => void {
    const gate = new AbortController();
    const { signal } = gate;
    const opened = new Promise<void>((resolve) =>
      signal.addEventListener("abort", () => resolve()),
    );
    gates.set(name, opened);
    return () => gate.abort();
  }

  #takeMishap(name: string): Mishap | undefined {
    const index = this.#mishaps.findIndex((planned) => planned.name === name);
    return index < 0 ? undefined : this.#mishaps.splice(index, 1)[0]?.mishap;
  }
}

function unreachable(name: string, what: string): Outcome<never> {
  return failed("unreachable", `${name}: ${what}`);
}
