//! The table of orders. Made by whoever comes first, under an advisory lock, when it is missing;
//! one that an older build made gets the column that it lacks. Nothing is sent when all is there,
//! so the service can run without the right to create anything.

import type { PoolClient } from "pg";

const exists = `
select from pg_attribute
 where attrelid = to_regclass('app.orders') and attname = 'attachment' and not attisdropped`;

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
);
alter table app.orders add column if not exists attachment text`;

export async function createTable(connection: PoolClient): Promise<void> {
  const { rowCount } = await connection.query(exists);
  if (rowCount === 1) return;
  await connection.query(create);
}
