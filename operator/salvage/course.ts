//! One salvage from the first question to the last file: the fork, table after table, the objects, and
//! the summary, which is written only when everything else is there.

import { failed, type Outcome } from "../../failover/outcome.ts";
import { TakenNumbers } from "./classify.ts";
import { readTables } from "./catalogue.ts";
import { compareTable, type Sides } from "./compare-table.ts";
import { readFork } from "./fork.ts";
import type { SalvageLimits } from "./limits.ts";
import { MissingObjects, missingObjectsFile, rowTitle } from "./missing-objects.ts";
import type { ObjectStore } from "./object-store.ts";
import { objectNames } from "./rows.ts";
import { inPicture, type Session } from "./session.ts";
import { StoreFailure } from "./store-failure.ts";
import type { SalvageReport, TableDetails } from "./summary.ts";
import { identify, type Table, titleOf } from "./table.ts";

/** A column whose values are keys of objects in the region's bucket. */
export interface ObjectColumn {
  /** Schema and table, such as `app.orders`. */
  readonly table: string;
  readonly column: string;
}

export interface CourseProps {
  readonly name: string;
  readonly here: Session;
  readonly there: Session;
  readonly store: ObjectStore;
  readonly references: readonly ObjectColumn[];
  readonly limits: SalvageLimits;
  readonly onTables: (total: number) => void;
  readonly onTable: () => void;
  readonly onListed: () => void;
}

export const folderOf = (name: string): string => `switchback/salvage/${name}/`;
export const summaryFile = "summary.json";

export async function runCourse(props: CourseProps): Promise<Outcome<SalvageReport>> {
  const { here, there } = props;
  const refusal = await whyNot(here, there);
  if (refusal !== undefined) return failed("refused", refusal);
  const report = await inPicture(there, () => compareAll(props));
  await put(props, summaryFile, `${JSON.stringify(report, undefined, 2)}\n`, "application/json");
  return { ok: true, value: report };
}

const whoQuery = `
  select pg_is_in_recovery()::text, (select system_identifier::text from pg_control_system())`;
const epochQuery = "select epoch from switchback.write_lease";

/** Transaction ids mean something only between a database and what it was copied from. */
async function whyNot(here: Session, there: Session): Promise<string | undefined> {
  const [own] = await here.query(whoQuery);
  const [old] = await there.query(whoQuery);
  if (own?.[0] !== "false") return "this region's database is a replica";
  if (old?.[0] !== "false") return "the other region's database is a replica: nothing to salvage";
  if (own[1] !== old[1]) return "the other region's database is not where this one comes from";
  return whyNotNewer(here, there);
}

async function whyNotNewer(here: Session, there: Session): Promise<string | undefined> {
  const [[own] = []] = await here.query(epochQuery);
  const [[old] = []] = await there.query(epochQuery);
  if (Number(own ?? 0) > Number(old ?? 0)) return undefined;
  return `the other region's database is in epoch ${old ?? 0}, this one in ${own ?? 0}`;
}

async function compareAll(props: CourseProps): Promise<SalvageReport> {
  const { here, limits, name, store, there } = props;
  const fork = await readFork(here, there);
  const uncompared: string[] = [];
  if ("unknown" in fork) uncompared.push(`all rows were compared, since ${fork.unknown}`);
  const sides: Sides = { here, there, fork, limits };
  const objects = new MissingObjects(store, limits);
  const ownTables = await readTables(here);
  const tables = await compareTables({ props, sides, objects, uncompared, ownTables });
  await lookForOwnObjects({ props, sides, objects, uncompared, ownTables });
  await put(props, missingObjectsFile, objects.csv(), "text/csv; charset=utf-8; header=present");
  const [now] = await here.query("select clock_timestamp()");
  const sum = (count: (details: TableDetails) => number) =>
    tables.reduce((total, details) => total + count(details), 0);
  return {
    name,
    comparedAt: now?.[0] ?? "",
    location: `${store.location}/${folderOf(name)}`,
    missingRows: sum(({ missing }) => missing),
    conflictingRows: sum(({ conflicts }) => conflicts),
    deletedRows: sum(({ deleted }) => deleted),
    missingObjects: objects.count,
    uncompared,
    fork: "unknown" in fork ? "unknown" : fork,
    tables,
  };
}

interface Comparing {
  readonly props: CourseProps;
  readonly sides: Sides;
  readonly objects: MissingObjects;
  readonly uncompared: string[];
  readonly ownTables: readonly Table[];
}

async function compareTables(comparing: Comparing): Promise<readonly TableDetails[]> {
  const { objects, ownTables, props, sides, uncompared } = comparing;
  const { limits, name, onListed, onTable, onTables, references, store, there } = props;
  const numbers = new TakenNumbers(limits.numbersTakenMax);
  const theirTables = await readTables(there);
  const own = new Map(ownTables.map((table) => [titleOf(table), table]));
  onTables(theirTables.length);
  const details: TableDetails[] = [];
  for (const table of theirTables) {
    const title = titleOf(table);
    const course = {
      sides,
      store,
      salvage: name,
      folder: folderOf(name),
      numbers,
      objects,
      objectColumns: references.flatMap((one) => (one.table === title ? [one.column] : [])),
      uncompared: (reason: string) => void uncompared.push(reason),
      onListed,
    };
    if (table.unlogged) uncompared.push(`${title}: unlogged, so nothing of it is replicated`);
    else details.push(await compareTable(course, table, own.get(title)));
    onTable();
  }
  const their = new Set(theirTables.map(titleOf));
  const onlyHere = ownTables.map(titleOf).filter((title) => !their.has(title));
  uncompared.push(...onlyHere.map((title) => `${title}: only this region has this table`));
  return details;
}

/** The newest rows first: their objects were the last to be on their way. */
async function lookForOwnObjects(comparing: Comparing): Promise<void> {
  const { objects, ownTables, props, uncompared } = comparing;
  const { here, limits, references } = props;
  for (const { table: title, column } of references) {
    const table = ownTables.find((one) => titleOf(one) === title);
    if (table === undefined || table.columns.every(({ name }) => name !== column)) {
      uncompared.push(`objects of ${title}.${column}: this region has no such column`);
      continue;
    }
    const looked = await inPicture(here, () => lookForObjectsOf(comparing, table, column));
    if (looked <= limits.objectsMax) continue;
    uncompared.push(`objects of ${title}.${column}: only the newest ${limits.objectsMax} rows`);
  }
  if (objects.skipped > 0) {
    uncompared.push(`objects: ${objects.skipped} were too many to be looked for`);
  }
}

async function lookForObjectsOf(
  { objects, props }: Comparing,
  table: Table,
  column: string,
): Promise<number> {
  const { here, limits } = props;
  const identification = identify(table);
  const key = identification === "no key" ? undefined : identification.key;
  const names = key?.columns.map(({ name }) => name) ?? [];
  let looked = 0;
  for await (const rows of objectNames(here, table, column, { key, limits })) {
    const room = limits.objectsMax - looked;
    looked += rows.length;
    const references = rows.slice(0, Math.max(0, room)).map((row) => ({
      table: titleOf(table),
      column,
      row: rowTitle(names, row),
      side: "here" as const,
      object: row[names.length] ?? "",
    }));
    await objects.look(references);
  }
  return looked;
}

async function put(
  { name, store }: CourseProps,
  file: string,
  body: string,
  contentType: string,
): Promise<void> {
  const answer = await store.put(`${folderOf(name)}${file}`, body, contentType);
  if (!answer.ok) throw new StoreFailure(answer.fault, `${file}: ${answer.detail}`);
}
