//! The questions that a salvage asks about the rows of a table, as SQL. Both databases are asked in
//! the same words; which row is the same row is decided by the key's own operator.

import { age, isSince, type KnownFork } from "./fork.ts";
import { quoteName } from "./quote.ts";
import { batches, type Row, type Session } from "./session.ts";
import type { SalvageLimits } from "./limits.ts";
import { type Key, sqlNameOf, type Table } from "./table.ts";

/** Without ONLY, a partitioned table has no rows; with it, an inheriting table keeps its own. */
function from(table: Table): string {
  return `${table.partitioned ? "" : "only "}${sqlNameOf(table)} as t`;
}

function columns(names: readonly string[]): string {
  return names.map((name) => `t.${quoteName(name)}`).join(", ");
}

function namesOf(table: Table): readonly string[] {
  return table.columns.map(({ name }) => name);
}

/** Rows of the old primary that may not have arrived here, whole, in the order of their key. */
export function candidates(
  session: Session,
  table: Table,
  fork: KnownFork,
  limits: SalvageLimits,
): AsyncGenerator<readonly Row[]> {
  const where = "unknown" in fork ? "true" : isSince(fork.replicatedBelow);
  const key = table.keys[0]?.columns.map(({ name }) => name) ?? [];
  const order = key.length === 0 ? "" : ` order by ${columns(key)}`;
  const select = `select ${columns(namesOf(table))} from ${from(table)} where ${where}${order}`;
  return batches(session, select, limits);
}

export interface Found {
  readonly row: Row;
  /** Not changed here since the epoch began. */
  readonly inherited: boolean;
}

/** The rows here with the keys of those given, by the position of the row that was given. */
export async function lookUp(
  session: Session,
  table: Table,
  key: Key,
  { fork, rows }: { readonly fork: KnownFork; readonly rows: readonly Row[] },
): Promise<ReadonlyMap<number, Found>> {
  if (rows.length === 0) return new Map();
  const since = "unknown" in fork ? "true" : isSince(fork.inheritedBelow);
  const text = `
    select k.nth, ${since}, ${columns(namesOf(table))}
    from ${wanted(key)} join ${from(table)} on ${sameKey(key)}`;
  const answers = await session.query(text, keyParameters(table, key, rows));
  return new Map(
    answers.map(([nth, isChanged, ...row]) => [
      Number(nth) - 1,
      { row, inherited: isChanged === "f" },
    ]),
  );
}

/** Positions of the keys that a database does not have. Keys come as rows of the key's columns. */
export async function absentKeys(
  session: Session,
  table: Table,
  key: Key,
  keys: readonly Row[],
): Promise<readonly number[]> {
  if (keys.length === 0) return [];
  const text = `
    select k.nth from ${wanted(key)}
    where not exists (select from ${from(table)} where ${sameKey(key)}) order by k.nth`;
  const parameters = key.columns.map((_, index) => keys.map((row) => row[index] ?? ""));
  const answers = await session.query(text, parameters);
  return answers.map(([nth]) => Number(nth) - 1);
}

/** Keys of the rows that were here when the epoch began and have not changed since. */
export function inheritedKeys(
  session: Session,
  table: Table,
  key: Key,
  { fork, limits }: { readonly fork: { inheritedBelow: string }; readonly limits: SalvageLimits },
): AsyncGenerator<readonly Row[]> {
  const names = columns(key.columns.map(({ name }) => name));
  const where = `not ${isSince(fork.inheritedBelow)}`;
  const select = `select ${names} from ${from(table)} where ${where} order by ${names}`;
  return batches(session, select, limits);
}

export async function hasMoreThan(session: Session, table: Table, count: number): Promise<boolean> {
  const text = `select count(*) from (select from ${from(table)} limit ${count + 1}) as counted`;
  const [row] = await session.query(text);
  return Number(row?.[0]) > count;
}

/**
 * Positions of rows that stand here word for word, for tables without a key. As text, since not every
 * type knows when two values are equal.
 */
export async function presentContents(
  session: Session,
  table: Table,
  rows: readonly Row[],
): Promise<ReadonlySet<number>> {
  const { columns: all } = table;
  const given = all.map((_, index) => `$${index + 1}::text[]`);
  const labels = all.map((_, index) => `c${index}`);
  const theirs = all.map(({ type }, index) => `k.c${index}::${type}`);
  const text = `
    select k.nth from unnest(${given.join(", ")}) with ordinality as k (${labels.join(", ")}, nth)
    where row(${theirs.join(", ")})::text
          in (select row(${columns(namesOf(table))})::text from ${from(table)})`;
  const parameters = all.map((_, index) => rows.map((row) => row[index] ?? null));
  const answers = await session.query(text, parameters);
  return new Set(answers.map(([nth]) => Number(nth) - 1));
}

/** Rows that name an object, the newest first: their keys, then the object's. */
export function objectNames(
  session: Session,
  table: Table,
  column: string,
  { key, limits }: { readonly key: Key | undefined; readonly limits: SalvageLimits },
): AsyncGenerator<readonly Row[]> {
  const names = [...(key?.columns.map(({ name }) => name) ?? []), column];
  const select = `
    select ${columns(names)} from ${from(table)} where t.${quoteName(column)} is not null
    order by ${age} limit ${limits.objectsMax + 1}`;
  return batches(session, select, limits);
}

/** The keys as they were given, numbered from 1. Text, since every type can be read from it. */
function wanted({ columns }: Key): string {
  const given = columns.map((_, index) => `$${index + 1}::text[]`);
  const labels = columns.map((_, index) => `k${index}`);
  return `unnest(${given.join(", ")}) with ordinality as k (${labels.join(", ")}, nth)`;
}

function sameKey({ columns }: Key): string {
  return columns
    .map(({ name, type, equals }, index) => `t.${quoteName(name)} ${equals} k.k${index}::${type}`)
    .join(" and ");
}

function keyParameters(table: Table, key: Key, rows: readonly Row[]) {
  return key.columns.map(({ name }) => {
    const at = table.columns.findIndex((column) => column.name === name);
    return rows.map((row) => row[at] ?? "");
  });
}
