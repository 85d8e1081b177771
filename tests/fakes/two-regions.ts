//! Two regions in memory under the production loop: real tick, verdict, plans, steps, holder and
//! lookout, over fakes. Time moves only between turns, and after each turn safety is looked at.

import type { JournalEntry } from "../../failover/journal.ts";
import { labTopology } from "../../topology/lab.ts";
import { initialActive, initialStandby, type Topology } from "../../topology/topology.ts";
import { ArbiterTable } from "./arbiter.ts";
import { FakeClock } from "./clock.ts";
import { Region } from "./region.ts";
import type { Records } from "./surroundings.ts";
import { Crash } from "./wire.ts";

export class TwoRegions {
  readonly clock = new FakeClock();
  readonly table = new ArbiterTable();
  readonly records: Records;
  readonly topology: Topology;
  readonly active: Region;
  readonly standby: Region;
  /** What was done to leases and databases, in order. */
  readonly events: string[] = [];
  /** When two databases would have accepted a write at the same instant. */
  #splitBrain: string | undefined;

  constructor(changes: Partial<Topology> = {}) {
    this.topology = { ...labTopology, ...changes };
    const names = [initialActive(this.topology), initialStandby(this.topology)] as const;
    this.records = { primary: names[0] };
    this.active = new Region(this, { name: names[0], role: "primary", clockOffsetMs: 5_000_000 });
    this.standby = new Region(this, { name: names[1], role: "replica", clockOffsetMs: -3_000_000 });
    for (const region of this.regions) {
      const { database } = region;
      database.onReplicas = () => {
        const replica = this.peerOf(region).database;
        const follows = replica.role === "replica" && replica.timeline === database.timeline;
        return { streaming: follows ? 1 : 0, behindBytes: 0 };
      };
    }
    this.table.onApplied = (write, { epoch, holder }) => {
      if (write !== "renew") this.note(`arbiter: ${write} ${epoch} ${holder}`);
    };
  }

  get regions(): readonly [Region, Region] {
    return [this.active, this.standby];
  }

  get entries(): readonly JournalEntry[] {
    return this.table.entries;
  }

  peerOf(region: Region): Region {
    return region === this.active ? this.standby : this.active;
  }

  serves(name: string): boolean {
    return this.regions.some(
      (region) =>
        region.name === name && region.isUp && !region.appIsDown && region.database.isWritable,
    );
  }

  note(event: string): void {
    this.events.push(event);
    this.look();
  }

  look(): void {
    const writable = this.regions.filter(({ database }) => database.isWritable);
    if (writable.length > 1)
      this.#splitBrain = `two writers after: ${this.events.slice(-5).join(", ")}`;
  }

  /** One turn of both regions, and some time. */
  async turn(ms = 50): Promise<void> {
    this.replicate();
    for (const region of this.regions) {
      if (!region.isUp) continue;
      await region.turn().catch((error: unknown) => {
        if (!(error instanceof Crash)) throw error;
        region.restart();
      });
      this.look();
    }
    this.clock.advance(ms);
    this.look();
  }

  replicate(): void {
    for (const region of this.regions) {
      const source = this.peerOf(region);
      if (source.isUp) region.database.receive(source.database);
    }
  }

  /** Turns until it holds; fails when it never does. */
  async until(what: string, holds: () => boolean, turnsMax = 400): Promise<void> {
    for (let turn = 0; turn < turnsMax; turn += 1) {
      if (holds()) return;
      await this.turn();
    }
    if (!holds()) throw new Error(`never: ${what}; ${this.events.slice(-8).join(", ")}`);
  }

  async forMs(ms: number): Promise<void> {
    for (let turn = 0; turn < ms / 50; turn += 1) await this.turn();
  }

  /** The usual beginning: the active region serves, the standby replicates, all is calm. */
  async begin(): Promise<this> {
    await this.until("the active region serves", () => this.serves(this.active.name));
    await this.forMs(2_000);
    return this;
  }

  /** Throws when there ever were two writers. */
  assertOneWriter(): void {
    if (this.#splitBrain !== undefined) throw new Error(this.#splitBrain);
  }

  kinds(): readonly string[] {
    return this.entries.map((entry) =>
      "step" in entry ? `${entry.kind} ${entry.step}` : entry.kind,
    );
  }
}
