//! What a PostgreSQL server leaves behind when it is killed: a lock file, whose pid may soon be
//! anybody's and then keeps it from starting, and a small shared memory segment, of which a system
//! has few (macOS 32) and which nobody else frees once the data directory is gone.

import { execFile } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

/** Call when the server with that pid and all its children are gone. */
export async function clearLeftovers(dataDir: string, pid: number): Promise<void> {
  const file = join(dataDir, "postmaster.pid");
  const lines = readText(file).split("\n");
  if (Number(lines[0]) !== pid) return;
  // The seventh line holds key and id of the segment; it is missing when the start was cut short.
  const [key, id] = (lines[6] ?? "").trim().split(/\s+/).map(Number);
  if (key !== undefined && id !== undefined && (await isAbandoned(key, id))) {
    await run("ipcrm", ["-m", `${id}`]);
  }
  rmSync(file, { force: true });
}

/** Whether there is such a segment, and no process uses it. */
async function isAbandoned(key: number, id: number): Promise<boolean> {
  const segments = process.platform === "linux" ? linuxSegments() : await otherSegments();
  return segments.some((one) => one.id === id && one.key === (key | 0) && one.users === 0);
}

interface Segment {
  readonly key: number;
  readonly id: number;
  readonly users: number;
}

/** Columns: key, id, permissions, size, creator, last user, number of users. */
function linuxSegments(): readonly Segment[] {
  return readText("/proc/sysvipc/shm")
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .map(([key = 0, id = -1, , , , , users = -1]) => ({ key: key | 0, id, users }));
}

/** `ipcs -m -o` of macOS: type, id, key in hexadecimal, mode, owner, group, number of users. */
async function otherSegments(): Promise<readonly Segment[]> {
  return (await run("ipcs", ["-m", "-o"]))
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([type]) => type === "m")
    .map(([, id, key, , , , users]) => ({
      key: Number(key) | 0,
      id: Number(id),
      users: Number(users),
    }));
}

/** Without the program the segment stays, which is no reason to fail. */
function run(program: string, args: readonly string[]): Promise<string> {
  const options = { env: { PATH: "/usr/bin:/bin", LC_ALL: "C" }, timeout: 5_000 };
  return new Promise((resolve) => {
    execFile(program, [...args], options, (_error, stdout) => {
      resolve(stdout);
    });
  });
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
