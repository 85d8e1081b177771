//! Reads what each region's PostgreSQL holds, with a client of its own and read only. A database
//! that does not answer in time is recorded as unreachable, which is not the same as empty.

import { Client } from "pg";
import type { LabDescriptor, RegionDescriptor } from "../../descriptor.ts";
import type { DatabaseReading, StoredRow } from "../verdicts/evidence.ts";

const connectMs = 3_000;
const queryMs = 30_000;
const rowsMax = 1_000_000;

export function readDatabases(lab: LabDescriptor, seed: number): Promise<DatabaseReading[]> {
  return Promise.all(
    Object.entries(lab.regions).map(([region, described]) =>
      readDatabase(region, described.postgres, seed),
    ),
  );
}

async function readDatabase(
  region: string,
  address: RegionDescriptor["postgres"],
  seed: number,
): Promise<DatabaseReading> {
  const client = new Client({
    host: address.host,
    port: address.port,
    user: address.user,
    database: address.database,
    connectionTimeoutMillis: connectMs,
    query_timeout: queryMs,
    application_name: "switchback-checker",
    options: "-c default_transaction_read_only=on",
  });
  // A connection that breaks while idle reports here; the query that follows fails by itself.
  client.on("error", () => undefined);
  try {
    await client.connect();
    const recovery = await client.query<{ in_recovery: boolean }>(
      "select pg_is_in_recovery() as in_recovery",
    );
    const rows = await readRows(client, seed);
    if (rows.length > rowsMax) throw new Error(`more than ${rowsMax} rows`);
    const inRecovery = recovery.rows[0]?.in_recovery !== false;
    return { region, reachable: true, inRecovery, rows };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { region, reachable: false, error: message };
  } finally {
    await client.end().catch(() => undefined);
  }
}

interface Row {
  readonly key: string;
  readonly item: string;
  readonly quantity: number;
  readonly region: string;
  readonly epoch: string;
  readonly accepted_at_ms: number;
}

/** Only the rows of this load: others may have written to the lab as well. */
async function readRows(client: Client, seed: number): Promise<StoredRow[]> {
  const found = await client.query<Row>(`
    select key, item, quantity, region, epoch,
           (extract(epoch from accepted_at) * 1000)::float8 as accepted_at_ms
    from app.orders
    where starts_with(key, 'load-${seed}-') or starts_with(key, 'canary-${seed}-')
    order by id
    limit ${rowsMax + 1}`);
  return found.rows.map((row) => ({
    key: row.key,
    item: row.item,
    quantity: row.quantity,
    region: row.region,
    epoch: Number(row.epoch),
    acceptedAtMs: row.accepted_at_ms,
  }));
}
