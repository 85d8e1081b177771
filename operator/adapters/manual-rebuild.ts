//! The other region's PostgreSQL when nobody manages it for us: a person rebuilds it, and this looks
//! through SQL whether it has become a replica of this region's database.

import { Client } from "pg";
import { failed, type Outcome, succeeded } from "../../failover/outcome.ts";
import type { PeerInstance, Rebuild } from "../../failover/ports.ts";

export interface ManualRebuildProps {
  readonly peerDatabaseUrl: string;
  /** To tell a replica of this region's database from one of another. */
  readonly ownDatabaseUrl: string;
  readonly timeoutMs: number;
}

/** Nothing can be told of what a person keeps: once the replica follows, it counts as done. */
export function manualRebuild(props: ManualRebuildProps): Rebuild {
  const state = () => peerState(props);
  const isDone = async (): Promise<Outcome<boolean>> => {
    const peer = await state();
    if (!peer.ok) return peer;
    return succeeded(peer.value.kind === "replica" && peer.value.followsThisRegion);
  };
  return {
    state,
    // Whether a copy is kept cannot be seen from here, and the salvage must not wait for a replica.
    snapshotState: async () => succeeded("available" as const),
    isRetired: isDone,
    snapshot: () => forAPerson("keep a copy of the old primary's data directory"),
    retire: () => forAPerson("stop the old primary and put its data directory aside"),
    createReplica: () =>
      forAPerson(
        "make the old primary's server a replica of this region's database, with pg_basebackup " +
          "(or pg_rewind), standby.signal, primary_conninfo and a replication slot, and start it",
      ),
  };
}

function forAPerson(task: string): Promise<Outcome<never>> {
  return Promise.resolve(failed("denied", `this database is self-managed; a person must ${task}`));
}

interface Place {
  readonly in_recovery: boolean;
  readonly system: string;
  /** Null when there is no receiver, or when this role may not see it. */
  readonly receiver: string | null;
  readonly has_receiver: boolean;
}

const placeQuery = `
  select pg_is_in_recovery() as in_recovery,
         (select system_identifier::text from pg_control_system()) as system,
         (select status from pg_stat_wal_receiver) as receiver,
         exists (select from pg_stat_wal_receiver where pid is not null) as has_receiver`;

async function peerState(props: ManualRebuildProps): Promise<Outcome<PeerInstance>> {
  const { ownDatabaseUrl, peerDatabaseUrl, timeoutMs } = props;
  const [own, peer] = await Promise.all([
    placeOf(ownDatabaseUrl, timeoutMs),
    placeOf(peerDatabaseUrl, timeoutMs),
  ]);
  if (!own.ok) return own;
  if (!peer.ok) return peer;
  const { has_receiver, in_recovery, receiver, system } = peer.value;
  if (has_receiver && receiver === null) {
    return failed("denied", "the role may not see pg_stat_wal_receiver: grant it pg_monitor");
  }
  return succeeded({
    kind: in_recovery ? "replica" : "primary",
    status: "available",
    followsThisRegion:
      in_recovery &&
      receiver === "streaming" &&
      system === own.value.system &&
      !own.value.in_recovery,
  });
}

async function placeOf(connectionString: string, timeoutMs: number): Promise<Outcome<Place>> {
  const client = new Client({
    connectionString,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    statement_timeout: timeoutMs,
    application_name: "switchback-operator",
  });
  client.on("error", () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<Place>(placeQuery);
    const place = rows[0];
    return place === undefined ? failed("refused", "no answer to a SELECT") : succeeded(place);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error instanceof TypeError || error instanceof RangeError) throw error;
    const state = "code" in error ? String(error.code) : "";
    // 28: no such login. 42501: not allowed.
    const isDenied = state.startsWith("28") || state === "42501";
    return failed(
      isDenied ? "denied" : "unreachable",
      error.message === "" ? state : error.message,
    );
  } finally {
    await client.end().catch(() => undefined);
  }
}
