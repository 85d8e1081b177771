//! One table of the old primary against the same one here: what may not have arrived is read in batches
//! and asked for by key; then what was inherited here is looked for there.

import { classify, type Finding, type TakenNumbers, valueOf } from "./classify.ts";
import type { Fork, KnownFork } from "./fork.ts";
import type { SalvageLimits } from "./limits.ts";
import type { MissingObjects, ObjectReference } from "./missing-objects.ts";
import { rowTitle } from "./missing-objects.ts";
import {
  absentKeys,
  candidates,
  type Found,
  hasMoreThan,
  inheritedKeys,
  lookUp,
  presentContents,
} from "./rows.ts";
import { inPicture, type Row, type Session } from "./session.ts";
import { type TableDetails, TableTally } from "./summary.ts";
import { type Identification, identify, type Key, mismatch, type Table, titleOf } from "./table.ts";
import { TableExport } from "./table-export.ts";
import type { ObjectStore } from "./object-store.ts";

export interface Sides {
  /** The old primary, in one transaction of its own. */
  readonly there: Session;
  readonly here: Session;
  readonly fork: KnownFork;
  readonly limits: SalvageLimits;
}

export interface TableCourse {
  readonly sides: Sides;
  readonly store: ObjectStore;
  readonly salvage: string;
  readonly folder: string;
  /** Of all tables, since one refers to the other. */
  readonly numbers: TakenNumbers;
  readonly objects: MissingObjects;
  /** Columns of this table that name objects. */
  readonly objectColumns: readonly string[];
  readonly uncompared: (reason: string) => void;
  readonly onListed: () => void;
}

export async function compareTable(
  course: TableCourse,
  table: Table,
  here: Table | undefined,
): Promise<TableDetails> {
  const { folder, salvage, sides, store } = course;
  const { limits } = sides;
  const title = titleOf(table);
  const identification = identify(table);
  const key = identification === "no key" ? undefined : identification.key;
  const written = new TableExport({ store, salvage, folder, table, key, limits });
  const tally = new TableTally(table, key, limits);
  const listing: Listing = {
    course,
    table,
    tally,
    async list(finding) {
      course.numbers.note(table, finding);
      tally.add(finding);
      course.onListed();
      await written.add(finding);
    },
    uncompared: (reason) => course.uncompared(`${title}: ${reason}`),
  };
  const differs = mismatch(table, here);
  if (differs !== undefined || identification === "no key") {
    await listUncertain(listing, differs);
  } else {
    await listCandidates(listing, identification);
    await listDeletions(listing, identification);
  }
  return tally.details(await written.finish());
}

interface Listing {
  readonly course: TableCourse;
  readonly table: Table;
  readonly tally: TableTally;
  readonly list: (finding: Finding) => Promise<void>;
  readonly uncompared: (reason: string) => void;
}

async function listUncertain(listing: Listing, differs: string | undefined): Promise<void> {
  const { course, list, table, tally } = listing;
  const { fork, here, limits, there } = course.sides;
  const { uncertainMax } = limits;
  const most = { ...limits, batchRows: Math.min(limits.batchRows, uncertainMax + 1) };
  let isCut = false;
  for await (const rows of candidates(there, table, fork, most)) {
    const present =
      differs === undefined ? await presentContents(here, table, rows) : new Set<number>();
    const open = rows.filter((_, index) => !present.has(index));
    const room = uncertainMax - tally.uncertain;
    for (const row of open.slice(0, room)) await list({ kind: "uncertain", there: row });
    isCut = open.length > room;
    if (isCut) break;
  }
  const why = differs ?? "no key, so equal rows are taken for one and deletions are not seen";
  const more = isCut ? `, and there are more than these` : "";
  listing.uncompared(`${why}; ${tally.uncertain} uncertain rows are listed${more}`);
}

async function listCandidates(listing: Listing, identification: Identification): Promise<void> {
  const { course, list, table, tally } = listing;
  const { fork, limits, there } = course.sides;
  for await (const rows of candidates(there, table, fork, limits)) {
    const findings = await findingsOf(course, table, identification, rows);
    const room = limits.rowsListedMax - tally.listed;
    for (const finding of findings.slice(0, room)) await list(finding);
    await lookForObjects(listing, identification.key, findings);
    if (findings.length > room) {
      listing.uncompared(`more than ${limits.rowsListedMax} rows to list, the rest is left out`);
      return;
    }
  }
}

async function findingsOf(
  { numbers, sides }: TableCourse,
  table: Table,
  { key, numberKeys }: Identification,
  rows: readonly Row[],
): Promise<readonly Finding[]> {
  const { fork, here } = sides;
  const byKey = await lookUp(here, table, key, { fork, rows });
  const unknown = rows.flatMap((_, index) => (byKey.has(index) ? [] : [index]));
  const asked = unknown.map((index) => rows[index] ?? []);
  const positions = new Map(unknown.map((index, position) => [index, position]));
  const byNumber: { key: Key; found: ReadonlyMap<number, Found> }[] = [];
  for (const other of numberKeys) {
    byNumber.push({ key: other, found: await lookUp(here, table, other, { fork, rows: asked }) });
  }
  return rows.flatMap((row, index) => {
    const candidate = {
      there: row,
      found: byKey.get(index),
      byNumber: byNumber.map((other) => ({
        key: other.key,
        found: other.found.get(positions.get(index) ?? -1),
      })),
    };
    const finding = classify(table, key, candidate, numbers);
    return finding === "replicated" ? [] : [finding];
  });
}

async function lookForObjects(
  { course, table }: Listing,
  key: Key,
  findings: readonly Finding[],
): Promise<void> {
  const names = key.columns.map(({ name }) => name);
  const references = findings.flatMap((finding): readonly ObjectReference[] => {
    if (finding.kind === "deleted") return [];
    const row = finding.there;
    const title = rowTitle(
      names,
      names.map((name) => valueOf(table, row, name)),
    );
    return course.objectColumns.flatMap((column) => {
      const object = valueOf(table, row, column);
      if (object === null) return [];
      return [{ table: titleOf(table), column, row: title, side: "there" as const, object }];
    });
  });
  await course.objects.look(references);
}

async function listDeletions(listing: Listing, identification: Identification): Promise<void> {
  const { course, table } = listing;
  const { fork, here, limits } = course.sides;
  if ("unknown" in fork) return listing.uncompared("deletions not compared: the fork is not known");
  if (await hasMoreThan(here, table, limits.deletionKeysMax)) {
    const { deletionKeysMax } = limits;
    return listing.uncompared(`deletions not compared, more than ${deletionKeysMax} keys`);
  }
  // Given numbers are as good here, and they stay when a natural key is changed.
  const key = table.keys.find(({ primary }) => primary) ?? identification.key;
  await inPicture(here, () => listAbsent(listing, key, fork));
}

async function listAbsent({ course, list, table }: Listing, key: Key, fork: Fork): Promise<void> {
  const { here, limits, there } = course.sides;
  for await (const keys of inheritedKeys(here, table, key, { fork, limits })) {
    const absent = await absentKeys(there, table, key, keys);
    const gone = absent.map((position) => keys[position] ?? []);
    const rows = gone.map((values) => rowWithKey(table, key, values));
    const found = await lookUp(here, table, key, { fork, rows });
    for (const { row } of found.values()) await list({ kind: "deleted", here: row });
  }
}

/** Enough of a row to look it up by its key. */
function rowWithKey(table: Table, key: Key, values: Row): Row {
  return table.columns.map(({ name }) => {
    const at = key.columns.findIndex((column) => column.name === name);
    return at === -1 ? null : (values[at] ?? null);
  });
}
