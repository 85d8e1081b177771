//! The arbiter's table in memory: one lease item under the same conditions as the real one, and the
//! journal beside it. Each process reaches the same table over a wire of its own.

import type { JournalEntry } from "../../failover/journal.ts";
import type { Arbiter, Journal } from "../../failover/ports.ts";
import { failed, type Outcome, succeeded } from "../../failover/outcome.ts";
import {
  type Control,
  type HandoverRequest,
  type HandoverToken,
  type HolderWord,
  type LeaseItem,
  noControl,
} from "../../failover/lease-item.ts";
import type { Wire } from "./wire.ts";

export class ArbiterTable {
  item: LeaseItem | "absent" = "absent";
  readonly batches: (readonly JournalEntry[])[] = [];
  /** Told at the instant a write of the lease is applied. */
  onApplied: (write: string, item: LeaseItem) => void = () => undefined;

  get entries(): readonly JournalEntry[] {
    return this.batches.flat();
  }

  apply(write: string, item: LeaseItem): Outcome<LeaseItem> {
    this.item = item;
    this.onApplied(write, item);
    return succeeded(item);
  }

  /** The newest renewal of the same holder may have come since: only what people say is compared. */
  applyIfUnsaid(
    seen: LeaseItem,
    write: string,
    next: (item: LeaseItem) => LeaseItem,
  ): Outcome<LeaseItem> {
    const { item } = this;
    if (item === "absent" || item.version !== seen.version) {
      return failed("conflict", "the condition does not hold");
    }
    return this.apply(write, next(item));
  }

  applyIf(
    held: LeaseItem,
    write: string,
    next: (item: LeaseItem) => LeaseItem,
  ): Outcome<LeaseItem> {
    const { item } = this;
    if (
      item === "absent" ||
      item.epoch !== held.epoch ||
      item.holder !== held.holder ||
      item.renewals !== held.renewals
    ) {
      return failed("conflict", "the condition does not hold");
    }
    return this.apply(write, next(item));
  }
}

export class FakeArbiter implements Arbiter {
  readonly #table: ArbiterTable;
  readonly #wire: Wire;

  constructor(table: ArbiterTable, wire: Wire) {
    this.#table = table;
    this.#wire = wire;
  }

  read(): Promise<Outcome<LeaseItem | "absent">> {
    return this.#wire.call("read", () => succeeded(this.#table.item));
  }

  open(holder: string, sinceMs: number): Promise<Outcome<LeaseItem>> {
    return this.#wire.call("open", () => {
      if (this.#table.item !== "absent") return failed("conflict", "it is open already");
      const opened = {
        epoch: 1,
        holder,
        renewals: 0,
        sinceMs,
        word: "none",
        token: "none",
        version: 0,
        request: "none",
        control: noControl,
      } as const;
      return this.#table.apply("open", opened);
    });
  }

  renew(held: LeaseItem, word: HolderWord): Promise<Outcome<LeaseItem>> {
    return this.#wire.call("renew", () =>
      this.#table.applyIf(held, "renew", (item) => ({
        ...item,
        renewals: item.renewals + 1,
        word,
      })),
    );
  }

  takeOver(seen: LeaseItem, by: string, sinceMs: number): Promise<Outcome<LeaseItem>> {
    return this.#wire.call("takeOver", () =>
      this.#table.applyIf(seen, "takeOver", (item) => ({
        ...item,
        epoch: item.epoch + 1,
        holder: by,
        renewals: 0,
        sinceMs,
        word: "none",
        token: item.holder === "nobody" ? item.token : "none",
        request: "none",
      })),
    );
  }

  release(held: LeaseItem, token: HandoverToken): Promise<Outcome<LeaseItem>> {
    return this.#wire.call("release", () =>
      this.#table.applyIf(held, "release", (item) => ({
        ...item,
        holder: "nobody",
        renewals: item.renewals + 1,
        token,
      })),
    );
  }

  ask(seen: LeaseItem, request: HandoverRequest | "none"): Promise<Outcome<LeaseItem>> {
    return this.#wire.call("ask", () => {
      const { item } = this.#table;
      if (item === "absent" || item.epoch !== seen.epoch || item.holder !== seen.holder) {
        return failed("conflict", "the condition does not hold");
      }
      return this.#table.applyIfUnsaid(seen, "ask", (now) => ({
        ...now,
        request,
        version: now.version + 1,
      }));
    });
  }

  instruct(seen: LeaseItem, control: Control): Promise<Outcome<LeaseItem>> {
    return this.#wire.call("instruct", () =>
      this.#table.applyIfUnsaid(seen, "instruct", (now) => ({
        ...now,
        control,
        version: now.version + 1,
      })),
    );
  }
}

/** Cached, and refused when somebody else has appended since: as the real one. */
export class FakeJournal implements Journal {
  readonly #table: ArbiterTable;
  readonly #wire: Wire;
  #known: number | "stale" = "stale";

  constructor(table: ArbiterTable, wire: Wire) {
    this.#table = table;
    this.#wire = wire;
  }

  async read(how?: "fresh"): Promise<Outcome<readonly JournalEntry[]>> {
    if (this.#known !== "stale" && how !== "fresh") {
      return succeeded(this.#table.batches.slice(0, this.#known).flat());
    }
    const answer = await this.#wire.call("journal.read", () =>
      succeeded([...this.#table.batches] as readonly (readonly JournalEntry[])[]),
    );
    if (!answer.ok) return answer;
    this.#known = answer.value.length;
    return succeeded(answer.value.flat());
  }

  async append(entries: readonly JournalEntry[]): Promise<Outcome<void>> {
    const before = await this.read();
    if (!before.ok) return before;
    const known = this.#known;
    const written = await this.#wire.call("journal.append", () => {
      if (this.#table.batches.length !== known) return failed("conflict", "somebody else appended");
      this.#table.batches.push(entries);
      return succeeded(undefined);
    });
    this.#known = written.ok ? this.#table.batches.length : "stale";
    return written;
  }
}
