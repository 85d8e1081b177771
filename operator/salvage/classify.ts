//! What a row of the old primary is, once it is known what stands here under its key. Pure: the rows
//! are given, nothing is asked.

import type { Found } from "./rows.ts";
import type { Value } from "./quote.ts";
import type { Row } from "./session.ts";
import { type Key, numberedNames, type Table, titleOf } from "./table.ts";

export type Finding =
  /** Only there. `numbersTaken`: columns whose number another row has here by now. */
  | {
      readonly kind: "missing";
      readonly there: Row;
      readonly numbersTaken: readonly string[];
      /** A column that refers to a number which is another row's here. */
      readonly misleading: string | undefined;
    }
  /** On both sides, with different content. */
  | {
      readonly kind: "conflict";
      readonly there: Row;
      readonly here: Row;
      /** By which it is the same row. */
      readonly key: Key;
      /** `there`: the row here is still what both regions had. `here`: perhaps there as well. */
      readonly changed: "there" | "here";
      /** The key holds a given number, so these may as well be two different rows. */
      readonly doubtful: boolean;
    }
  /** Only here, though it was inherited: the old primary has deleted it. */
  | { readonly kind: "deleted"; readonly here: Row }
  /** Not known to have arrived, and there is no key to ask by. */
  | { readonly kind: "uncertain"; readonly there: Row };

export interface Candidate {
  readonly there: Row;
  /** What stands here under its key. */
  readonly found: Found | undefined;
  /** What stands here under its other keys, which hold given numbers. */
  readonly byNumber: readonly { readonly key: Key; readonly found: Found | undefined }[];
}

/** `replicated` when there is nothing to list. */
export function classify(
  table: Table,
  key: Key,
  candidate: Candidate,
  numbers: TakenNumbers,
): Finding | "replicated" {
  const { there, found, byNumber } = candidate;
  if (found !== undefined) return compare(table, key, there, found);
  const others = byNumber.filter((other) => other.found !== undefined);
  // A number that was given before the epoch began is the same row's on both sides: its key changed.
  for (const other of others) {
    if (other.found?.inherited === true) return compare(table, other.key, there, other.found);
  }
  const numbered = numberedNames(table);
  const names = others.flatMap((other) => other.key.columns.map(({ name }) => name));
  const numbersTaken = [...new Set(names)].filter((name) => numbered.has(name));
  return { kind: "missing", there, numbersTaken, misleading: numbers.misleading(table, there) };
}

function compare(table: Table, key: Key, there: Row, found: Found): Finding | "replicated" {
  const here = found.row;
  if (there.every((value, index) => value === here[index])) return "replicated";
  const numbered = numberedNames(table);
  const doubtful = !found.inherited && key.columns.some(({ name }) => numbered.has(name));
  const changed = found.inherited ? "there" : "here";
  return { kind: "conflict", there, here, key, changed, doubtful };
}

/**
 * Numbers that two regions gave to two rows. A row that refers to one of them would be attached to the
 * wrong row here, and must not be inserted as it is.
 */
export class TakenNumbers {
  readonly #max: number;
  readonly #taken = new Map<string, Set<string>>();
  readonly #overflowing = new Set<string>();

  /** Of each column; when there are more, every reference to it counts as misleading. */
  constructor(max: number) {
    this.#max = max;
  }

  note(table: Table, finding: Finding | "replicated"): void {
    if (finding === "replicated") return;
    if (finding.kind === "missing") this.#note(table, finding.there, finding.numbersTaken);
    if (finding.kind !== "conflict" || !finding.doubtful) return;
    const numbered = numberedNames(table);
    const names = finding.key.columns.map(({ name }) => name);
    this.#note(
      table,
      finding.there,
      names.filter((name) => numbered.has(name)),
    );
  }

  #note(table: Table, row: Row, names: readonly string[]): void {
    for (const name of names) {
      const value = valueOf(table, row, name);
      const column = columnTitle(titleOf(table), name);
      const taken = this.#taken.get(column) ?? new Set<string>();
      this.#taken.set(column, taken);
      if (taken.size >= this.#max) this.#overflowing.add(column);
      else if (value !== null) taken.add(value);
    }
  }

  /** The first column of the row that refers to such a number. */
  misleading(table: Table, row: Row): string | undefined {
    for (const { columns, parent, parentColumns } of table.references) {
      for (const [index, name] of columns.entries()) {
        const column = columnTitle(titleOf(parent), parentColumns[index] ?? "");
        const value = valueOf(table, row, name);
        if (value === null) continue;
        if (this.#overflowing.has(column) || this.#taken.get(column)?.has(value) === true) {
          return name;
        }
      }
    }
    return undefined;
  }
}

function columnTitle(table: string, column: string): string {
  return `${table} ${column}`;
}

export function valueOf(table: Table, row: Row, name: string): Value {
  return row[table.columns.findIndex((column) => column.name === name)] ?? null;
}
