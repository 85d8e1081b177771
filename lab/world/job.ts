//! Work that takes a while and that a region's loss interrupts: tried again until it is done, halted
//! when its region goes, taken up again when it returns.

import { setTimeout as sleep } from "node:timers/promises";

export interface JobProps {
  /** Made anew each time, whatever an earlier attempt has left. Ends soon when the signal says so. */
  readonly attempt: (signal: AbortSignal) => Promise<void>;
  readonly onFailure: (error: unknown) => void;
  /** @default 1 s */
  readonly pauseMs?: number;
}

export class Job {
  readonly #props: JobProps;
  #abort: AbortController | "halted" = "halted";
  #running: Promise<void> = Promise.resolve();
  #isDone = false;

  constructor(props: JobProps) {
    this.#props = props;
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  /** Does nothing when it runs already or is done. */
  start(): void {
    if (this.#isDone || this.#abort !== "halted") return;
    const abort = new AbortController();
    this.#abort = abort;
    // After an attempt that was halted, never beside it.
    this.#running = this.#running.then(() => this.#run(abort.signal));
  }

  /** Resolves when nothing of it is under way. */
  async halt(): Promise<void> {
    if (this.#abort !== "halted") this.#abort.abort();
    this.#abort = "halted";
    await this.#running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { attempt, onFailure, pauseMs = 1_000 } = this.#props;
    while (!signal.aborted) {
      try {
        await attempt(signal);
        this.#isDone = true;
        return;
      } catch (error) {
        if (!signal.aborted) onFailure(error);
      }
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
