//! Holds requests while the lease changes hands on purpose: for the moment in which no region may
//! serve, a request waits and is tried again, so that its sender notices a pause and no failure.
//! Promise: only what certainly changed nothing anywhere is tried again, within named limits.

import type { Request, Response } from "express";
import { isForwardingDeclined, mayHop } from "./hop-headers.ts";
import type { Metrics, ParkedOutcome } from "./metrics.ts";
import type { Clock } from "./ports.ts";

/** Nobody took the request, and it certainly changed nothing here or at the peer. */
export interface Untaken<T> {
  readonly kind: "untaken";
  /** A lease was closed on purpose a moment ago: somebody is about to serve. */
  readonly handover: boolean;
  /** Tells the user, who has to know that nobody will try again. */
  readonly giveUp: () => T;
}

export interface ParkingProps {
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** How long a request may be held, from its arrival. 0 holds none. */
  readonly waitMs: number;
  readonly retryMs: number;
  readonly requestsMax: number;
  /** Bodies of the requests that are held, together. */
  readonly bytesMax: number;
  readonly pause: (ms: number) => Promise<unknown>;
}

/** Tries once. `startedAtMs` is before everything that the attempt asks or does. */
export type Attempt<T> = (startedAtMs: number) => Promise<T | Untaken<T>>;

export class Parking {
  readonly #props: ParkingProps;
  #requests = 0;
  #bytes = 0;

  constructor(props: ParkingProps) {
    this.#props = props;
  }

  /** Tries at once, and while a handover is under way until somebody takes the request. */
  async serve<T>(request: Request, response: Response, attempt: Attempt<T>): Promise<T> {
    const arrivedAtMs = response.locals["arrivedAtMs"] as number;
    const first = await attempt(arrivedAtMs);
    if (!isUntaken(first)) return first;
    if (!first.handover || !mayWait(request) || this.#props.waitMs === 0) return first.giveUp();
    const bytes = Buffer.isBuffer(request.body) ? request.body.length : 0;
    if (!this.#takePlace(bytes)) {
      this.#props.metrics.countParked("turned-away");
      return first.giveUp();
    }
    try {
      return await this.#retry(response, attempt, { arrivedAtMs, first });
    } finally {
      this.#leavePlace(bytes);
    }
  }

  /**
   * Goes on when the word of a handover is gone: the database that said it may be restarting, and the
   * wait has an end anyway.
   */
  async #retry<T>(response: Response, attempt: Attempt<T>, { arrivedAtMs, first }: Held<T>) {
    const { clock, pause, retryMs, waitMs } = this.#props;
    const parkedAtMs = clock.nowMs();
    let last = first;
    for (;;) {
      const leftMs = arrivedAtMs + waitMs - clock.nowMs();
      if (leftMs <= 0) {
        this.#observe("gave-up", parkedAtMs);
        return last.giveUp();
      }
      await pause(Math.min(retryMs, leftMs));
      if (response.destroyed) {
        this.#observe("left", parkedAtMs);
        return last.giveUp();
      }
      const result = await attempt(clock.nowMs());
      if (!isUntaken(result)) {
        this.#observe("served", parkedAtMs);
        return result;
      }
      last = result;
    }
  }

  #takePlace(bytes: number): boolean {
    const { bytesMax, requestsMax } = this.#props;
    if (this.#requests >= requestsMax || this.#bytes + bytes > bytesMax) return false;
    this.#move(1, bytes);
    return true;
  }

  #leavePlace(bytes: number): void {
    this.#move(-1, -bytes);
  }

  #move(requests: number, bytes: number): void {
    this.#requests += requests;
    this.#bytes += bytes;
    this.#props.metrics.parked.set(this.#requests);
  }

  #observe(outcome: ParkedOutcome, parkedAtMs: number): void {
    const { clock, metrics } = this.#props;
    metrics.countParked(outcome);
    metrics.parkedSeconds.observe((clock.nowMs() - parkedAtMs) / 1_000);
  }
}

interface Held<T> {
  readonly arrivedAtMs: number;
  readonly first: Untaken<T>;
}

/**
 * The first region holds, the second answers at once: it is the first that knows both ways, and two
 * waits in a row would outlast the sender's patience. Who forbids forwarding asks for this region
 * as it is now, as a canary does.
 */
function mayWait({ headers }: Request): boolean {
  return mayHop(headers) && !isForwardingDeclined(headers);
}

function isUntaken<T>(result: T | Untaken<T>): result is Untaken<T> {
  return (
    typeof result === "object" && result !== null && "kind" in result && result.kind === "untaken"
  );
}
