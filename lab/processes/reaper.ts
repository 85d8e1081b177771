//! Ends what a lab left behind that was killed before it could stop its processes. Only recorded
//! processes are touched, and only while pid and start time are both those of the record.

import { rmSync } from "node:fs";

import { clearLeftovers } from "./leftovers.ts";
import { bootId, isAlive, killTree, waitGone } from "./process-table.ts";
import { readRecord, recordFile } from "./record.ts";
import type { RecordedProcess } from "./record.ts";

/** Call before anything is started in `folder`. Returns the processes that had to be killed. */
export async function reap(
  folder: string,
  timeoutMs = 10_000,
): Promise<readonly RecordedProcess[]> {
  const record = readRecord(folder);
  if (record === undefined) return [];
  const sameBoot = record.boot === bootId();
  if (sameBoot && record.lab.pid !== process.pid && isAlive(record.lab)) {
    throw new LabRunning(record.lab.pid, folder);
  }

  const leftBehind = sameBoot ? record.processes.filter(isAlive) : [];
  const killed = leftBehind.flatMap((root) => killTree(root));
  const survivors = await waitGone(killed, timeoutMs);
  if (survivors.length > 0) {
    const pids = survivors.map(({ pid }) => pid).join(", ");
    throw new Error(`processes of the last lab do not end, even by SIGKILL: pid ${pids}`);
  }
  for (const { pid, dataDir } of record.processes) {
    if (dataDir !== undefined) await clearLeftovers(dataDir, pid);
  }
  rmSync(recordFile(folder), { force: true });
  return leftBehind;
}

export class LabRunning extends Error {
  override readonly name = "LabRunning";
  readonly pid: number;

  constructor(pid: number, folder: string) {
    super(`a lab is already running in ${folder} (pid ${pid}): stop it first`);
    this.pid = pid;
  }
}
