//! The region's own database over SQL: state, guard, lease. Works on RDS and on anything else that
//! speaks PostgreSQL. Every call is bounded in time; a broken connection is replaced, not repaired.

import { Client, Pool, type PoolClient } from "pg";
import type { Database, DatabaseState, LeaseGrant, ReplicasState } from "../../failover/ports.ts";
import { failed, type Outcome, succeeded } from "../../failover/outcome.ts";
import type { HandoverToken } from "../../failover/lease-item.ts";
import { closeLease } from "./close-lease.ts";
import { installGuard } from "./migrate.ts";

export interface PostgresProps {
  readonly connectionString: string;
  readonly timeoutMs: number;
  /**
   * How long writers may take to end by themselves when the lease is closed.
   * @default 150: an ordinary transaction needs a few, and nobody may write meanwhile
   */
  readonly closeGraceMs?: number;
  /** Called with tables that were found without a guard. */
  readonly onGuarded?: (tables: readonly string[]) => void;
}

export type PostgresDatabase = Database & { close(): Promise<void> };

const applicationName = "switchback-operator";
const installTimeoutMs = 15_000;
const closeGraceMsDefault = 150;

const stateQuery = `
  select
    pg_is_in_recovery() as in_recovery,
    extract(epoch from clock_timestamp())::double precision * 1000 as clock_ms,
    case when pg_is_in_recovery()
         then coalesce((select received_tli from pg_stat_wal_receiver),
                       (select timeline_id from pg_control_checkpoint()))
         else ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::integer
    end as timeline,
    exists (select from pg_stat_wal_receiver where status = 'streaming') as streaming`;

const leaseQuery = `
  select l.region, l.epoch::double precision as epoch, l.timeline, s.live,
         extract(epoch from l.renewed_at)::double precision * 1000 as renewed_ms
  from switchback.write_lease l, switchback.lease_state() s`;

/** What the epoch before left here is kept before it is overwritten. May be repeated. */
const grantQuery = `
  with kept as (
    insert into switchback.epoch_history
      (epoch, previous_epoch, region, timeline, renewed_at, replicated_below, inherited_below)
    select $2::bigint, epoch, region, timeline, renewed_at, ended_below,
           pg_snapshot_xmin(pg_current_snapshot())
    from switchback.write_lease where epoch < $2::bigint
    on conflict (epoch) do nothing
  )
  insert into switchback.write_lease (region, epoch, timeline, renewed_at, ended_below)
  values ($1, $2::bigint, $3, to_timestamp($4::double precision / 1000),
          pg_snapshot_xmin(pg_current_snapshot()))
  on conflict (only_row) do update
    set region = excluded.region, epoch = excluded.epoch, timeline = excluded.timeline,
        renewed_at = excluded.renewed_at, ended_below = excluded.ended_below
    where switchback.write_lease.epoch <= excluded.epoch
  returning 1`;

const limitQuery = `
  select setval('switchback.lease_limit', switchback.limit_of($1, $2))`;

/**
 * The renewal need not be durable: a crash brings back an older, shorter lease. So it waits for
 * neither disk nor standby, in a transaction of its own.
 */
const extendQuery = `
  update switchback.write_lease
  set renewed_at = to_timestamp($4::double precision / 1000),
      ended_below = pg_snapshot_xmin(pg_current_snapshot())
  where region = $1 and epoch = $2 and timeline = $3
    and set_config('synchronous_commit', 'off', true) is not null
  returning setval('switchback.lease_limit', switchback.limit_of($3::integer, $5))`;

interface StateRow {
  readonly in_recovery: boolean;
  readonly clock_ms: number;
  readonly timeline: number;
  readonly streaming: boolean;
}

interface LeaseRow {
  readonly region: string;
  readonly epoch: number;
  readonly timeline: number;
  readonly renewed_ms: number;
  readonly live: boolean;
}

export function postgresDatabase({
  connectionString,
  timeoutMs,
  closeGraceMs = closeGraceMsDefault,
  onGuarded,
}: PostgresProps): PostgresDatabase {
  const pool = new Pool({
    connectionString,
    max: 3,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    statement_timeout: timeoutMs,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    application_name: applicationName,
  });
  // A connection that breaks while idle is no event of its own: the next call says so.
  pool.on("error", () => undefined);
  const closing = { applicationName, closeGraceMs, timeoutMs };

  return {
    state: () => expected(() => readState(pool)),
    installGuard: () => expected(() => installOn(connectionString, timeoutMs, onGuarded)),
    grantLease: (grant) => grantLease(pool, grant),
    extendLease: ({ region, epoch, timeline, fromMs, leaseMs }) =>
      writeLease(pool, extendQuery, [region, epoch, timeline, fromMs, fromMs + leaseMs]),
    closeLease: () =>
      expected(() => onOneConnection(pool, (client) => closeLease(client, closing))),
    hasReplayed: (token) => expected(() => hasReplayed(pool, token)),
    replicas: () => expected(() => readReplicas(pool)),
    close: () => pool.end(),
  };
}

/**
 * On a connection of its own: the first installation takes longer than a look, and one that fails
 * half way must not leave its transaction to the next who asks.
 */
async function installOn(
  connectionString: string,
  timeoutMs: number,
  onGuarded: PostgresProps["onGuarded"],
): Promise<void> {
  const client = new Client({
    connectionString,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: installTimeoutMs,
    statement_timeout: installTimeoutMs,
    application_name: "switchback-operator",
  });
  client.on("error", () => undefined);
  await client.connect();
  try {
    const guarded = await installGuard(client);
    if (guarded.length > 0) onGuarded?.(guarded);
  } finally {
    await client.end();
  }
}

async function readState(pool: Pool): Promise<DatabaseState> {
  const { rows } = await pool.query<StateRow>(stateQuery);
  const row = rows[0];
  if (row === undefined) throw new Error("PostgreSQL answered a SELECT without FROM with no row");
  const lease = await readLease(pool);
  return {
    role: row.in_recovery ? "replica" : "primary",
    clockMs: row.clock_ms,
    timeline: row.timeline,
    streaming: row.streaming,
    lease:
      lease === undefined
        ? "none"
        : {
            region: lease.region,
            epoch: lease.epoch,
            timeline: lease.timeline,
            live: lease.live,
            renewedAtMs: lease.renewed_ms,
          },
  };
}

async function readLease(pool: Pool): Promise<LeaseRow | undefined> {
  try {
    return (await pool.query<LeaseRow>(leaseQuery)).rows[0];
  } catch (error) {
    // undefined_table, invalid_schema_name: the guard is not installed yet.
    if (["42P01", "3F000"].includes(sqlstate(error))) return undefined;
    throw error;
  }
}

/**
 * The row first, and only when it is there for everybody the limit: a limit works at once, and until
 * then nobody must write under the epoch of the row before.
 */
async function grantLease(pool: Pool, grant: LeaseGrant): Promise<Outcome<void>> {
  const { region, epoch, timeline, fromMs, leaseMs } = grant;
  const written = await writeLease(pool, grantQuery, [region, epoch, timeline, fromMs]);
  if (!written.ok) return written;
  return writeLease(pool, limitQuery, [timeline, fromMs + leaseMs]);
}

async function writeLease(
  pool: Pool,
  query: string,
  values: readonly (string | number)[],
): Promise<Outcome<void>> {
  const written = await expected(() => pool.query(query, [...values]));
  if (!written.ok) return written;
  if (written.value.rowCount === 1) return succeeded(undefined);
  return failed("conflict", `the database has no lease of ${values[0]} for epoch ${values[1]}`);
}

/** A connection whose work failed may still wait for an answer; nobody else gets it. */
async function onOneConnection<T>(
  pool: Pool,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let isDone = false;
  try {
    const result = await work(client);
    isDone = true;
    return result;
  } finally {
    client.release(!isDone);
  }
}

/**
 * A primary lacks nothing when it closed the log itself, or had replayed that far before it was
 * promoted (PostgreSQL documentation, "Recovery Control Functions": the last replayed position stays
 * as it was when recovery ended).
 */
const replayedQuery = `
  select (select system_identifier::text = $1 from pg_control_system())
         and (coalesce(pg_last_wal_replay_lsn() >= $2::pg_lsn, false)
              or case when pg_is_in_recovery() then false
                      else switchback.current_timeline() = $3 end) as replayed`;

async function hasReplayed(
  pool: Pool,
  { systemIdentifier, lsn, timeline }: HandoverToken,
): Promise<boolean> {
  const values = [systemIdentifier, lsn, timeline];
  const { rows } = await pool.query<{ replayed: boolean }>(replayedQuery, values);
  return rows[0]?.replayed === true;
}

const replicasQuery = `
  select count(*)::integer as streaming,
         coalesce(max(pg_wal_lsn_diff(pg_current_wal_flush_lsn(), replay_lsn)), 0)
           ::double precision as behind
  from pg_stat_replication
  where state = 'streaming' and replay_lsn is not null`;

async function readReplicas(pool: Pool): Promise<ReplicasState> {
  const { rows } = await pool.query<{ streaming: number; behind: number }>(replicasQuery);
  return { streaming: rows[0]?.streaming ?? 0, behindBytes: rows[0]?.behind ?? 0 };
}

/** PostgreSQL's errors and broken connections are expected; anything else is a bug and passes. */
export async function expected<T>(call: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return succeeded(await call());
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error instanceof TypeError || error instanceof RangeError) throw error;
    const state = sqlstate(error);
    if (state.startsWith("28") || state === "42501") return failed("denied", error.message);
    // Class 57 is "operator intervention" (shutting down, starting up), 08 "connection exception".
    if (/^[0-9A-Z]{5}$/.test(state) && !/^(57|08)/.test(state)) {
      return failed("refused", `${error.message} (SQLSTATE ${state})`);
    }
    return failed("unreachable", error.message === "" ? state : error.message);
  }
}

function sqlstate(error: unknown): string {
  if (typeof error !== "object" || error === null || !("code" in error)) return "";
  return String(error.code);
}
