//! `pids.json`: every process the lab has started and not yet seen end. It is written before
//! anything else happens with a process, so that whoever cleans up after a dead lab finds them all.

import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { bootId, identify } from "./process-table.ts";
import type { ProcessIdentity } from "./process-table.ts";

export interface RecordedProcess extends ProcessIdentity {
  readonly name: string;
  /** Data directory of a PostgreSQL server, whose lock file outlives a killed server. */
  readonly dataDir?: string;
}

export interface RecordContent {
  readonly version: 1;
  readonly boot: string;
  readonly lab: ProcessIdentity;
  readonly processes: readonly RecordedProcess[];
}

export class ProcessRecord {
  readonly file: string;
  /** First line of the file. It tells this lab's record from that of a later lab. */
  readonly heading: string;
  readonly #processes = new Map<number, RecordedProcess>();
  #closed = false;

  constructor(folder: string) {
    this.file = recordFile(folder);
    const lab = identify(process.pid);
    if (lab === undefined) throw new Error("cannot tell this process's own start time");
    this.heading = `{"version":1,"boot":"${bootId()}","lab":${JSON.stringify(lab)},"processes":[`;
    this.#write();
  }

  /** Notes a process just started. Undefined when it is gone already. */
  add(pid: number, name: string, dataDir?: string): ProcessIdentity | undefined {
    const identity = identify(pid);
    if (identity === undefined) return undefined;
    this.#processes.set(pid, { ...identity, name, ...(dataDir === undefined ? {} : { dataDir }) });
    this.#write();
    return identity;
  }

  remove(pid: number): void {
    if (this.#processes.delete(pid)) this.#write();
  }

  get processes(): readonly RecordedProcess[] {
    return [...this.#processes.values()];
  }

  /** Removes the file; only right when nothing that was recorded runs any more. */
  close(): void {
    this.#closed = true;
    rmSync(this.file, { force: true });
  }

  /** One process a line: the watchdog is a shell script and reads lines, not JSON. */
  #write(): void {
    if (this.#closed) return;
    const lines = this.processes.map((entry) => JSON.stringify(entry));
    const unfinished = `${this.file}.new`;
    writeFileSync(unfinished, `${this.heading}\n${lines.join(",\n")}\n]}\n`, { mode: 0o600 });
    renameSync(unfinished, this.file);
  }
}

/**
 * Undefined when there is no record, or none that can be read: it is replaced as a whole, so only a
 * crash of the machine leaves half of one, and nothing in it has survived that.
 */
export function readRecord(folder: string): RecordContent | undefined {
  try {
    const content = JSON.parse(readFileSync(recordFile(folder), "utf8")) as RecordContent;
    return content.version === 1 && Array.isArray(content.processes) ? content : undefined;
  } catch {
    return undefined;
  }
}

export function recordFile(folder: string): string {
  return join(folder, "pids.json");
}
