//! Goal: a lab server is a real PostgreSQL that can be killed, frozen, stopped and promoted, and
//! that leaves nothing behind.
//! Method: real servers from the npm package, watched through the system's process table.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { rebuildAsStandby } from "../../lab/postgres/base-backup.ts";
import { PostgresServer } from "../../lab/postgres/server.ts";
import { waitCaughtUp, waitStreaming } from "../../lab/postgres/wait.ts";
import { identify, isAlive } from "../../lab/processes/process-table.ts";
import type { ProcessIdentity } from "../../lab/processes/process-table.ts";
import { readRecord } from "../../lab/processes/record.ts";
import { Bench, eventually, host, idsOf } from "./postgres-fixture.ts";

const bench = new Bench();
afterEach(() => bench.clear());
afterAll(() => bench.close());

async function processesOf(server: PostgresServer): Promise<readonly ProcessIdentity[]> {
  const rows = await server.query<{ pid: number }>("select pid from pg_stat_activity");
  return [server.pid ?? 0, ...rows.map(({ pid }) => pid)]
    .map(identify)
    .filter((identity) => identity !== undefined);
}

async function isRunning(server: PostgresServer, query: string): Promise<boolean> {
  const sql =
    "select from pg_stat_activity where query like $1 and state = 'active' and pid <> pg_backend_pid()";
  return (await server.query(sql, [query])).length > 0;
}

function sharedMemory(): readonly string[] {
  return execFileSync("ipcs", ["-m"], { encoding: "utf8" }).split(/\s+/);
}

test("a standby streams through a link, and keeps every row when it is promoted", async () => {
  const { primary, standby } = await bench.pair();
  await primary.query("insert into ledger select generate_series(1, 500)");
  await waitCaughtUp(primary, standby);
  await expect(standby.query("insert into ledger values (501)")).rejects.toMatchObject({
    code: "25006",
  });

  await primary.kill();
  await standby.promote();
  await standby.query("insert into ledger values (501)");

  expect(await idsOf(standby)).toEqual(Array.from({ length: 501 }, (_, index) => index + 1));
});

test("a promotion is harmless on a server that is a primary already", async () => {
  const primary = await bench.primary("east");
  await primary.promote();
  await primary.query("insert into ledger values (1)");
  expect(await idsOf(primary)).toEqual([1]);
});

test("a kill returns when every process of the server is gone, busy backends included", async () => {
  const primary = await bench.primary("east");
  const busy = primary
    .query("select count(*) from generate_series(1, 2000000000)", [], { timeoutMs: 60_000 })
    .catch((error: unknown) => error);
  await eventually("the query runs", () => isRunning(primary, "%2000000000%"));
  const processes = await processesOf(primary);
  const lockFile = join(primary.dataDir, "postmaster.pid");
  const [, segment = ""] = readFileSync(lockFile, "utf8").split("\n")[6]?.trim().split(/\s+/) ?? [];
  expect(sharedMemory()).toContain(segment);

  await primary.kill();

  expect(processes.filter(isAlive)).toEqual([]);
  expect(primary.running).toBe(false);
  expect(existsSync(lockFile)).toBe(false);
  expect(sharedMemory()).not.toContain(segment);
  expect(readRecord(bench.folder)?.processes).toEqual([]);
  await busy;
});

test("acknowledged rows survive a kill", async () => {
  const primary = await bench.primary("east");
  await primary.query("insert into ledger values (1), (2)");
  await primary.kill();
  await primary.start();
  expect(await idsOf(primary)).toEqual([1, 2]);
});

test("a frozen server answers neither old nor new sessions until it is thawed", async () => {
  const primary = await bench.primary("east");
  primary.freeze();
  const write = primary.query("insert into ledger values (1)", [], { timeoutMs: 400 });
  await expect(write).rejects.toThrow(/timeout/i);
  expect(primary.frozen).toBe(true);

  primary.thaw();
  await primary.query("insert into ledger values (2)");
  expect(primary.frozen).toBe(false);
});

test("a session that is open when the server freezes waits, and goes on after the thaw", async () => {
  const primary = await bench.primary("east");
  const sleeping = primary.query("select pg_sleep(0.5), clock_timestamp() as at", [], {
    timeoutMs: 20_000,
  });
  await eventually("the query runs", () => isRunning(primary, "select pg_sleep%"));
  primary.freeze();
  let done = false;
  void sleeping.finally(() => {
    done = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(done).toBe(false);

  primary.thaw();
  expect(await sleeping).toHaveLength(1);
});

test("a frozen server can be killed, and a frozen one can be stopped in order", async () => {
  const killed = await bench.primary("east");
  killed.freeze();
  await killed.kill();
  expect(killed.running).toBe(false);

  const stopped = await bench.primary("west");
  stopped.freeze();
  await stopped.stopFast();
  expect(stopped.running).toBe(false);
  expect(readFileSync(stopped.logFile, "utf8")).toContain("database system is shut down");
});

test("a fast stop ends although the standby is cut off", async () => {
  const { mesh, primary } = await bench.pair();
  mesh.cut("east", "west");
  await primary.query("insert into ledger values (1)");
  await primary.stopFast(1_000);
  expect(primary.running).toBe(false);
});

test("a standby is promoted although its receiver waits in a cut link", async () => {
  const { mesh, link, standby } = await bench.pair();
  mesh.cut("east", "west");
  const before = link.counters.connections;
  link.resetConnections();
  await eventually("it tries again", () => link.counters.connections > before);
  await standby.promote({ timeoutMs: 15_000 });
  await standby.query("insert into ledger values (1)");
  expect(await idsOf(standby)).toEqual([1]);
});

test("a primary that was left behind rejoins from a fresh copy", async () => {
  const { primary, standby } = await bench.pair();
  await primary.kill();
  await standby.promote();
  await standby.query("insert into ledger values (7)");

  await rebuildAsStandby(primary, { host, port: standby.port, slot: "east" });
  await primary.start();
  await waitStreaming(standby, "east");
  await waitCaughtUp(standby, primary);

  expect(await idsOf(primary)).toEqual([7]);
});

test("a server that cannot start says why, from its log", async () => {
  const first = await bench.primary("east");
  const second = await bench.server("west");
  await second.initialise();

  const clashing = new PostgresServer({
    name: "west",
    host,
    port: first.port,
    dataDir: second.dataDir,
    logFile: second.logFile,
    binaries: await bench.binaries(),
    account: bench.account,
  });
  await expect(clashing.start()).rejects.toThrow(/in use/i);
  expect(clashing.running).toBe(false);
});

test("an exit is told to who asked, and not to who asked no more", async () => {
  const primary = await bench.primary("east");
  const seen: string[] = [];
  primary.onExit(({ signal }) => seen.push(`first ${signal}`));
  primary.onExit(({ signal }) => seen.push(`second ${signal}`))();
  await primary.kill();
  expect(seen).toEqual(["first SIGKILL"]);
});
