//! The rows of one table as SQL to apply by hand: what is missing as INSERT, everything that a person
//! has to decide commented out. Each statement is one line.

import type { Finding } from "./classify.ts";
import { valueOf } from "./classify.ts";
import { quoteName, quoteValue } from "./quote.ts";
import type { Row } from "./session.ts";
import { type Key, sqlNameOf, type Table } from "./table.ts";

export interface ScriptProps {
  readonly salvage: string;
  readonly table: Table;
  readonly part: number;
}

export function scriptHead({ salvage, table, part }: ScriptProps): string {
  const numbered = table.columns.filter((column) => column.numbered);
  const lines = [
    `-- ${sqlNameOf(table)}: what only the old primary has, found by the salvage ${salvage}, part ${part}.`,
    "-- Read it before you apply it, with psql, to the database that holds the write lease. It is one",
    "-- transaction; a row that is there by now, or clashes with another one, is passed over.",
    "-- Triggers of the table run as they do for any insert. Lines that begin with `--` are not applied:",
    "-- CONFLICT: both regions have the row, with different content. UNCERTAIN: no key tells whether it",
    "-- is missing. DELETED: the old primary had deleted it. MISLEADING: it refers to a number that is",
    "-- another row's here; find the row that is meant first.",
    ...(numbered.length === 0 ? [] : numberedNotes),
    "begin;",
    "set local standard_conforming_strings = on;",
    "set local datestyle = 'ISO, YMD';",
    "set local intervalstyle = 'postgres';",
    "set local lc_monetary = 'C';",
    "set local xmloption = 'content';",
  ];
  return `${lines.join("\n")}\n`;
}

const numberedNotes = [
  "-- Numbers of this table are given out by a sequence, so both regions may have given the same one to",
  "-- different rows. NUMBER TAKEN: the row is inserted under a new number; whatever refers to the old",
  "-- one, in this database or outside, has to be changed by hand. Check the numbers afterwards.",
];

/** `keptNumbers`: rows were inserted under the numbers that they had. */
export function scriptTail(table: Table, keptNumbers: boolean): string {
  const lines = keptNumbers ? raiseSequences(table) : [];
  return `${[...lines, "commit;"].join("\n")}\n`;
}

/** Otherwise the sequence gives out numbers that the inserted rows have. */
function raiseSequences(table: Table): readonly string[] {
  const name = sqlNameOf(table);
  const raised = table.columns.flatMap(({ name: column, sequence }) => {
    if (sequence === null) return [];
    const regclass = `${quoteValue(sequence)}::regclass`;
    const highest = `(select max(${quoteName(column)}) from ${name})`;
    return [`select setval(${regclass}, greatest(nextval(${regclass}), ${highest}));`];
  });
  // Nobody may take a number in between.
  return raised.length === 0 ? [] : [`lock table ${name} in share row exclusive mode;`, ...raised];
}

export function statementOf(table: Table, key: Key | undefined, finding: Finding): string {
  switch (finding.kind) {
    case "missing":
      return missing(table, key, finding);
    case "conflict":
      return conflict(table, finding);
    case "deleted":
      return `-- DELETED: delete from ${sqlNameOf(table)} where ${whereKey(table, key, finding.here)};\n`;
    case "uncertain":
      return `-- UNCERTAIN: ${insert(table, finding.there, [])}\n`;
    default:
      return finding satisfies never;
  }
}

type Of<K extends Finding["kind"]> = Extract<Finding, { readonly kind: K }>;

function missing(table: Table, key: Key | undefined, finding: Of<"missing">): string {
  const { there, misleading, numbersTaken } = finding;
  const statement = insert(table, there, numbersTaken);
  const taken =
    numbersTaken.length === 0
      ? ""
      : `-- NUMBER TAKEN: ${equations(table, numbersTaken, there).join(", ")}, for ${whereKey(table, key, there)}\n`;
  if (misleading === undefined) return `${taken}${statement}\n`;
  return `${taken}-- MISLEADING ${quoteName(misleading)}: ${statement}\n`;
}

function conflict(table: Table, finding: Of<"conflict">): string {
  const { there, here, key, changed, doubtful } = finding;
  const differing = table.columns.filter(
    ({ generated }, index) => !generated && there[index] !== here[index],
  );
  const names = differing.map(({ name }) => name);
  const how = changed === "there" ? "changed only there" : "changed here, perhaps there too";
  const doubt = doubtful ? "; or two rows with the same number" : "";
  const set = equations(table, names, there).join(", ");
  return [
    `-- CONFLICT (${how}${doubt}): here ${equations(table, names, here).join(", ")}`,
    `-- CONFLICT: update ${sqlNameOf(table)} set ${set} where ${whereKey(table, key, there)};`,
    "",
  ].join("\n");
}

function insert(table: Table, row: Row, without: readonly string[]): string {
  const columns = table.columns.filter(
    ({ generated, name }) => !generated && !without.includes(name),
  );
  const names = columns.map(({ name }) => quoteName(name)).join(", ");
  const values = columns.map(({ name }) => quoteValue(valueOf(table, row, name))).join(", ");
  const overriding = columns.some(({ identity }) => identity === "always")
    ? " overriding system value"
    : "";
  const into = `insert into ${sqlNameOf(table)}`;
  if (columns.length === 0) return `${into} default values on conflict do nothing;`;
  return `${into} (${names})${overriding} values (${values}) on conflict do nothing;`;
}

function whereKey(table: Table, key: Key | undefined, row: Row): string {
  const names = (key?.columns ?? table.columns).map(({ name }) => name);
  return equations(table, names, row).join(" and ");
}

function equations(table: Table, names: readonly string[], row: Row): readonly string[] {
  return names.map((name) => `${quoteName(name)} = ${quoteValue(valueOf(table, row, name))}`);
}
