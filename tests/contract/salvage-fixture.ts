//! A forced failover between two real PostgreSQL servers, up to the moment when the old primary can be
//! read again; and a salvage of it into memory.

import { waitCaughtUp } from "../../lab/postgres/wait.ts";
import { defaultDatabase, labUser } from "../../lab/postgres/settings.ts";
import type { PostgresServer } from "../../lab/postgres/server.ts";
import type { SalvageReport } from "../../operator/salvage/summary.ts";
import {
  type RunningSalvage,
  type SalvageProps,
  salvageOf,
} from "../../operator/salvage/salvage.ts";
import { MemoryStore } from "../fakes/object-store.ts";
import { type Bench, eventually, type Pair } from "../lab/postgres-fixture.ts";
import { GuardedServer } from "./guarded-server.ts";

export const name = "protect-2";
export const folder = `switchback/salvage/${name}/`;

export class LostRegion {
  readonly pair: Pair;
  /** The old primary. */
  readonly east: GuardedServer;
  readonly west: GuardedServer;
  readonly store = new MemoryStore();
  readonly #salvages: RunningSalvage[] = [];

  private constructor(pair: Pair) {
    this.pair = pair;
    this.east = new GuardedServer(pair.primary);
    this.west = new GuardedServer(pair.standby);
  }

  /** Both have the tables and what `sql` made; the last renewal has arrived. */
  static async before(bench: Bench, sql: string): Promise<LostRegion> {
    const made = new LostRegion(await bench.pair());
    await made.east.query(sql);
    await made.east.install();
    await made.east.grant();
    await made.renew();
    await made.caughtUp();
    return made;
  }

  async renew(): Promise<void> {
    const renewed = await this.east.database.extendLease(await this.east.grantOf(60_000));
    if (!renewed.ok) throw new Error(renewed.detail);
  }

  async caughtUp(): Promise<void> {
    // A renewal waits for no disk, and only what is on disk is sent.
    await this.east.query("select pg_logical_emit_message(true, 'test', 'flush')");
    await waitCaughtUp(this.pair.primary, this.pair.standby);
  }

  /** What the old primary accepts from now on reaches nobody. */
  cut(): void {
    this.pair.mesh.cut("east", "west");
  }

  async failOver(): Promise<void> {
    await this.east.expire();
    await this.pair.standby.promote();
    await this.west.install();
    await this.west.grant(600_000, 2);
  }

  salvage(props: Partial<SalvageProps> = {}): RunningSalvage {
    const salvage = salvageOf({
      ownDatabaseUrl: urlOf(this.pair.standby),
      peerDatabaseUrl: urlOf(this.pair.primary),
      references: [],
      store: this.store,
      timeoutMs: 5_000,
      ...props,
    });
    this.#salvages.push(salvage);
    return salvage;
  }

  async salvaged(props: Partial<SalvageProps> = {}): Promise<SalvageReport> {
    const salvage = this.salvage(props);
    await begin(salvage);
    await settled(salvage);
    const summary = await salvage.summary(name);
    if (!summary.ok) throw new Error(summary.detail);
    return JSON.parse(this.file("summary.json")) as SalvageReport;
  }

  file(file: string): string {
    const text = this.store.objects.get(`${folder}${file}`);
    if (text === undefined) throw new Error(`no ${file} among ${this.store.stored.join(", ")}`);
    return text;
  }

  /** As a person would apply it. */
  async apply(file: string): Promise<void> {
    await this.west.query(this.file(file));
  }

  async close(): Promise<void> {
    await Promise.all(this.#salvages.map((salvage) => salvage.close()));
    await this.east.close();
    await this.west.close();
  }
}

export async function begin(salvage: RunningSalvage): Promise<void> {
  const started = await salvage.start(name);
  if (!started.ok) throw new Error(started.detail);
}

export function settled(salvage: RunningSalvage): Promise<void> {
  return eventually("the salvage has ended", () => salvage.progress === "idle");
}

export function urlOf({ host, port }: PostgresServer): string {
  return `postgres://${labUser}@${host}:${port}/${defaultDatabase}`;
}

/** An independent reader of CSV: fields, with NULL (no quotes, empty) as null. */
export function parseCsv(text: string): (string | null)[][] {
  const rows: (string | null)[][] = [];
  let row: (string | null)[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy;
  while (field.lastIndex < text.length) {
    const match = field.exec(text);
    if (match === null) throw new Error("not CSV");
    const [, quoted, bare = "", end] = match;
    row.push(quoted === undefined ? (bare === "" ? null : bare) : quoted.replaceAll('""', '"'));
    if (end !== "\r\n") continue;
    rows.push(row);
    row = [];
  }
  return rows;
}
