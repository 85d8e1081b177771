//! One holder of the lease over fakes, for tests that call it directly instead of driving the loop.

import type { LeaseItem } from "../../failover/lease-item.ts";
import { failed, type Outcome } from "../../failover/outcome.ts";
import type { Vouched } from "../../failover/ports.ts";
import { Holder } from "../../operator/holder.ts";
import type { HolderEvent } from "../../operator/holder-parts.ts";
import { LeaseBoard } from "../../operator/lease-board.ts";
import { ArbiterTable, FakeArbiter } from "./arbiter.ts";
import { FakeClock } from "./clock.ts";
import { FakeDatabase } from "./database.ts";
import { Wire } from "./wire.ts";

export const region = "us-east-1";
export const peer = "us-west-2";
export const timing = { leaseMs: 1_500, marginMs: 300, commitGapMs: 250 };
export const ungrantedMsMax = 3_000;

export class HolderBench {
  readonly clock = new FakeClock();
  readonly table = new ArbiterTable();
  readonly arbiterWire = new Wire(this.clock);
  readonly databaseWire = new Wire(this.clock);
  readonly arbiter = new FakeArbiter(this.table, this.arbiterWire);
  readonly events: HolderEvent[] = [];
  /** What happened to lease and database, in order. */
  readonly effects: string[] = [];
  readonly database = new FakeDatabase({
    name: region,
    clock: this.clock,
    wire: this.databaseWire,
    role: "primary",
    clockOffsetMs: 7_000_000,
    note: (event) => this.effects.push(event.replace(`${region}: `, "")),
  });
  board: LeaseBoard;
  holder: Holder;
  promotingEpoch = 0;
  /** What the other region's operator answers. */
  vouched: Outcome<Vouched> = failed("unreachable", "no peer");
  /** Told at the instant the other operator is asked. */
  onAsked: () => void = () => undefined;

  constructor() {
    this.table.onApplied = (write, { epoch }) => this.effects.push(`${write} ${epoch}`);
    [this.board, this.holder] = this.#start();
  }

  get item(): LeaseItem {
    if (this.table.item === "absent") throw new Error("nothing is open");
    return this.table.item;
  }

  /** A new process: it remembers nothing. */
  restart(): void {
    [this.board, this.holder] = this.#start();
  }

  /** The usual beginning: this region opened epoch 1 and its database accepts writes. */
  async begin(): Promise<this> {
    await this.holder.open();
    await this.holder.grant();
    await this.holder.renew();
    this.effects.length = 0;
    this.events.length = 0;
    return this;
  }

  /** Somebody else's write, without a wire. */
  write(changes: Partial<LeaseItem>): void {
    this.table.item = { ...this.item, ...changes };
  }

  kinds(): readonly string[] {
    return this.events.map(({ kind }) => kind);
  }

  #start(): [LeaseBoard, Holder] {
    const { arbiter, clock, database } = this;
    const board = new LeaseBoard(arbiter, clock);
    const holder = new Holder({
      region,
      timing,
      ungrantedMsMax,
      arbiter,
      peer: {
        renewFor: async () => {
          this.onAsked();
          return this.vouched;
        },
      },
      database,
      clock,
      board,
      appHealth: () => "serving",
      promoting: (epoch) => this.promotingEpoch === epoch,
      onEvent: (event) => this.events.push(event),
    });
    return [board, holder];
  }
}
