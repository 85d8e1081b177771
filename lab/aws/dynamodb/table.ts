//! One global table with multi-region strong consistency: one authoritative set of items changed at
//! one instant per call, and a lagging view of it in every region.

import { AwsError } from "../service.ts";
import { itemBytes, type Item } from "./attributes.ts";
import type { ItemKey } from "./keys.ts";
import { throughQuorum, type QuorumOptions } from "./quorum.ts";
import { invalid } from "./refusals.ts";
import { ReplicaView } from "./replica-view.ts";
import { ItemStore } from "./store.ts";

export interface TableOptions {
  readonly name: string;
  /** The regions with a replica, without the witness. */
  readonly regions: readonly string[];
  readonly quorum: QuorumOptions;
  /** Two regions that write one item within one round trip: the later one is refused. */
  readonly writeConflicts: boolean;
  readonly onApplied: (write: AppliedWrite) => void;
}

/** Undefined when the item is gone. */
export interface AppliedWrite {
  readonly key: ItemKey;
  readonly item: Item | undefined;
}

export interface Change {
  readonly before: Item | undefined;
  readonly after: Item | undefined;
}

const itemBytesMax = 400 * 1024;
const lastWritesMax = 10_000;

export class StrongTable {
  readonly name: string;
  readonly createdAt = new Date();
  readonly #options: TableOptions;
  readonly #items = new ItemStore();
  readonly #views: ReadonlyMap<string, ReplicaView>;
  readonly #lastWrites = new Map<string, { readonly region: string; readonly atMs: number }>();
  #sequence = 0;

  constructor(options: TableOptions) {
    this.name = options.name;
    this.#options = options;
    const { network } = options.quorum;
    this.#views = new Map(
      options.regions.map((region) => [region, new ReplicaView(region, network)]),
    );
  }

  /** The item as the last applied write left it, without any call: for tests and for the lab. */
  peek(key: ItemKey): Item | undefined {
    return this.#items.get(key);
  }

  async read<T>(region: string, consistent: boolean, look: (items: ItemStore) => T): Promise<T> {
    const view = this.#view(region);
    if (!consistent) return look(view.at(this.#options.quorum.now()));
    return this.#strongly(region, () => look(this.#items));
  }

  /** `change` sees the latest version, and throws when a condition is not met. */
  async write(
    region: string,
    key: ItemKey,
    change: (before: Item | undefined) => Item | undefined,
  ): Promise<Change> {
    return this.#strongly(region, (via) => {
      const before = this.#items.get(key);
      const after = change(before);
      if (after !== undefined && itemBytes(after) > itemBytesMax) {
        throw invalid("Item size has exceeded the maximum allowed size");
      }
      if (this.#options.writeConflicts) this.#assertNoConflict(region, key, via);
      this.#items.set(key, after);
      this.#record(key, after, [region, via]);
      this.#options.onApplied({ key, item: after });
      return { before, after };
    });
  }

  async #strongly<T>(region: string, apply: (via: string) => T): Promise<T> {
    let sequence = 0;
    try {
      return await throughQuorum(region, this.#options.quorum, (via) => {
        try {
          return apply(via);
        } finally {
          sequence = this.#sequence;
        }
      });
    } catch (error) {
      // A refusal has come back from the quorum; anything else says nothing to this region.
      if (!(error instanceof AwsError)) sequence = 0;
      throw error;
    } finally {
      this.#view(region).catchUpTo(sequence);
    }
  }

  #record(key: ItemKey, item: Item | undefined, holders: readonly string[]): void {
    this.#sequence += 1;
    const appliedAtMs = this.#options.quorum.now();
    for (const view of this.#views.values()) {
      view.append({ sequence: this.#sequence, key, item, appliedAtMs, holders });
    }
  }

  #assertNoConflict(region: string, key: ItemKey, via: string): void {
    const { network, now } = this.#options.quorum;
    const id = JSON.stringify([key.pk, key.sk]);
    const last = this.#lastWrites.get(id);
    const roundTripMs = network.oneWayMs(region, via) + network.oneWayMs(via, region);
    if (last !== undefined && last.region !== region && now() - last.atMs < roundTripMs) {
      throw new AwsError(
        "ReplicatedWriteConflictException",
        "The request was rejected because one or more items in the request are being modified " +
          "by a request in another Region.",
      );
    }
    if (this.#lastWrites.size >= lastWritesMax) this.#lastWrites.clear();
    this.#lastWrites.set(id, { region, atMs: now() });
  }

  #view(region: string): ReplicaView {
    const view = this.#views.get(region);
    if (view === undefined) throw new Error(`${region} has no replica of ${this.name}`);
    return view;
  }
}
