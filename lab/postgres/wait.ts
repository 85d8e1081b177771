//! Waiting for replication, within limits: until a standby streams, until it has replayed a
//! position.

import { setTimeout as sleep } from "node:timers/promises";

import type { Client } from "pg";

import type { Address } from "../descriptor.ts";
import { withSession } from "./session.ts";

export interface WaitLimit {
  /** @default 30 s */
  readonly timeoutMs?: number;
}

/** Until the primary is streaming to the standby of that name. */
export async function waitStreaming(
  primary: Address,
  standbyName: string,
  limit: WaitLimit = {},
): Promise<void> {
  await waitFor(primary, limit, {
    what: `${standbyName} does not stream`,
    holds: async (client) => {
      const { rows } = await client.query(
        "select from pg_stat_replication where application_name = $1 and state = 'streaming'",
        [standbyName],
      );
      return rows.length > 0;
    },
  });
}

/** Until the standby has replayed everything up to `lsn`, so that its queries see it. */
export async function waitReplayed(
  standby: Address,
  lsn: string,
  limit: WaitLimit = {},
): Promise<void> {
  await waitFor(standby, limit, {
    what: `the standby has not replayed ${lsn}`,
    holds: async (client) => compareLsn((await replayed(client)) ?? "0/0", lsn) >= 0,
  });
}

/** Until the standby has replayed what the primary has written by now. */
export async function waitCaughtUp(
  primary: Address,
  standby: Address,
  limit: WaitLimit = {},
): Promise<void> {
  await waitReplayed(standby, await writtenLsn(primary), limit);
}

/** How far a primary has written. */
export async function writtenLsn(primary: Address): Promise<string> {
  const lsn = await withSession(addressOf(primary), (client) =>
    one(client, "select pg_current_wal_flush_lsn()::text as lsn"),
  );
  if (lsn === null) throw new Error(`${primary.host}:${primary.port} tells no position`);
  return lsn;
}

/** How far a standby has replayed; null on a server that never was one. */
export async function replayedLsn(standby: Address): Promise<string | null> {
  return withSession(addressOf(standby), replayed);
}

/** Negative, zero or positive, as for sorting. */
export function compareLsn(a: string, b: string): number {
  const difference = numberOf(a) - numberOf(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

interface Condition {
  readonly what: string;
  readonly holds: (client: Client) => Promise<boolean>;
}

const pollMs = 10;

async function waitFor(
  server: Address,
  { timeoutMs = 30_000 }: WaitLimit,
  { what, holds }: Condition,
): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  await withSession(addressOf(server), async (client) => {
    while (!(await holds(client))) {
      if (performance.now() > deadlineMs) throw new Error(`${what} after ${timeoutMs} ms`);
      await sleep(pollMs);
    }
  });
}

function replayed(client: Client): Promise<string | null> {
  return one(client, "select pg_last_wal_replay_lsn()::text as lsn");
}

async function one(client: Client, sql: string): Promise<string | null> {
  const { rows } = await client.query<{ lsn: string | null }>(sql);
  return rows[0]?.lsn ?? null;
}

function addressOf({ host, port }: Address): Address {
  return { host, port };
}

/** "16/B374D848": the upper and the lower 32 bits. */
function numberOf(lsn: string): bigint {
  const [upper = "0", lower = "0"] = lsn.split("/");
  return (BigInt(`0x${upper}`) << 32n) | BigInt(`0x${lower}`);
}
