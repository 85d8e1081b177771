//! Makes a replica of a running primary: its slot, a base backup through the link between the
//! regions, and streaming. What an earlier attempt has left is thrown away.

import { setTimeout as sleep } from "node:timers/promises";
import type { Address } from "../descriptor.ts";
import { rebuildAsStandby } from "../postgres/base-backup.ts";
import type { PostgresServer } from "../postgres/server.ts";

export interface ReplicaProps {
  /** Becomes the replica; whatever it holds is gone. */
  readonly server: PostgresServer;
  /** The primary's, for its slots. The lab reaches it directly, as the RDS of that region does. */
  readonly source: PostgresServer;
  /** Where the replica finds its source: its own end of a link. */
  readonly link: Address;
  /** On the source. A leftover of that name is replaced. */
  readonly slot: string;
  readonly signal: AbortSignal;
}

/** Users are served from the same machine while a region is copied: as AWS's network would allow. */
export const copyKilobytesPerSecond = 20_000;
const stallMs = 5_000;
const streamingMsMax = 30_000;
const pollMs = 50;

/** Returns when it streams. */
export async function makeReplica(props: ReplicaProps): Promise<void> {
  const { link, server, signal, slot, source } = props;
  await server.kill();
  await dropSlots(source, slot);
  const limits = { signal, stallMs, kilobytesPerSecondMax: copyKilobytesPerSecond };
  await rebuildAsStandby(server, { ...link, slot }, limits);
  signal.throwIfAborted();
  await startUnless(signal, server);
  await untilStreaming(server, signal);
}

/**
 * A slot that nobody reads keeps WAL until `max_slot_wal_keep_size`. Without a name, all slots: for
 * a server that no replica follows any more.
 */
export async function dropSlots(server: PostgresServer, slot?: string): Promise<void> {
  await server.query(
    `select pg_terminate_backend(active_pid, 2000) from pg_replication_slots
     where active and ($1::text is null or slot_name = $1)`,
    [slot ?? null],
  );
  await server.query(
    `select pg_drop_replication_slot(slot_name) from pg_replication_slots
     where not active and ($1::text is null or slot_name = $1)`,
    [slot ?? null],
  );
}

/** A start cannot be called off, but what is starting can be killed. */
export async function startUnless(signal: AbortSignal, server: PostgresServer): Promise<void> {
  let killing: Promise<void> = Promise.resolve();
  const kill = () => {
    killing = server.kill();
  };
  signal.addEventListener("abort", kill, { once: true });
  try {
    signal.throwIfAborted();
    await server.start();
  } finally {
    signal.removeEventListener("abort", kill);
    await killing;
  }
}

async function untilStreaming(server: PostgresServer, signal: AbortSignal): Promise<void> {
  const deadlineMs = performance.now() + streamingMsMax;
  while (!(await isStreaming(server))) {
    signal.throwIfAborted();
    if (performance.now() > deadlineMs) {
      throw new Error(`${server.name} does not stream after ${streamingMsMax} ms`);
    }
    await sleep(pollMs, undefined, { signal });
  }
}

/** One that is frozen or starts anew at this moment does not. */
async function isStreaming(server: PostgresServer): Promise<boolean> {
  try {
    const sql = "select from pg_stat_wal_receiver where status = 'streaming'";
    return (await server.query(sql, [], { timeoutMs: 1_000 })).length > 0;
  } catch {
    return false;
  }
}
