//! Items by key, with partitions in order of their sort keys. Bounded, as everything in the lab.

import { AwsError } from "../service.ts";
import { compareText } from "../text-order.ts";
import type { Item } from "./attributes.ts";
import type { ItemKey } from "./keys.ts";

const itemsMax = 100_000;

export class ItemStore {
  readonly #partitions = new Map<string, Map<string, Item>>();
  #size = 0;

  get({ pk, sk }: ItemKey): Item | undefined {
    return this.#partitions.get(pk)?.get(sk);
  }

  /** `undefined` removes the item. */
  set({ pk, sk }: ItemKey, item: Item | undefined): void {
    const partition = this.#partitions.get(pk) ?? new Map<string, Item>();
    const had = partition.has(sk);
    if (item === undefined) partition.delete(sk);
    else if (had || this.#size < itemsMax) partition.set(sk, item);
    else throw full();
    this.#size += Number(partition.has(sk)) - Number(had);
    if (partition.size === 0) this.#partitions.delete(pk);
    else this.#partitions.set(pk, partition);
  }

  /** Every item of a partition, by the bytes of its sort key. */
  partition(pk: string): readonly Item[] {
    const entries = [...(this.#partitions.get(pk) ?? [])];
    return entries.toSorted(([a], [b]) => compareText(a, b)).map(([, item]) => item);
  }
}

function full(): AwsError {
  return new AwsError("RequestLimitExceeded", `the lab's table holds at most ${itemsMax} items`);
}
