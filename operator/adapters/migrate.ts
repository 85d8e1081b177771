//! Runs the guard's migrations: each version once, all or nothing, whoever else tries at the time.

import type { ClientBase } from "pg";
import { guardMigrations, guardUnguarded, type Migration, triggersVersion } from "./guard.ts";

/** Any number will do, as long as it is always this one. */
const advisoryLock = 7_302_941;

/** Installs what is missing and returns the tables that were not guarded before. */
export async function installGuard(client: ClientBase): Promise<readonly string[]> {
  await client.query("begin");
  try {
    await client.query("select pg_advisory_xact_lock($1)", [advisoryLock]);
    await client.query("create schema if not exists switchback");
    await client.query(
      `create table if not exists switchback.schema_version (
         version integer primary key,
         name text not null,
         installed_at timestamptz not null default clock_timestamp()
       )`,
    );
    const guarded: string[] = [];
    for (const migration of await missing(client)) {
      await apply(client, migration);
      // Later ones make tables themselves, and the event trigger would then guard all in silence.
      if (migration.version === triggersVersion) guarded.push(...(await guardTables(client)));
    }
    guarded.push(...(await guardTables(client)));
    await client.query("commit");
    return guarded;
  } catch (error) {
    await client.query("rollback").catch(() => undefined);
    throw error;
  }
}

async function guardTables(client: ClientBase): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(guardUnguarded);
  return rows.map(({ name }) => name);
}

async function missing(client: ClientBase): Promise<readonly Migration[]> {
  const { rows } = await client.query<{ version: number }>(
    "select version from switchback.schema_version",
  );
  const installed = new Set(rows.map(({ version }) => version));
  return guardMigrations.filter(({ version }) => !installed.has(version));
}

async function apply(client: ClientBase, { version, name, sql }: Migration): Promise<void> {
  await client.query(sql);
  await client.query("insert into switchback.schema_version (version, name) values ($1, $2)", [
    version,
    name,
  ]);
}
