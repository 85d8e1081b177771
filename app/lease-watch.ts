//! Keeps an eye on the write lease: at most one question to the database is under way, and an
//! answer is used for half a second or until the lease it saw has run out, whichever comes first;
//! for a moment only while a handover is under way.
//! Ages count from the moment before the question, so a slow answer is never taken for a new one.

import type { Clock, LeaseView, Look, ServingState } from "./ports.ts";
import { isHandover } from "./serving.ts";

export interface LeaseWatchProps {
  readonly clock: Clock;
  /** Asks the database once. A rejection, or no answer in time, counts as `unknown`. */
  readonly ask: () => Promise<ServingState>;
  readonly askTimeoutMs: number;
  readonly ageMsMax: number;
  /**
   * The same for an answer that this region does not serve: users wait for the change of it.
   * @default as long as any other
   */
  readonly waitingAgeMsMax?: number;
  /**
   * The same while a handover is under way: requests are held for the change of it.
   * @default as long as any other answer that this region does not serve
   */
  readonly handoverAgeMsMax?: number;
  /** Called with every answer, before anybody who waits for it. Must not throw. */
  readonly onLook: (state: ServingState) => void;
}

export class LeaseWatch implements LeaseView {
  readonly #props: LeaseWatchProps;
  #last: Look;
  #running: Promise<Look> | undefined;
  #following: Promise<Look> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(props: LeaseWatchProps) {
    this.#props = props;
    this.#last = {
      state: { role: "unknown", because: "the database was not asked yet", databaseAnswers: false },
      askedAtMs: Number.NEGATIVE_INFINITY,
    };
  }

  async current(): Promise<ServingState> {
    if (this.#isFresh()) return this.#last.state;
    return (await (this.#running ?? this.#begin())).state;
  }

  look(): Promise<Look> {
    if (this.#running === undefined) return this.#begin();
    // The question under way may have been answered in the database before the caller's write
    // was: only one that starts later counts. All who ask meanwhile share it.
    this.#following ??= this.#running.then(() => {
      this.#following = undefined;
      return this.#begin();
    });
    return this.#following;
  }

  latest(): ServingState {
    return this.#last.state;
  }

  /** Looks on its own too, so that gauges and pools follow the lease without any traffic. */
  start(): void {
    this.#timer = setInterval(() => void this.current(), this.#props.ageMsMax);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #isFresh(): boolean {
    const { state, askedAtMs } = this.#last;
    return this.#props.clock.nowMs() - askedAtMs < this.#usableMs(state);
  }

  #usableMs(state: ServingState): number {
    const { ageMsMax, waitingAgeMsMax = ageMsMax } = this.#props;
    const { handoverAgeMsMax = waitingAgeMsMax } = this.#props;
    if (state.role === "serving") return Math.min(ageMsMax, state.remainingMs);
    return isHandover(state) ? handoverAgeMsMax : waitingAgeMsMax;
  }

  #begin(): Promise<Look> {
    const running = this.#ask().then((look) => {
      this.#last = look;
      if (this.#running === running) this.#running = undefined;
      this.#props.onLook(look.state);
      return look;
    });
    this.#running = running;
    return running;
  }

  async #ask(): Promise<Look> {
    const askedAtMs = this.#props.clock.nowMs();
    try {
      const state = await this.#askInTime();
      return { state: this.#outlasted(state, askedAtMs) ?? state, askedAtMs };
    } catch (error) {
      const because = `the database did not answer: ${(error as Error).message}`;
      return { state: { role: "unknown", because, databaseAnswers: false }, askedAtMs };
    }
  }

  async #askInTime(): Promise<ServingState> {
    const { ask, askTimeoutMs } = this.#props;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      const error = new Error(`nothing within ${askTimeoutMs} ms`);
      timer = setTimeout(() => reject(error), askTimeoutMs);
    });
    try {
      return await Promise.race([ask(), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** A lease that may have run out while its answer was on the way is no lease. */
  #outlasted(state: ServingState, askedAtMs: number): ServingState | undefined {
    if (state.role !== "serving") return undefined;
    if (this.#props.clock.nowMs() - askedAtMs < state.remainingMs) return undefined;
    const because = "the lease may have run out while the database was answering";
    const { epoch, instance } = state;
    return { role: "fenced", because, epoch, instance, handover: false };
  }
}
