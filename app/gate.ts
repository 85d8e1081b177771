//! The only door to the database: a bounded pool with a time limit on everything.
//! Promise: after a change of the database's role, or a run of broken connections, the pool is
//! replaced by a new one; the old one is drained, so no query is cut off and none waits for ever.

import { DatabaseError, Pool, type PoolClient } from "pg";
import { setTimeout as pause } from "node:timers/promises";
import type { Clock } from "./ports.ts";

export interface GateProps {
  readonly clock: Clock;
  readonly databaseUrl: string;
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string;
  readonly connectionsMax: number;
  /** Callers that may wait for a connection; more are turned away at once. */
  readonly waitingMax: number;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  /** A connection older than this is replaced, so that a moved endpoint is noticed. */
  readonly connectionAgeSecondsMax: number;
  readonly onRecycle: (because: string) => void;
}

/** No connection could be had: nothing was sent to the database. */
export class NoConnection extends Error {
  override readonly name = "NoConnection";
}

const troublesMin = 3;
const troubleWindowMs = 5_000;
const recycleMsMin = 1_000;
const idleTimeoutMs = 10_000;

export class Gate {
  readonly #props: GateProps;
  #pool: Pool;
  #troublesAtMs: readonly number[] = [];
  #recycledAtMs = Number.NEGATIVE_INFINITY;

  constructor(props: GateProps) {
    this.#props = props;
    this.#pool = poolOf(props);
  }

  /** Runs `work` on a connection of its own. Rejects with `NoConnection` when there is none. */
  async use<T>(work: (connection: PoolClient) => Promise<T>): Promise<T> {
    const connection = await this.#connect();
    let broken = false;
    try {
      return await work(connection);
    } catch (error) {
      broken = !isRefusal(error);
      if (broken) this.#noteTrouble();
      throw error;
    } finally {
      connection.release(broken);
    }
  }

  /** Replaces the pool. Work under way ends on its old connections. */
  recycle(because: string): void {
    const old = this.#pool;
    this.#pool = poolOf(this.#props);
    this.#troublesAtMs = [];
    this.#recycledAtMs = this.#props.clock.nowMs();
    this.#props.onRecycle(because);
    void drain(old);
  }

  async close(): Promise<void> {
    await drain(this.#pool);
  }

  async #connect(): Promise<PoolClient> {
    const pool = this.#pool;
    if (pool.waitingCount >= this.#props.waitingMax) {
      throw new NoConnection("too many requests wait for a database connection");
    }
    try {
      return await pool.connect();
    } catch (error) {
      // A full pool also times out here; that is load, and a new pool would not help.
      if (pool.totalCount < this.#props.connectionsMax) this.#noteTrouble();
      throw new NoConnection(`no database connection: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  #noteTrouble(): void {
    const nowMs = this.#props.clock.nowMs();
    const recent = this.#troublesAtMs.filter((atMs) => nowMs - atMs < troubleWindowMs);
    this.#troublesAtMs = [...recent, nowMs];
    if (this.#troublesAtMs.length < troublesMin) return;
    if (nowMs - this.#recycledAtMs < recycleMsMin) return;
    this.recycle(`${this.#troublesAtMs.length} broken connections`);
  }
}

/**
 * True when the server itself refused the statement, so that its transaction is certainly undone
 * and the connection is good. Everything else, a shutdown included, leaves the outcome open.
 */
export function isRefusal(error: unknown): error is DatabaseError & { readonly code: string } {
  if (!(error instanceof DatabaseError) || error.code === undefined) return false;
  return !endsConnection.test(error.code);
}

/** Connection exceptions, unknown completion, timed-out sessions, operator's hand, internal. */
const endsConnection = /^(08...|40003|25P0[34]|57P0.|58...|XX...)$/;

function poolOf(props: GateProps): Pool {
  const pool = new Pool({
    connectionString: props.databaseUrl,
    application_name: props.applicationName,
    max: props.connectionsMax,
    connectionTimeoutMillis: props.connectTimeoutMs,
    idleTimeoutMillis: idleTimeoutMs,
    maxLifetimeSeconds: props.connectionAgeSecondsMax,
    statement_timeout: props.statementTimeoutMs,
    lock_timeout: props.statementTimeoutMs,
    idle_in_transaction_session_timeout: props.statementTimeoutMs,
    // The server's own limit should speak first: its refusal is certain, our silence is not.
    query_timeout: props.statementTimeoutMs + 500,
    keepAlive: true,
    allowExitOnIdle: true,
  });
  // A connection that breaks is reported to whoever uses it. Without a listener of its own the
  // same event would end the process.
  pool.on("error", () => undefined);
  pool.on("connect", (connection) => connection.on("error", () => undefined));
  return pool;
}

/** Ends a pool when nobody waits in its queue any more: pg forgets those who still do. */
async function drain(pool: Pool): Promise<void> {
  while (pool.waitingCount > 0) await pause(20);
  await pool.end();
}
