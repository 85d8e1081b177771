//! What an eventually consistent read sees in one region: the writes that have arrived there, in
//! the order in which they were applied. A cut link leaves the view behind until it heals.

import type { Item } from "./attributes.ts";
import type { ItemKey } from "./keys.ts";
import type { MrscNetwork } from "./quorum.ts";
import { ItemStore } from "./store.ts";

export interface AppliedWrite {
  readonly sequence: number;
  readonly key: ItemKey;
  readonly item: Item | undefined;
  readonly appliedAtMs: number;
  /** The region that wrote and the site that made its quorum. */
  readonly holders: readonly string[];
}

const pendingMax = 4_096;

export class ReplicaView {
  readonly #region: string;
  readonly #network: MrscNetwork;
  readonly #items = new ItemStore();
  #pending: AppliedWrite[] = [];

  constructor(region: string, network: MrscNetwork) {
    this.#region = region;
    this.#network = network;
  }

  append(write: AppliedWrite): void {
    this.#deliver((pending) => this.#arrivalMs(pending) <= write.appliedAtMs);
    this.#pending.push(write);
    if (this.#pending.length > pendingMax) this.#pending = lastOfEachKey(this.#pending);
  }

  /** A region that took part in a quorum has seen everything up to that point. */
  catchUpTo(sequence: number): void {
    this.#deliver((write) => write.sequence <= sequence);
  }

  at(nowMs: number): ItemStore {
    this.#deliver((write) => this.#arrivalMs(write) <= nowMs);
    return this.#items;
  }

  /** Stops at the first write that is not due: later ones must not overtake it. */
  #deliver(isDue: (write: AppliedWrite) => boolean): void {
    const waiting = this.#pending.findIndex((write) => !isDue(write));
    const due = this.#pending.splice(0, waiting === -1 ? this.#pending.length : waiting);
    for (const { key, item } of due) this.#items.set(key, item);
  }

  #arrivalMs({ appliedAtMs, holders }: AppliedWrite): number {
    const delays = holders
      .filter((holder) => holder !== this.#region)
      .filter((holder) => this.#network.reachable(holder, this.#region))
      .map((holder) => this.#network.oneWayMs(holder, this.#region));
    const accepted = holders.at(-1) === this.#region ? [0] : [];
    return appliedAtMs + Math.min(...delays, ...accepted, Number.POSITIVE_INFINITY);
  }
}

function lastOfEachKey(writes: readonly AppliedWrite[]): AppliedWrite[] {
  const last = new Map<string, AppliedWrite>();
  for (const write of writes) {
    const key = JSON.stringify([write.key.pk, write.key.sk]);
    last.delete(key);
    last.set(key, write);
  }
  return [...last.values()];
}
