//! What a salvage leaves last: counts, tables, keys, and what could not be compared. Its presence says
//! that everything else is there.

import * as z from "zod";
import type { SalvageSummary } from "../../failover/ports.ts";
import type { Finding } from "./classify.ts";
import { valueOf } from "./classify.ts";
import type { Fork } from "./fork.ts";
import type { SalvageLimits } from "./limits.ts";
import type { Value } from "./quote.ts";
import { labelOf } from "./table-export.ts";
import { type Key, type Table, titleOf } from "./table.ts";

export interface TableDetails {
  readonly table: string;
  readonly missing: number;
  /** Of the missing ones: another row has their number here by now. */
  readonly numbersTaken: number;
  readonly conflicts: number;
  readonly deleted: number;
  /** Could not be compared by a key; in no other count. */
  readonly uncertain: number;
  readonly keyColumns: readonly string[];
  /** At most `keysNamedMax`; the files have all. */
  readonly keys: readonly { readonly kind: string; readonly key: readonly Value[] }[];
  readonly keysLeftOut: number;
  readonly files: readonly string[];
}

export interface SalvageReport extends SalvageSummary {
  readonly name: string;
  /** By this region's database. */
  readonly comparedAt: string;
  readonly fork: Fork | "unknown";
  /** In the order in which their SQL should be applied: referenced tables first. */
  readonly tables: readonly TableDetails[];
}

const count = z.int().min(0);

const summary = z.object({
  missingRows: count,
  conflictingRows: count,
  deletedRows: count,
  missingObjects: count,
  uncompared: z.array(z.string()),
  location: z.string(),
}) satisfies z.ZodType<SalvageSummary>;

/** Undefined when the text is no summary. */
export function summaryFrom(text: string): SalvageSummary | undefined {
  try {
    return summary.safeParse(JSON.parse(text)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Counts the findings of one table and names their keys up to the limit. */
export class TableTally {
  readonly #table: Table;
  readonly #key: Key | undefined;
  readonly #limits: SalvageLimits;
  readonly #keys: { kind: string; key: readonly Value[] }[] = [];
  readonly #counts = { missing: 0, conflict: 0, deleted: 0, uncertain: 0 };
  #numbersTaken = 0;

  constructor(table: Table, key: Key | undefined, limits: SalvageLimits) {
    this.#table = table;
    this.#key = key;
    this.#limits = limits;
  }

  get listed(): number {
    return Object.values(this.#counts).reduce((sum, count) => sum + count, 0);
  }

  get uncertain(): number {
    return this.#counts.uncertain;
  }

  add(finding: Finding): void {
    this.#counts[finding.kind] += 1;
    if (finding.kind === "missing" && finding.numbersTaken.length > 0) this.#numbersTaken += 1;
    if (this.#key === undefined || this.#keys.length >= this.#limits.keysNamedMax) return;
    const row = finding.kind === "deleted" ? finding.here : finding.there;
    const key = this.#key.columns.map(({ name }) => valueOf(this.#table, row, name));
    this.#keys.push({ kind: labelOf(finding), key });
  }

  details(files: readonly string[]): TableDetails {
    const { missing, conflict, deleted, uncertain } = this.#counts;
    return {
      table: titleOf(this.#table),
      missing,
      numbersTaken: this.#numbersTaken,
      conflicts: conflict,
      deleted,
      uncertain,
      keyColumns: this.#key?.columns.map(({ name }) => name) ?? [],
      keys: this.#keys,
      keysLeftOut: this.#key === undefined ? 0 : this.listed - this.#keys.length,
      files,
    };
  }
}
