//! Closes the lease of a database on purpose. Promise: when the token is given out, every write
//! that anybody was told of lies before it, and nothing that a guard checks will follow it.
//! Writers that are about to end are let end, so that their clients learn how it went.

import type { ClientBase } from "pg";
import { setTimeout as pause } from "node:timers/promises";
import type { HandoverToken } from "../../failover/lease-item.ts";

export interface Closing {
  /** The name under which this operator's connections go. */
  readonly applicationName: string;
  /** How long open writers may take to end by themselves. Whoever is cut off knows nothing. */
  readonly closeGraceMs: number;
  /** For each wait: connections that are told to end may take that long. */
  readonly timeoutMs: number;
}

/**
 * First refuse; then end what might open the lease again, and refuse once more; then wait for who
 * might still commit; and only then read where the WAL ends.
 */
export async function closeLease(client: ClientBase, closing: Closing): Promise<HandoverToken> {
  const { applicationName, closeGraceMs, timeoutMs } = closing;
  await client.query(closeQuery);
  const { rows } = await client.query<{ at: string }>("select clock_timestamp()::text as at");
  // At once, before anybody's grace: they could let writers in while we wait for writers.
  const stale = { query: endStaleQuery, values: [applicationName, rows[0]?.at] };
  refuseAny(await remaining(client, { ...stale, withinMs: timeoutMs }));
  // One of those that have ended may have opened it in its last moment.
  await client.query(closeQuery);
  await endWriters(client, { closeGraceMs, timeoutMs });
  return endOfLog(client);
}

/** Takes effect at once, whatever snapshot a transaction has. */
const closeQuery = "select setval('switchback.lease_limit', 0)";

const otherClients = `
  from pg_stat_activity
  where pid <> pg_backend_pid() and backend_type = 'client backend'`;

/**
 * Whatever this operator sent before and gave up waiting for, which would open the lease again when
 * it arrives.
 */
const endStaleQuery = `
  select pid, pg_terminate_backend(pid) ${otherClients}
    and application_name = $1 and backend_start <= $2::timestamptz`;

const writersQuery = `
  select array_agg(backend_xid::text) as xids ${otherClients} and backend_xid is not null`;
const writersLeftQuery = `select pid ${otherClients} and backend_xid::text = any($1)`;
const endWritersQuery = `
  select pid, pg_terminate_backend(pid) ${otherClients} and backend_xid::text = any($1)`;

/**
 * Who writes now may be past the check of the lease, and then commits in a moment; or will be refused
 * by it. Who begins to write later can only be refused, so nobody has to wait for those, however many
 * they are. A transaction keeps its number until its commit is in the WAL.
 */
async function endWriters(
  client: ClientBase,
  { closeGraceMs, timeoutMs }: Omit<Closing, "applicationName">,
): Promise<void> {
  const { rows } = await client.query<{ xids: string[] | null }>(writersQuery);
  const values = [rows[0]?.xids ?? []];
  await remaining(client, { query: writersLeftQuery, values, withinMs: closeGraceMs });
  refuseAny(await remaining(client, { query: endWritersQuery, values, withinMs: timeoutMs }));
}

const pollMs = 3;

interface Waiting {
  /** Asked again and again. Names a pid in each row. */
  readonly query: string;
  readonly values: readonly unknown[];
  readonly withinMs: number;
}

/** Waits until the query finds nobody; returns who is still there when the time is up. */
async function remaining(client: ClientBase, waiting: Waiting): Promise<readonly number[]> {
  const deadline = performance.now() + waiting.withinMs;
  for (;;) {
    const { rows } = await client.query<{ pid: number }>(waiting.query, [...waiting.values]);
    if (rows.length === 0 || performance.now() >= deadline) return rows.map(({ pid }) => pid);
    await pause(pollMs);
  }
}

function refuseAny(pids: readonly number[]): void {
  if (pids.length > 0) throw new Error(`backends ${pids.join(", ")} would not end`);
}

/**
 * A commit of its own, so that everything before it is flushed and the flushed position is the end
 * of a record. The position of the next insert is no such end: at the start of a page it lies
 * behind the page's header, and no replica replays up to there.
 */
const flushQuery = `
  select pg_logical_emit_message(true, 'switchback', 'lease closed')
  where set_config('synchronous_commit', 'local', true) is not null`;

const endQuery = `
  select (select system_identifier::text from pg_control_system()) as system,
         switchback.current_timeline() as timeline,
         pg_current_wal_flush_lsn()::text as lsn`;

async function endOfLog(client: ClientBase): Promise<HandoverToken> {
  await client.query(flushQuery);
  const { rows } = await client.query<{ system: string; timeline: number; lsn: string }>(endQuery);
  const row = rows[0];
  if (row === undefined) throw new Error("PostgreSQL did not say where its WAL ends");
  return { systemIdentifier: row.system, timeline: row.timeline, lsn: row.lsn };
}
