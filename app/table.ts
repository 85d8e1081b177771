//! The table of orders. Made by whoever comes first, under an advisory lock, when it is missing.
//! Nothing is sent when it exists, so the service can run without the right to create anything.

import type { PoolClient } from "pg";

const exists = `select to_regclass('app.orders') is not null as present`;

/** One implicit transaction: all of it or nothing, and no open transaction after an error. */
const create = `
select pg_advisory_xact_lock(hashtext('switchback app.orders'));
create schema if not exists app;
create table if not exists app.orders (
  id bigint generated always as identity primary key,
  key text not null unique,
  item text not null,
  quantity int not null,
  region text not null,
  epoch bigint not null,
  accepted_at timestamptz not null default clock_timestamp()
)`;

export async function createTable(connection: PoolClient): Promise<void> {
  const { rows } = await connection.query<{ present: boolean }>(exists);
  if (rows[0]?.present === true) return;
  await connection.query(create);
}
