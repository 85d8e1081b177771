//! The question to the database about its write lease, and the connection it is asked on.
//! It has a connection of its own, so that a pool busy with orders never looks like a dead
//! database to the health checkers.

import type { PoolClient } from "pg";
import { isRefusal, type Gate } from "./gate.ts";
import type { ServingState } from "./ports.ts";
import { servingState } from "./serving.ts";

/** Which run of which server this is, for any statement that has to say where it ran. */
export const instanceColumns = `
  extract(epoch from pg_postmaster_start_time())::text as started_at,
  case when pg_is_in_recovery() then null
       else left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) end as timeline`;

/** Through JSON, because the guard of an older operator has no column `closed`. */
const question = `
select l.region, l.epoch, l.live, l.remaining_ms, l.replay_lag_ms,
       (to_jsonb(l) ->> 'closed')::boolean as closed,
       pg_is_in_recovery() as in_recovery, ${instanceColumns}
  from (select) as once
  left join switchback.lease_state() as l on true`;

interface Answer {
  readonly region: string | null;
  readonly epoch: string | null;
  readonly live: boolean | null;
  readonly remaining_ms: number | null;
  readonly replay_lag_ms: number | null;
  readonly closed: boolean | null;
  readonly in_recovery: boolean;
  readonly started_at: string;
  readonly timeline: string | null;
}

/** Rejects when the database does not answer. */
export async function askLease(gate: Gate, ownRegion: string): Promise<ServingState> {
  try {
    return await gate.use((connection) => askOn(connection, ownRegion));
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const because = isGuardMissing(error)
      ? "guard not installed yet"
      : `the database refuses to show the lease: ${error.message}`;
    return { role: "unknown", because, databaseAnswers: true };
  }
}

/** No schema or no function of that name: the operator has not prepared this database yet. */
export function isGuardMissing(error: unknown): boolean {
  return isRefusal(error) && (error.code === "3F000" || error.code === "42883");
}

async function askOn(connection: PoolClient, ownRegion: string): Promise<ServingState> {
  const { rows } = await connection.query<Answer>(question);
  const [row] = rows;
  if (row === undefined) throw new Error("the question about the lease had no answer");
  const state = {
    region: row.region,
    epoch: row.epoch === null ? null : Number(row.epoch),
    live: row.live,
    remainingMs: row.remaining_ms,
    replayLagMs: row.replay_lag_ms,
    inRecovery: row.in_recovery,
    closed: row.closed,
    startedAt: row.started_at,
    timeline: row.timeline,
  };
  return servingState(state, ownRegion);
}
