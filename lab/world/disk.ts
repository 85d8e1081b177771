//! A disk that fills up with WAL: a replication slot that nobody reads keeps every segment, until
//! `pg_wal` holds more than the lab's quota and PostgreSQL ends as it does on a full disk.

import { appendFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { PostgresServer } from "../postgres/server.ts";

/** What stands for the size of the disk: the lab has no disk of its own to fill. */
export const walQuotaBytes = 160 * 1024 * 1024;
const slot = "forgotten";
const noSpace = "No space left on device";
const fillMsMax = 30_000;
const keepUpMsMax = 500;
const lagBytesMax = 64 * 1024;

export interface Disk {
  /** Whose disk is filled. */
  readonly postgres: PostgresServer;
  /** Where a replica's WAL comes from; ignored for a primary. */
  readonly upstream: PostgresServer;
}

export interface FillOptions {
  /** @default `walQuotaBytes` */
  readonly quotaBytes?: number;
  /** @default 30 s */
  readonly timeoutMs?: number;
}

/** Returns when the server has ended, which it did at the time that is returned. */
export async function fillDisk(disk: Disk, options: FillOptions = {}): Promise<number> {
  const { postgres } = disk;
  if (postgres.frozen) throw new Error(`PostgreSQL ${postgres.name} is frozen and writes no WAL`);
  if (postgres.running) await fill(disk, options);
  const endedAtMs = Date.now();
  postgres.holdDown(noSpace);
  appendFileSync(
    postgres.logFile,
    `PANIC:  could not write to file "pg_wal/xlogtemp.${postgres.pid ?? 0}": ${noSpace}\n`,
  );
  await postgres.kill();
  return endedAtMs;
}

/** Frees the disk; a server that was ended by it may be started again. */
export async function freeDisk(postgres: PostgresServer): Promise<void> {
  postgres.holdDown(undefined);
  if (postgres.running) {
    await dropSlot(postgres);
    return;
  }
  // As an administrator would who cannot start the server: the next start then finds no slot.
  rmSync(join(postgres.dataDir, "pg_replslot", slot), { recursive: true, force: true });
}

async function fill(disk: Disk, options: FillOptions): Promise<void> {
  const { quotaBytes = walQuotaBytes, timeoutMs = fillMsMax } = options;
  const { postgres } = disk;
  const deadlineMs = performance.now() + timeoutMs;
  const [state] = await postgres.query<{ replica: boolean }>(
    "select pg_is_in_recovery() as replica",
  );
  const source = state?.replica === true ? disk.upstream : postgres;
  await dropSlot(postgres);
  await postgres.query("select pg_create_physical_replication_slot($1, true)", [slot]);
  try {
    while (walBytes(postgres) <= quotaBytes) {
      if (performance.now() > deadlineMs) {
        throw new Error(`pg_wal of ${postgres.name} was not full within ${timeoutMs} ms`);
      }
      // A segment without a record in it is not switched.
      await source.query(
        "select pg_logical_emit_message(false, 'switchback-lab', 'fills the disk')",
      );
      await source.query("select pg_switch_wal()");
      await replicasKeepUp(source, Math.min(deadlineMs, performance.now() + keepUpMsMax));
    }
  } catch (error) {
    await dropSlot(postgres).catch(() => undefined);
    throw error;
  }
}

/**
 * In the world it takes hours to fill a disk, and replicas are not behind for that reason. One that
 * does not receive at all is not waited for.
 */
async function replicasKeepUp(source: PostgresServer, deadlineMs: number): Promise<void> {
  for (;;) {
    const [lag] = await source.query<{ bytes: number }>(
      "select coalesce(max(pg_current_wal_lsn() - flush_lsn), 0)::float8 as bytes " +
        "from pg_stat_replication where state = 'streaming'",
    );
    if ((lag?.bytes ?? 0) < lagBytesMax || performance.now() > deadlineMs) return;
    await sleep(10);
  }
}

async function dropSlot(postgres: PostgresServer): Promise<void> {
  await postgres.query(
    "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = $1",
    [slot],
  );
}

/** What the directory really holds. */
function walBytes({ dataDir }: PostgresServer): number {
  const folder = join(dataDir, "pg_wal");
  const sizes = readdirSync(folder).map((name) => {
    const found = statSync(join(folder, name), { throwIfNoEntry: false });
    return found?.isFile() === true ? found.size : 0;
  });
  return sizes.reduce((sum, size) => sum + size, 0);
}
