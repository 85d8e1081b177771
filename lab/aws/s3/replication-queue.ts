//! The way from one bucket to another: what was written first sets out first, a little after it was
//! written, and is sent again until it is delivered or rejected. Nothing here is lost by an outage.

import { setTimeout as sleep } from "node:timers/promises";
import type { Progress } from "./replication.ts";
import type { SendResult } from "./replica-wire.ts";
import type { ObjectVersion } from "./version.ts";

export interface QueueOptions {
  /** How long after its writing a version sets out. @default 200 ms */
  readonly lagMs?: number;
  /** How many are on their way at a time; the others wait in order. @default 8 */
  readonly lanes?: number;
  /** Of one attempt. A cut link holds it; it goes on when the link is healed. @default 30 s */
  readonly attemptMsMax?: number;
  /** Pause after a failed attempt, doubled each time. @default 100 ms */
  readonly retryMsMin?: number;
  /** @default 2 s */
  readonly retryMsMax?: number;
  /** What finds no place fails, and must be sent by hand, as S3 asks. @default 100,000 */
  readonly waitingMax?: number;
}

export interface QueueProps extends QueueOptions {
  /** The version as it is now; `undefined` when it was deleted meanwhile. */
  readonly find: (waiting: Waiting) => ObjectVersion | undefined;
  /** Rejects when it is worth another attempt. */
  readonly send: (version: ObjectVersion, signal: AbortSignal) => Promise<SendResult>;
  readonly note: (waiting: Waiting, progress: Progress) => void;
}

export interface Waiting {
  readonly key: string;
  readonly versionId: string;
  readonly bytes: number;
  readonly writtenAtMs: number;
}

export interface Backlog {
  readonly operationsPending: number;
  readonly bytesPending: number;
  /** Since the beginning. */
  readonly operationsFailed: number;
  /** When the oldest version that waits was written; `none` when nothing waits. */
  readonly oldestAtMs: number | "none";
}

export class ReplicationQueue {
  readonly #props: Required<QueueProps>;
  readonly #closing = new AbortController();
  /** In order of writing; what is under way stays until it arrived. */
  readonly #waiting = new Set<Waiting>();
  readonly #ready: Waiting[] = [];
  readonly #lanes = new Set<Promise<void>>();
  #failed = 0;

  constructor(props: QueueProps) {
    this.#props = {
      lagMs: 200,
      lanes: 8,
      attemptMsMax: 30_000,
      retryMsMin: 100,
      retryMsMax: 2_000,
      waitingMax: 100_000,
      ...props,
    };
  }

  get backlog(): Backlog {
    const [oldest] = this.#waiting;
    return {
      operationsPending: this.#waiting.size,
      bytesPending: [...this.#waiting].reduce((sum, { bytes }) => sum + bytes, 0),
      operationsFailed: this.#failed,
      oldestAtMs: oldest?.writtenAtMs ?? "none",
    };
  }

  add(waiting: Waiting): void {
    if (this.#closing.signal.aborted) return;
    if (this.#waiting.size >= this.#props.waitingMax) {
      this.#finish(waiting, "FAILED");
      return;
    }
    this.#waiting.add(waiting);
    this.#ready.push(waiting);
    if (this.#lanes.size >= this.#props.lanes) return;
    const lane = this.#run().finally(() => this.#lanes.delete(lane));
    this.#lanes.add(lane);
  }

  /** What waits is given up; nothing of it is sent any more. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#lanes);
  }

  /** One lane: takes what waits, one after the other, until nothing does. */
  async #run(): Promise<void> {
    for (let next = this.#ready.shift(); next !== undefined; next = this.#ready.shift()) {
      const progress = await this.#deliver(next);
      if (progress === "closing") return;
      this.#finish(next, progress);
    }
  }

  async #deliver(waiting: Waiting): Promise<Progress | "closing"> {
    const { lagMs, retryMsMax, retryMsMin } = this.#props;
    let pauseMs = Math.max(0, waiting.writtenAtMs + lagMs - Date.now());
    // A clock that was set back must not hold the queue.
    if (!(await this.#pause(Math.min(pauseMs, lagMs)))) return "closing";
    pauseMs = retryMsMin;
    for (;;) {
      const result = await this.#attempt(waiting);
      if (result !== "failed") return result;
      if (!(await this.#pause(pauseMs))) return "closing";
      pauseMs = Math.min(2 * pauseMs, retryMsMax);
    }
  }

  async #attempt(waiting: Waiting): Promise<Progress | "failed"> {
    const version = this.#props.find(waiting);
    if (version === undefined) return "COMPLETED";
    const timeout = AbortSignal.timeout(this.#props.attemptMsMax);
    const signal = AbortSignal.any([this.#closing.signal, timeout]);
    try {
      const result = await this.#props.send(version, signal);
      return result === "delivered" ? "COMPLETED" : "FAILED";
    } catch {
      // Whatever it was: the link, the other region, or this queue being closed.
      return "failed";
    }
  }

  /** False when the queue was closed meanwhile. */
  async #pause(ms: number): Promise<boolean> {
    const { signal } = this.#closing;
    await sleep(ms, undefined, { signal }).catch(() => undefined);
    return !signal.aborted;
  }

  #finish(waiting: Waiting, progress: Progress): void {
    this.#waiting.delete(waiting);
    if (progress === "FAILED") this.#failed += 1;
    this.#props.note(waiting, progress);
  }
}
