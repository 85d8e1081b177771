//! The few questions that a drill itself asks PostgreSQL, each on a connection of its own and
//! bounded in time.

import { Client, DatabaseError, escapeLiteral } from "pg";
import type { RegionDescriptor } from "../descriptor.ts";

type Database = RegionDescriptor["postgres"];

const answerMs = 3_000;

/** Whether a row has arrived there: the plainest proof that replication streams. */
export async function holdsKey(database: Database, key: string): Promise<boolean> {
  const sql = `select 1 as held from app.orders where key = ${escapeLiteral(key)}`;
  return (await ask(database, sql)).length > 0;
}

export async function serverVersion(database: Database): Promise<string> {
  const [row] = await ask(database, "select version() as version");
  return typeof row?.["version"] === "string" ? row["version"] : "unknown";
}

export interface WrongRegionWrite {
  readonly region: string;
  readonly accepted: boolean;
  /** What the database answered; 25006 is "read-only transaction". */
  readonly sqlstate: string | null;
  readonly error: string | null;
}

export const readOnlySqlState = "25006";

/** Writes, or tries to, where nobody may write: past app and operator, as any program could. */
export async function tryWrite(
  region: string,
  database: Database,
  key: string,
): Promise<WrongRegionWrite> {
  const values = `${escapeLiteral(key)}, 'written past everything', 1, ${escapeLiteral(region)}, 0`;
  const sql = `insert into app.orders (key, item, quantity, region, epoch) values (${values})`;
  try {
    await ask(database, sql);
    return { region, accepted: true, sqlstate: null, error: null };
  } catch (error) {
    const sqlstate = error instanceof DatabaseError ? (error.code ?? null) : null;
    const message = error instanceof Error ? error.message : String(error);
    return { region, accepted: false, sqlstate, error: message };
  }
}

async function ask(
  database: Database,
  sql: string,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const client = new Client({
    host: database.host,
    port: database.port,
    user: database.user,
    database: database.database,
    connectionTimeoutMillis: answerMs,
    query_timeout: answerMs,
    application_name: "switchback-drill",
  });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return (await client.query<Readonly<Record<string, unknown>>>(sql)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}
