//! A small lab that can be killed: a PostgreSQL server and two programs under a record and, unless
//! told otherwise, a watchdog. It prints one line of JSON when everything runs.

import { join } from "node:path";

import { chooseAccount } from "../../lab/postgres/account.ts";
import { findBinaries } from "../../lab/postgres/binaries.ts";
import { PostgresServer } from "../../lab/postgres/server.ts";
import { freePort } from "../../lab/processes/ports.ts";
import { reap } from "../../lab/processes/reaper.ts";
import { ProcessRecord } from "../../lab/processes/record.ts";
import { Supervisor } from "../../lab/processes/supervisor.ts";
import { startWatchdog } from "../../lab/processes/watchdog.ts";

async function main([folder = "", startFolder = "", watched]: readonly string[]): Promise<void> {
  await reap(folder);
  const record = new ProcessRecord(folder);
  const watchdog = watched === "watched" ? startWatchdog(record) : undefined;
  const account = chooseAccount();
  const host = "127.0.0.1";
  const server = new PostgresServer({
    name: "east",
    host,
    port: await freePort(host),
    dataDir: join(folder, "east"),
    logFile: join(folder, "east.log"),
    binaries: await findBinaries({ startFolder, account, cacheFolder: folder }),
    account,
    record,
  });
  await server.initialise();
  await server.start();
  const supervisor = new Supervisor({ region: "east", record, logFolder: folder });
  const idle = { script: join(folder, "idle.cjs"), env: {} };
  const programs = ["operator", "app"].map((name) => supervisor.run({ ...idle, name }));
  const backends = await server.query<{ pid: number }>("select pid from pg_stat_activity");
  const pids = [...programs.map(({ pid }) => pid), server.pid, ...backends.map(({ pid }) => pid)];
  // An orderly end, when asked for one.
  process.once("SIGTERM", () => {
    void Promise.all([supervisor.stop(), server.stopFast()]).finally(() => {
      record.close();
      watchdog?.release();
    });
  });

  process.stdout.write(`${JSON.stringify({ pids, watchdog: watchdog?.pid })}\n`);
}

void main(process.argv.slice(2));
