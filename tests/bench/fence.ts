//! Guarded against unguarded, in alternating turns on the same server. The ratio of neighbouring
//! turns is what counts: both had the same neighbours on the machine.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chooseAccount, makeOwnFolder } from "../../lab/postgres/account.ts";
import { findBinaries } from "../../lab/postgres/binaries.ts";
import { PostgresServer } from "../../lab/postgres/server.ts";
import { freePort } from "../../lab/processes/ports.ts";
import { postgresDatabase } from "../../operator/adapters/postgres.ts";
import { prepareTables, runTurn } from "./tpcb.ts";

export interface FenceProps {
  readonly folder: string;
  readonly repository: string;
  readonly seconds: number;
  readonly rounds: number;
  readonly clients: number;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface FenceResult {
  readonly plainTps: Spread;
  readonly guardedTps: Spread;
  readonly slowerPercent: Spread;
}

const databases = ["plain", "guarded"] as const;
const leaseMs = 24 * 3_600_000;

export async function benchFence(props: FenceProps): Promise<FenceResult> {
  const server = await startServer(props);
  try {
    props.onProgress("filling two databases");
    for (const name of databases) await server.query(`create database ${name}`);
    await guard(urlOf(server, "guarded"));
    for (const name of databases) await prepareTables(urlOf(server, name));
    return await measure(server, props);
  } finally {
    await server.stopImmediate();
  }
}

async function measure(server: PostgresServer, props: FenceProps): Promise<FenceResult> {
  const { clients, onProgress, rounds, seconds, signal } = props;
  const plain: number[] = [];
  const guarded: number[] = [];
  const turn = (name: (typeof databases)[number]): Promise<number> =>
    runTurn({ url: urlOf(server, name), clients, seconds, signal });
  await turn("plain");
  await turn("guarded");
  for (let round = 1; round <= rounds; round += 1) {
    // Who goes first alternates too, so that a machine that slows down is fair to both.
    const order = round % 2 === 0 ? databases : databases.toReversed();
    for (const name of order) (name === "plain" ? plain : guarded).push(await turn(name));
    const [without = 0, withGuard = 0] = [plain.at(-1), guarded.at(-1)];
    onProgress(
      `round ${round} of ${rounds}: ${without.toFixed(0)} tps without, ${withGuard.toFixed(0)} with`,
    );
  }
  const slower = plain.map((tps, index) => 100 * (1 - (guarded[index] ?? 0) / tps));
  return {
    plainTps: spreadOf(plain),
    guardedTps: spreadOf(guarded),
    slowerPercent: spreadOf(slower),
  };
}

async function startServer({ folder, repository }: FenceProps): Promise<PostgresServer> {
  const account = chooseAccount();
  makeOwnFolder(folder, account, 0o711);
  const data = join(folder, "data");
  makeOwnFolder(data, account);
  const logs = join(folder, "logs");
  mkdirSync(logs);
  const server = new PostgresServer({
    name: "bench",
    host: "127.0.0.1",
    port: await freePort("127.0.0.1"),
    dataDir: join(data, "bench"),
    logFile: join(logs, "bench.log"),
    account,
    binaries: await findBinaries({
      startFolder: repository,
      account,
      cacheFolder: join(data, "binaries"),
    }),
    settings: { shared_buffers: "128MB", max_wal_size: "2GB" },
  });
  await server.initialise();
  await server.start();
  return server;
}

/** With the operator's own code: what is measured is what guards. */
async function guard(url: string): Promise<void> {
  const database = postgresDatabase({ connectionString: url, timeoutMs: 10_000 });
  try {
    const installed = await database.installGuard();
    const state = await database.state();
    if (!installed.ok || !state.ok) throw new Error("the guard could not be installed");
    const { clockMs: fromMs, timeline } = state.value;
    const granted = await database.grantLease({
      region: "bench",
      epoch: 1,
      timeline,
      fromMs,
      leaseMs,
    });
    if (!granted.ok) throw new Error(`no lease: ${granted.detail}`);
  } finally {
    await database.close();
  }
}

function urlOf({ host, port }: PostgresServer, name: string): string {
  return `postgres://lab@${host}:${port}/${name}`;
}

function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1] ?? 0;
  const high = sorted[Math.floor(middle)] ?? 0;
  return { median: (low + high) / 2, min: sorted[0] ?? 0, max: sorted.at(-1) ?? 0 };
}
