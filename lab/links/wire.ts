//! What is under way in one direction of one connection. Parcels arrive in order, each when its
//! time has come; while the path does not pass they wait, and in the dark they are lost.

import type { Path } from "./path.ts";

export type Parcel =
  | { readonly kind: "data"; readonly bytes: Buffer }
  /** The sender will send no more. */
  | { readonly kind: "end" }
  | { readonly kind: "reset" }
  /** Steps of the connection's own handshake, which also take their time. */
  | { readonly kind: "dial" }
  | { readonly kind: "answer" };

export interface WireEnds {
  /** False when the receiver takes no more for now: `resume` when it does. */
  deliver(parcel: Parcel): boolean;
  /** Too much is under way: the sender must pause until `room`. */
  full(): void;
  room(): void;
}

interface Scheduled {
  readonly parcel: Parcel;
  readonly atMs: number;
}

const bytesMax = 4 * 1024 * 1024;
const bytesLow = 1024 * 1024;
// A timer may fire a little early; then what is due within this time is taken along.
const earlyMs = 0.5;

export class Wire {
  readonly #path: Path;
  readonly #ends: WireEnds;
  #queue: Scheduled[] = [];
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #receiverBusy = false;
  #full = false;
  #delivering = false;
  /** Whether the path has been out of order while something may have been under way. */
  #held: boolean;

  constructor(path: Path, ends: WireEnds) {
    this.#path = path;
    this.#ends = ends;
    this.#held = !path.passes;
  }

  send(parcel: Parcel): void {
    const bytes = sizeOf(parcel);
    // Whatever the jitter: nobody leaves the queue before those ahead of him.
    this.#queue.push({ parcel, atMs: this.#path.arrivalMs(performance.now(), bytes) });
    this.#bytes += bytes;
    if (!this.#full && this.#bytes > bytesMax) {
      this.#full = true;
      this.#ends.full();
    }
    this.#deliverDue();
  }

  /** The receiver takes more. */
  resume(): void {
    this.#receiverBusy = false;
    this.#deliverDue();
  }

  /** The path has changed. What waited for it needs the way once more, as a retransmission does. */
  pathChanged(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#path.passes) {
      this.#held = true;
      return;
    }
    if (this.#held) this.#sendAgain();
    this.#held = false;
    this.#deliverDue();
  }

  /** Loses everything under way; returns how many bytes of data that was. */
  drop(): number {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const lost = this.#bytes;
    this.#queue = [];
    this.#bytes = 0;
    return lost;
  }

  #sendAgain(): void {
    const soonestMs = performance.now() + this.#path.latencyMs;
    this.#queue = this.#queue.map(({ parcel, atMs }) => ({
      parcel,
      atMs: Math.max(atMs, soonestMs),
    }));
  }

  #deliverDue(): void {
    // A delivery may lead to the next `send` before it returns.
    if (this.#delivering || !this.#path.passes) return;
    this.#delivering = true;
    const nowMs = performance.now() + earlyMs;
    while (!this.#receiverBusy && (this.#queue[0]?.atMs ?? Infinity) <= nowMs) this.#deliverNext();
    this.#delivering = false;
    this.#makeRoom();
    this.#schedule();
  }

  #deliverNext(): void {
    const next = this.#queue.shift();
    if (next === undefined) return;
    this.#bytes -= sizeOf(next.parcel);
    this.#receiverBusy = !this.#ends.deliver(next.parcel);
  }

  #makeRoom(): void {
    if (!this.#full || this.#bytes > bytesLow) return;
    this.#full = false;
    this.#ends.room();
  }

  /** One timer for the first parcel; those due at the same time go along with it. */
  #schedule(): void {
    const next = this.#queue[0];
    if (next === undefined || this.#receiverBusy || this.#timer !== undefined) return;
    const waitMs = Math.max(0, next.atMs - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#deliverDue();
    }, waitMs);
  }
}

function sizeOf(parcel: Parcel): number {
  return parcel.kind === "data" ? parcel.bytes.length : 0;
}
