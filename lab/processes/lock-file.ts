//! The lock file of a PostgreSQL server, which outlives a server that was killed. PostgreSQL refuses
//! to start while the pid in it exists, and by then that pid may be anybody's.

import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

/** Removes the lock file if it is the one of `pid`, which must be gone with all its children. */
export function removeLockFile(dataDir: string, pid: number): void {
  const file = join(dataDir, "postmaster.pid");
  if (holderOf(file) === pid) rmSync(file, { force: true });
}

function holderOf(file: string): number | undefined {
  try {
    return Number.parseInt(readFileSync(file, "utf8"), 10);
  } catch {
    return undefined;
  }
}
