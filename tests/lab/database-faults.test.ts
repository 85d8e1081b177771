//! Goal: a full disk ends PostgreSQL and keeps it down, a paused replica applies nothing, a rogue job
//! never gives up and tells the truth about each attempt; healed, all is as before.
//! Method: real servers, with a quota small enough to fill in a moment.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Fault } from "../../lab/faults/faults.ts";
import type { PostgresServer } from "../../lab/postgres/server.ts";
import { waitCaughtUp } from "../../lab/postgres/wait.ts";
import { fillDisk, freeDisk } from "../../lab/world/disk.ts";
import type { LabRegion } from "../../lab/world/region.ts";
import { type RogueAttempt, RogueWriters } from "../../lab/world/rogue-writers.ts";
import { settleReplay } from "../../lab/world/standing.ts";
import { Bench, eventually, idsOf } from "./postgres-fixture.ts";

const bench = new Bench();
afterEach(() => bench.clear());
afterAll(() => bench.close());

const quotaBytes = 40 * 1024 * 1024;

async function slotsOf(server: PostgresServer): Promise<readonly unknown[]> {
  const rows = await server.query("select slot_name from pg_replication_slots");
  return rows.map((row) => row["slot_name"]);
}

function westOf(postgres: PostgresServer): LabRegion {
  return { name: "west", postgres } as LabRegion;
}

function rogueLines(): readonly RogueAttempt[] {
  return readFileSync(join(bench.folder, "rogue-east.ndjson"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as RogueAttempt);
}

describe("disk-full", () => {
  test("the server ends, cannot start, and comes back with its rows and without the slot", async () => {
    const primary = await bench.primary("east");
    await primary.query("insert into ledger values (1)");
    await fillDisk({ postgres: primary, upstream: primary }, { quotaBytes });
    expect(primary.running).toBe(false);
    expect(readFileSync(primary.logFile, "utf8")).toMatch(/PANIC: .*No space left on device/);
    await expect(primary.start()).rejects.toThrow(/No space left on device/);

    await freeDisk(primary);
    await primary.start();
    expect(await slotsOf(primary)).toEqual([]);
    expect(await idsOf(primary)).toEqual([1]);
  });

  test("a replica is filled by what it receives, and the primary goes on", async () => {
    const { primary, standby } = await bench.pair();
    await fillDisk({ postgres: standby, upstream: primary }, { quotaBytes });
    expect([primary.running, standby.running]).toEqual([true, false]);
    await freeDisk(standby);
    await standby.start();
    await primary.query("insert into ledger values (1)");
    await waitCaughtUp(primary, standby);
    expect(await idsOf(standby)).toEqual([1]);
  });

  test("its own replica has what was written before the disk was full", async () => {
    const { primary, standby } = await bench.pair();
    await primary.query("insert into ledger values (1)");
    await fillDisk({ postgres: primary, upstream: standby }, { quotaBytes });
    await standby.promote();
    expect(await idsOf(standby)).toEqual([1]);
  });

  test("a disk that does not fill in time is no fault, and nothing is left of the attempt", async () => {
    const primary = await bench.primary("east");
    const filling = fillDisk({ postgres: primary, upstream: primary }, { timeoutMs: -1 });
    await expect(filling).rejects.toThrow(/was not full within/);
    expect(primary.running).toBe(true);
    expect(await slotsOf(primary)).toEqual([]);
  });

  test("a server that is down already is kept down, and a running one loses its slot", async () => {
    const primary = await bench.primary("east");
    await primary.kill();
    await fillDisk({ postgres: primary, upstream: primary }, { quotaBytes });
    await expect(primary.start()).rejects.toThrow(/No space left/);
    await freeDisk(primary);
    await primary.start();
    await primary.query("select pg_create_physical_replication_slot('forgotten', true)");
    await freeDisk(primary);
    expect(await slotsOf(primary)).toEqual([]);
  });
});

describe("replay-paused", () => {
  const fault: Fault = { kind: "replay-paused", region: "west" };

  test("the replica receives but applies nothing until it is healed", async () => {
    const { primary, standby } = await bench.pair();
    await settleReplay(westOf(standby), [fault]);
    await primary.query("insert into ledger values (1)");
    await eventually("it has received the row", async () => {
      const [row] = await primary.query(
        "select flush_lsn >= pg_current_wal_insert_lsn() as got from pg_stat_replication",
      );
      return row?.["got"] === true;
    });
    expect(await idsOf(standby)).toEqual([]);
    await settleReplay(westOf(standby), []);
    await waitCaughtUp(primary, standby);
    expect(await idsOf(standby)).toEqual([1]);
  });

  test("one that is promoted meanwhile, is down, or was never a replica is left alone", async () => {
    const { primary, standby } = await bench.pair();
    await settleReplay(westOf(primary), [fault]);
    await settleReplay(westOf(standby), [fault]);
    await standby.promote();
    await settleReplay(westOf(standby), []);
    await standby.query("insert into ledger values (7)");
    await standby.kill();
    await settleReplay(westOf(standby), [fault]);
    expect(standby.running).toBe(false);
  });
});

describe("rogue-writer", () => {
  const schema = `
    create schema app;
    create schema switchback;
    create table app.orders (key text primary key, item text not null, quantity int not null,
      region text not null, epoch bigint not null);
    create function switchback.lease_state() returns table (region text, epoch bigint)
      language sql as $$ select 'east', 7::bigint $$;
    create function refuse() returns trigger language plpgsql as $$
      begin raise exception 'no lease' using errcode = 'read_only_sql_transaction'; end $$`;
  const guard = "create trigger g before insert on app.orders execute function refuse()";

  let server: PostgresServer;
  let writers: RogueWriters;

  beforeEach(async () => {
    server = await bench.server("east");
    await server.initialise();
    await server.start();
    await server.query(schema);
    writers = new RogueWriters({
      logFolder: bench.folder,
      database: "postgres",
      user: "lab",
      databaseOf: () => server,
      paceMs: 5,
    });
  });
  afterEach(() => writers.close());

  const countOf = (outcome: "accepted" | "refused" | "unreachable"): number =>
    writers.counts()["east"]?.[outcome] ?? 0;
  const more = async (outcome: "accepted" | "refused" | "unreachable") => {
    const before = countOf(outcome);
    await eventually(`more attempts are ${outcome}`, () => countOf(outcome) > before + 3);
  };
  test("it writes, is refused, loses its server and returns, and notes each attempt once", async () => {
    writers.start("east");
    await more("accepted");
    await server.query(guard);
    await more("refused");
    await server.kill();
    await more("unreachable");
    await server.start();
    await more("refused");
    await writers.stop("east");

    const lines = rogueLines();
    expect(lines.map(({ key }) => key)).toEqual(lines.map((_, i) => `rogue-east-${i + 1}`));
    const accepted = lines.filter(({ outcome }) => outcome === "accepted");
    expect(accepted[0]).toMatchObject({ sqlstate: null, region: "east", epoch: 7 });
    expect(lines.find(({ outcome }) => outcome === "refused")?.sqlstate).toBe("25006");
    const stored = await server.query("select key from app.orders");
    expect(new Set(stored.map((row) => row["key"]))).toEqual(new Set(accepted.map((a) => a.key)));
    expect(lines.every(({ atMs, doneAtMs }) => atMs <= doneAtMs)).toBe(true);
  });

  test("a server that is frozen makes attempts end without an answer", async () => {
    const hasty = { logFolder: bench.folder, database: "postgres", user: "lab", timeoutMs: 100 };
    writers = new RogueWriters({ ...hasty, databaseOf: () => server, paceMs: 5 });
    writers.start("east");
    await more("accepted");
    server.freeze();
    await more("unreachable");
    server.thaw();
    await more("accepted");
    await writers.stop("east");
    const silent = rogueLines().filter(({ outcome }) => outcome === "unreachable");
    expect(silent.every(({ sqlstate, epoch }) => sqlstate === null && epoch === null)).toBe(true);
  });

  test("started again it goes on counting in the same file; stopped it attempts no more", async () => {
    writers.start("east");
    await more("accepted");
    await writers.stop("east");
    const before = rogueLines().length;
    writers.start("east");
    writers.start("east");
    await more("accepted");
    await writers.stop("east");
    const after = rogueLines();
    expect(after.length).toBeGreaterThan(before);
    expect(new Set(after.map(({ key }) => key)).size).toBe(after.length);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(rogueLines()).toHaveLength(after.length);
  });
});
