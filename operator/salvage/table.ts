//! A table as far as a salvage needs to know it, and the choice of the key by which a row there is the
//! same row here. Pure.

import { quoteName } from "./quote.ts";

export interface Column {
  readonly name: string;
  /** As PostgreSQL writes it, such as `numeric(10,2)`. */
  readonly type: string;
  /** Computed from others; never inserted. */
  readonly generated: boolean;
  readonly identity: "always" | "by default" | "none";
  /** Its values are given out by a sequence, so two regions give the same one to different rows. */
  readonly numbered: boolean;
  /** The sequence that belongs to it, quoted. */
  readonly sequence: string | null;
}

export interface KeyColumn {
  readonly name: string;
  readonly type: string;
  /** The index's own notion of equality, such as `operator(pg_catalog.=)`. */
  readonly equals: string;
}

/** All columns of a unique index; none of them can be null. */
export interface Key {
  readonly primary: boolean;
  readonly columns: readonly KeyColumn[];
}

export interface Reference {
  readonly columns: readonly string[];
  readonly parent: TableName;
  readonly parentColumns: readonly string[];
}

export interface Table extends TableName {
  readonly partitioned: boolean;
  readonly unlogged: boolean;
  readonly columns: readonly Column[];
  readonly keys: readonly Key[];
  readonly references: readonly Reference[];
}

export interface TableName {
  readonly schema: string;
  readonly name: string;
}

/** For people, for file names and as the key of maps: quoted only where it must be. */
export function titleOf({ schema, name }: TableName): string {
  return [schema, name].map((part) => (plain.test(part) ? part : quoteName(part))).join(".");
}

const plain = /^[a-z_][a-z0-9_]*$/;

export function sqlNameOf({ schema, name }: TableName): string {
  return `${quoteName(schema)}.${quoteName(name)}`;
}

export interface Identification {
  /** By which a row is the same row. */
  readonly key: Key;
  /** Other keys, which hold given numbers: a different row here may have taken them. */
  readonly numberKeys: readonly Key[];
}

/**
 * A key without given numbers if there is one: after a failover both regions go on counting where they
 * were, and the same number is given to different rows.
 */
export function identify(table: Table): Identification | "no key" {
  const isNumbered = numberedTest(table);
  const [first] = table.keys;
  if (first === undefined) return "no key";
  const natural = table.keys.filter((key) => !isNumbered(key));
  const key = natural.find(({ primary }) => primary) ?? natural[0] ?? first;
  return { key, numberKeys: table.keys.filter((other) => other !== key && isNumbered(other)) };
}

function numberedTest(table: Table): (key: Key) => boolean {
  const numbered = numberedNames(table);
  return (key) => key.columns.some(({ name }) => numbered.has(name));
}

export function numberedNames({ columns }: Table): ReadonlySet<string> {
  return new Set(columns.flatMap(({ name, numbered }) => (numbered ? [name] : [])));
}

/** Referenced tables before those that refer to them, so that the exports can be applied in order. */
export function parentsFirst(tables: readonly Table[]): readonly Table[] {
  const byTitle = new Map(tables.map((table) => [titleOf(table), table]));
  const ordered = new Set<Table>();
  const visiting = new Set<Table>();
  const visit = (table: Table): void => {
    // A circle has no first; whoever comes first by name is.
    if (ordered.has(table) || visiting.has(table)) return;
    visiting.add(table);
    for (const { parent } of table.references) {
      const found = byTitle.get(titleOf(parent));
      if (found !== undefined) visit(found);
    }
    ordered.add(table);
  };
  for (const table of tables) visit(table);
  return [...ordered];
}

/** Why the rows of a table there cannot be compared with those here, if so. */
export function mismatch(there: Table, here: Table | undefined): string | undefined {
  if (here === undefined) return "this region has no such table";
  const before = shapeOf(there);
  const now = shapeOf(here);
  return before === now ? undefined : `the columns differ: there (${before}), here (${now})`;
}

function shapeOf({ columns }: Table): string {
  return columns
    .map(({ name, type }) => `${name} ${type}`)
    .toSorted()
    .join(", ");
}
