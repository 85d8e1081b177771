//! Goal: what happens to rows on their way between two regions is what a real network does to them.
//! Method: two real servers, streaming across a link whose faults are switched on and off.

import { randomBytes } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";

import { takeBaseBackup } from "../../lab/postgres/base-backup.ts";
import {
  compareLsn,
  replayedLsn,
  waitCaughtUp,
  waitReplayed,
  waitStreaming,
  writtenLsn,
} from "../../lab/postgres/wait.ts";
import { Bench, eventually, host, idsOf } from "./postgres-fixture.ts";

const bench = new Bench();
afterEach(() => bench.clear());
afterAll(() => bench.close());

test("a base backup through a slow link yields a server with every row", async () => {
  const mesh = bench.mesh(["east", "west"], 40);
  const primary = await bench.primary("east");
  await primary.query("insert into ledger select generate_series(1, 20000)");
  const link = await mesh.open({
    name: "backup",
    from: "west",
    to: "east",
    listen: { host, port: 0 },
    target: () => primary,
  });
  const copy = await bench.server("copy");
  const { dataDir, account } = copy;
  const from = { host, port: link.port };
  const result = await takeBaseBackup({ from, dataDir, account, slot: "copy" });

  expect(result.files).toBeGreaterThan(500);
  expect(result.timeline).toBe(1);
  expect(result.startLsn).toMatch(/^[0-9A-F]+\/[0-9A-F]+$/);
  const slots = await primary.query("select slot_name from pg_replication_slots");
  expect(slots).toEqual([{ slot_name: "copy" }]);
  await copy.start();
  expect(await copy.query("select count(*)::int as rows from ledger")).toEqual([{ rows: 20000 }]);
});

test("a base backup that gets stuck, is called off or meets a reset fails and leaves nothing", async () => {
  const mesh = bench.mesh(["east", "west"]);
  const primary = await bench.primary("east");
  const link = await mesh.open({
    name: "backup",
    from: "west",
    to: "east",
    listen: { host, port: 0 },
    target: () => primary,
  });
  const { dataDir, account } = await bench.server("copy");
  const take = (limits: { stallMs?: number; signal?: AbortSignal }) =>
    takeBaseBackup({ from: { host, port: link.port }, dataDir, account, ...limits });

  // 8 Mbit/s: the copy would take half a minute.
  mesh.change("east", "west", { bandwidthBitsPerSecond: 8_000_000 });
  const stuck = take({ stallMs: 400 });
  await eventually(
    "the copy has begun",
    () => existsSync(dataDir) && readdirSync(dataDir).length > 0,
  );
  mesh.cut("east", "west");
  await expect(stuck).rejects.toThrow(/nothing has arrived for 400 ms/);
  expect(readdirSync(dataDir)).toEqual([]);

  mesh.heal("east", "west");
  const abort = new AbortController();
  const calledOff = take({ signal: abort.signal });
  await eventually(
    "the copy has begun",
    () => existsSync(dataDir) && readdirSync(dataDir).length > 0,
  );
  abort.abort();
  await expect(calledOff).rejects.toThrow(/called off/);

  const reset = take({});
  await eventually(
    "the copy has begun",
    () => existsSync(dataDir) && readdirSync(dataDir).length > 0,
  );
  mesh.reset("east", "west");
  await expect(reset).rejects.toThrow(/base backup .* failed/);
  expect(readdirSync(dataDir)).toEqual([]);
});

test("rows that a dark region acknowledged in its last moment never reach the other one", async () => {
  const { mesh, link, primary, standby } = await bench.pair();
  mesh.slow("east", "west", 600);
  await primary.query("insert into ledger values (1)");
  await waitCaughtUp(primary, standby);

  await primary.query("insert into ledger values (2)");
  mesh.dark("east");
  await primary.kill();
  // Long enough for it to arrive, had it not been lost.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  await standby.promote();

  expect(await idsOf(standby)).toEqual([1]);
  expect(link.counters.droppedBytes).toBeGreaterThan(0);
});

test("rows that are on their way when only the server dies still arrive", async () => {
  const { mesh, primary, standby } = await bench.pair();
  mesh.slow("east", "west", 600);
  await primary.query("insert into ledger values (1)");
  const lsn = await writtenLsn(primary);
  // The sender needs a moment to put it on the wire.
  await eventually("it is sent", async () => {
    const [row] = await primary.query<{ sent: string | null }>(
      "select sent_lsn::text as sent from pg_stat_replication",
    );
    return compareLsn(row?.sent ?? "0/0", lsn) >= 0;
  });
  await primary.kill();
  await waitReplayed(standby, lsn);
  expect(await idsOf(standby)).toEqual([1]);
});

test("a cut holds rows back and the healed link delivers them", async () => {
  const { mesh, primary, standby } = await bench.pair(5);
  mesh.cut("east", "west");
  await primary.query("insert into ledger select generate_series(1, 100)");
  const before = await replayedLsn(standby);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(await idsOf(standby)).toEqual([]);
  expect(compareLsn(before ?? "", await writtenLsn(primary))).toBeLessThan(0);

  mesh.heal("east", "west");
  await waitCaughtUp(primary, standby);
  expect(await idsOf(standby)).toHaveLength(100);
});

test("a one-way cut lets rows through and keeps their confirmation back", async () => {
  const { mesh, primary, standby } = await bench.pair(5);
  await primary.query("insert into ledger values (1)");
  await waitCaughtUp(primary, standby);
  mesh.cut("west", "east", { oneWay: true });
  await new Promise((resolve) => setTimeout(resolve, 100));
  await primary.query("insert into ledger values (2)");
  const written = await writtenLsn(primary);
  await waitCaughtUp(primary, standby);
  expect(await idsOf(standby)).toEqual([1, 2]);

  const [row] = await primary.query<{ replay: string }>(
    "select replay_lsn::text as replay from pg_stat_replication",
  );
  expect(compareLsn(row?.replay ?? "0/0", written)).toBeLessThan(0);
});

test("a standby streams again after a reset, and after its primary's region is light again", async () => {
  const { mesh, primary, standby } = await bench.pair(5);
  mesh.reset("west", "east");
  await eventually("the reset is noticed", async () => {
    return (await standby.query("select from pg_stat_wal_receiver")).length === 0;
  });
  mesh.heal("west", "east");
  await waitStreaming(primary, "west");

  mesh.dark("east");
  await primary.query("insert into ledger values (1)");
  mesh.light("east");
  await waitStreaming(primary, "west");
  await waitCaughtUp(primary, standby);
  expect(await idsOf(standby)).toEqual([1]);
});

test("a burst larger than what a link holds crosses it whole", async () => {
  const { primary, standby } = await bench.pair(20);
  await primary.query("create table big (pad bytea)");
  const pad = randomBytes(1_000_000);
  for (let count = 0; count < 12; count += 1) {
    await primary.query("insert into big values ($1)", [pad]);
  }
  await waitCaughtUp(primary, standby);
  const [row] = await standby.query<{ bytes: string }>("select sum(length(pad)) as bytes from big");
  expect(Number(row?.bytes)).toBe(12_000_000);
});
