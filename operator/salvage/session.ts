//! A session that reads: every value as the text that PostgreSQL writes, the same on both sides and
//! readable by any server. Nothing is ever written, and `close` ends it at once, also in mid-statement.

import { Socket } from "node:net";
import { Client } from "pg";
import type { SalvageLimits } from "./limits.ts";
import type { Value } from "./quote.ts";

export type Row = readonly Value[];
export type Parameter = readonly Value[];

export interface Session {
  /** Bounded by `scanMs`, since one statement may read a whole table. */
  query(text: string, values?: readonly Parameter[]): Promise<readonly Row[]>;
  close(): void;
}

export interface SessionProps {
  readonly url: string;
  readonly timeoutMs: number;
  readonly limits: SalvageLimits;
}

/** With row security off, rows that the role may not see are an error and not simply absent. */
const settings = `
  set default_transaction_read_only = on;
  set search_path = '';
  set row_security = off;
  set timezone = 'UTC';
  set datestyle = 'ISO, YMD';
  set intervalstyle = 'postgres';
  set bytea_output = 'hex';
  set extra_float_digits = 1;
  set lc_monetary = 'C';
  set xmloption = 'content';
  set idle_in_transaction_session_timeout = 0;
  set cursor_tuple_fraction = 1`;

/** The types of pg, which would turn times and numbers into what JavaScript makes of them. */
const asText = { getTypeParser: () => (text: string) => text };

export async function openSession({ url, timeoutMs, limits }: SessionProps): Promise<Session> {
  const socket = new Socket();
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: limits.scanMs,
    statement_timeout: limits.scanMs,
    keepAlive: true,
    application_name: "switchback-salvage",
    types: asText,
    stream: () => socket,
  });
  // A connection that breaks also fails the statement under way, which is where it is reported.
  client.on("error", () => undefined);
  const close = () => void socket.destroy();
  try {
    await client.connect();
    await client.query(settings);
  } catch (error) {
    close();
    throw error;
  }
  return {
    async query(text, values = []) {
      const query = { text, values: [...values], rowMode: "array" };
      const { rows } = await client.query<Value[]>(query);
      return rows;
    },
    close,
  };
}

/** One transaction, one picture: all that is read in it was there at the same moment. */
export async function inPicture<T>(session: Session, work: () => Promise<T>): Promise<T> {
  await session.query("begin isolation level repeatable read read only");
  const result = await work();
  await session.query("commit");
  return result;
}

/**
 * The rows of a query, a batch at a time, within a transaction. Wide rows are read fewer at a time, so
 * that memory is bounded by what a batch holds and not by the number of rows.
 */
export async function* batches(
  session: Session,
  select: string,
  { batchBytes, batchRows }: SalvageLimits,
): AsyncGenerator<readonly Row[]> {
  await session.query(`declare candidates no scroll cursor for ${select}`);
  try {
    for (let count = 1; ;) {
      const rows = await session.query(`fetch ${count} from candidates`);
      if (rows.length > 0) yield rows;
      if (rows.length < count) return;
      const bytesPerRow = Math.max(1, bytesOf(rows) / rows.length);
      const affordable = Math.floor(batchBytes / bytesPerRow);
      // Slowly more, since the next rows may be wider than these.
      count = Math.max(1, Math.min(batchRows, affordable, 8 * count));
    }
  } finally {
    // Also when the reader had enough. After a failure it fails too, and must not hide why.
    await session.query("close candidates").catch(() => undefined);
  }
}

function bytesOf(rows: readonly Row[]): number {
  let bytes = 0;
  for (const row of rows) for (const value of row) bytes += value?.length ?? 0;
  return bytes;
}
