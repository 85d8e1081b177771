//! The findings of one table, written to the store as they come: CSV for looking, SQL for applying.
//! Files have a size; when it is reached they are put away and the next ones begun, so memory is bounded.

import type { Finding } from "./classify.ts";
import { csvLine } from "./csv.ts";
import type { SalvageLimits } from "./limits.ts";
import type { ObjectStore } from "./object-store.ts";
import type { Row } from "./session.ts";
import { scriptHead, scriptTail, statementOf } from "./statements.ts";
import { StoreFailure } from "./store-failure.ts";
import { type Key, numberedNames, type Table, titleOf } from "./table.ts";

export interface TableExportProps {
  readonly store: ObjectStore;
  readonly salvage: string;
  /** Key prefix of its files, with a slash at the end. */
  readonly folder: string;
  readonly table: Table;
  readonly key: Key | undefined;
  readonly limits: SalvageLimits;
}

export class TableExport {
  readonly #props: TableExportProps;
  readonly #files: string[] = [];
  #part = 0;
  #csv: string[] = [];
  #sql: string[] = [];
  #bytes = 0;
  #keptNumbers = false;

  constructor(props: TableExportProps) {
    this.#props = props;
  }

  async add(finding: Finding): Promise<void> {
    const { key, limits, table } = this.#props;
    const lines = csvOf(finding);
    const statement = statementOf(table, key, finding);
    this.#csv.push(lines);
    this.#sql.push(statement);
    this.#bytes += Buffer.byteLength(lines) + Buffer.byteLength(statement);
    if (finding.kind === "missing") {
      const kept = numberedNames(table).size > finding.numbersTaken.length;
      this.#keptNumbers ||= kept && finding.misleading === undefined;
    }
    if (this.#bytes >= limits.partBytes) await this.#putAway();
  }

  /** Names of the files; none when there was nothing to list. */
  async finish(): Promise<readonly string[]> {
    if (this.#csv.length > 0) await this.#putAway();
    return this.#files;
  }

  async #putAway(): Promise<void> {
    const { salvage, table } = this.#props;
    this.#part += 1;
    const head = csvLine(["salvage", ...table.columns.map(({ name }) => name)]);
    const script = [
      scriptHead({ salvage, table, part: this.#part }),
      ...this.#sql,
      scriptTail(table, this.#keptNumbers),
    ];
    await this.#put(
      "csv",
      [head, ...this.#csv].join(""),
      "text/csv; charset=utf-8; header=present",
    );
    await this.#put("sql", script.join(""), "application/sql; charset=utf-8");
    this.#csv = [];
    this.#sql = [];
    this.#bytes = 0;
    this.#keptNumbers = false;
  }

  async #put(ending: string, body: string, contentType: string): Promise<void> {
    const { folder, store, table } = this.#props;
    const part = this.#part === 1 ? "" : `.part-${this.#part}`;
    const name = `${encodeURIComponent(titleOf(table))}${part}.${ending}`;
    const put = await store.put(`${folder}${name}`, body, contentType);
    if (!put.ok) throw new StoreFailure(put.fault, `${name}: ${put.detail}`);
    this.#files.push(name);
  }
}

/** One line a version: of a conflict, what stands there and what stands here. */
export function csvOf(finding: Finding): string {
  switch (finding.kind) {
    case "missing":
      return line(labelOf(finding), finding.there);
    case "conflict":
      return `${line("conflict, there", finding.there)}${line("conflict, here", finding.here)}`;
    case "deleted":
      return line("deleted", finding.here);
    case "uncertain":
      return line("uncertain", finding.there);
    default:
      return finding satisfies never;
  }
}

function line(label: string, row: Row): string {
  return csvLine([label, ...row]);
}

/** How a row is called in the files and in the summary. */
export function labelOf(finding: Finding): string {
  if (finding.kind !== "missing") return finding.kind;
  const taken = finding.numbersTaken.length > 0 ? ", number taken" : "";
  const misleading = finding.misleading === undefined ? "" : ", misleading";
  return `missing${taken}${misleading}`;
}
