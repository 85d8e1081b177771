//! Guarded against unguarded, in short alternating turns on the same server. The ratio of neighbouring
//! turns is what counts, and a second unguarded database shows how much of it is noise.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type pg from "pg";
import { chooseAccount, makeOwnFolder } from "../../lab/postgres/account.ts";
import { findBinaries } from "../../lab/postgres/binaries.ts";
import { PostgresServer } from "../../lab/postgres/server.ts";
import { freePort } from "../../lab/processes/ports.ts";
import { postgresDatabase } from "../../operator/adapters/postgres.ts";
import { connect, prepareTables, runTurn } from "./tpcb.ts";

export interface FenceProps {
  readonly folder: string;
  readonly repository: string;
  /** Whole length of the measurement. */
  readonly seconds: number;
  readonly clients: number;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

/** Median and quartiles over all rounds. */
export interface Spread {
  readonly median: number;
  readonly lower: number;
  readonly upper: number;
}

export interface FenceResult {
  readonly rounds: number;
  readonly plainTps: Spread;
  readonly guardedTps: Spread;
  readonly slowerPercent: Spread;
  /** The unguarded database against a second unguarded one: what the noise alone amounts to. */
  readonly controlPercent: Spread;
}

const databases = ["plain", "again", "guarded"] as const;
const leaseMs = 24 * 3_600_000;

export async function benchFence(props: FenceProps): Promise<FenceResult> {
  const server = await startServer(props);
  try {
    props.onProgress("filling three databases");
    for (const name of databases) await server.query(`create database ${name}`);
    await guard(urlOf(server, "guarded"));
    for (const name of databases) await prepareTables(urlOf(server, name));
    return await measure(server, props);
  } finally {
    await server.stopImmediate();
  }
}

/** Short, so that a machine whose speed wanders is the same for neighbouring turns. */
const turnMs = 150;
const warmUpTurns = 6;

async function measure(server: PostgresServer, props: FenceProps): Promise<FenceResult> {
  const connections = await Promise.all(
    databases.map((name) => connect(urlOf(server, name), props.clients)),
  );
  try {
    const [plain, again, guarded] = await takeTurns(connections, props);
    if (plain === undefined || again === undefined || guarded === undefined) {
      throw new Error("three databases take turns");
    }
    return {
      rounds: plain.length,
      plainTps: spreadOf(plain),
      guardedTps: spreadOf(guarded),
      slowerPercent: spreadOf(slowerPercent(plain, guarded)),
      controlPercent: spreadOf(slowerPercent(plain, again)),
    };
  } finally {
    await Promise.all(connections.flat().map((client) => client.end()));
  }
}

/** For each database its transactions per second, round by round. Who begins changes each round. */
async function takeTurns(
  connections: readonly (readonly pg.Client[])[],
  { onProgress, seconds, signal }: FenceProps,
): Promise<readonly (readonly number[])[]> {
  for (let turn = 0; turn < warmUpTurns; turn += 1) {
    for (const clients of connections) await runTurn(clients, turnMs);
  }
  const results: number[][] = connections.map(() => []);
  const rounds = Math.ceil((seconds * 1_000) / (turnMs * connections.length));
  for (let round = 0; round < rounds; round += 1) {
    signal.throwIfAborted();
    if (round % 20 === 0) onProgress(`round ${round} of ${rounds}`);
    for (let place = 0; place < connections.length; place += 1) {
      const index = (round + place) % connections.length;
      results[index]?.push(await runTurn(connections[index] ?? [], turnMs));
    }
  }
  return results;
}

/** By how much the other was slower in each round, in percent. */
function slowerPercent(base: readonly number[], other: readonly number[]): readonly number[] {
  return base.map((tps, round) => 100 * (1 - (other[round] ?? 0) / tps));
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
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  return { lower: at(0.25), median: at(0.5), upper: at(0.75) };
}
