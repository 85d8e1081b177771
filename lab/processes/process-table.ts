//! Which processes exist, who started them and when. A process is always meant by its pid together
//! with its start time, so that a pid which the system gave to somebody else is never signalled.

import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot on Linux, the text of `ps -o lstart=` elsewhere. */
  readonly startedAt: string;
}

interface ProcessEntry extends ProcessIdentity {
  readonly parentPid: number;
  /** Dead, but not yet collected by its parent. It holds nothing and counts as gone. */
  readonly zombie: boolean;
}

/** Undefined when there is no such process. */
export function identify(pid: number): ProcessIdentity | undefined {
  const entry = entryOf(pid);
  return entry === undefined ? undefined : { pid: entry.pid, startedAt: entry.startedAt };
}

export function isAlive({ pid, startedAt }: ProcessIdentity): boolean {
  const entry = entryOf(pid);
  return entry !== undefined && entry.startedAt === startedAt && !entry.zombie;
}

/**
 * SIGKILL to a process and everything below it; returns whom it hit. Everything is stopped before
 * anything is killed: PostgreSQL's children live in sessions of their own, where no group signal
 * finds them, and once their parent is dead nothing tells whose children they were.
 */
export function killTree(root: ProcessIdentity): readonly ProcessIdentity[] {
  const tree = freezeTree(root);
  for (const { pid } of tree) {
    signal(-pid, "SIGKILL");
    signal(pid, "SIGKILL");
  }
  return tree;
}

/** SIGSTOP to a process and everything below it. The root comes first, so it can fork no more. */
export function freezeTree(root: ProcessIdentity): readonly ProcessIdentity[] {
  if (!isAlive(root)) return [];
  signal(root.pid, "SIGSTOP");
  const frozen = new Map<number, ProcessIdentity>([[root.pid, root]]);
  for (let found = -1; found !== frozen.size;) {
    found = frozen.size;
    for (const child of childrenOf(frozen)) {
      signal(child.pid, "SIGSTOP");
      frozen.set(child.pid, child);
    }
  }
  return [...frozen.values()];
}

/** SIGCONT to everything below a process, then to the process itself. */
export function thawTree(root: ProcessIdentity): void {
  if (!isAlive(root)) return;
  const tree = new Map<number, ProcessIdentity>([[root.pid, root]]);
  for (let found = -1; found !== tree.size;) {
    found = tree.size;
    for (const child of childrenOf(tree)) tree.set(child.pid, child);
  }
  for (const { pid } of [...tree.values()].toReversed()) signal(pid, "SIGCONT");
}

/** Waits until all are gone; returns those that are not when the time is up. */
export async function waitGone(
  processes: readonly ProcessIdentity[],
  timeoutMs: number,
): Promise<readonly ProcessIdentity[]> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const left = processes.filter(isAlive);
    if (left.length === 0 || performance.now() > deadlineMs) return left;
    await sleep(10);
  }
}

/** Changes with every boot: after it, no pid of before means anything. Empty where unknown. */
export function bootId(): string {
  return readText("/proc/sys/kernel/random/boot_id").trim();
}

/**
 * A signal to a process that has just gone is no error. For a group of which only a dead member is
 * left, Linux says ESRCH and macOS says EPERM.
 */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ESRCH" && code !== "EPERM") throw error;
  }
}

function childrenOf(parents: ReadonlyMap<number, unknown>): readonly ProcessEntry[] {
  return listProcesses().filter(
    ({ pid, parentPid, zombie }) => parents.has(parentPid) && !parents.has(pid) && !zombie,
  );
}

const onLinux = process.platform === "linux";

function entryOf(pid: number): ProcessEntry | undefined {
  return onLinux ? parseStat(readText(`/proc/${pid}/stat`)) : parsePs(ps(["-p", `${pid}`]))[0];
}

function listProcesses(): readonly ProcessEntry[] {
  if (!onLinux) return parsePs(ps(["-A"]));
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => parseStat(readText(`/proc/${pid}/stat`)))
    .filter((entry) => entry !== undefined);
}

/** The program's name, in parentheses, may hold spaces and parentheses: count from its end. */
function parseStat(text: string): ProcessEntry | undefined {
  const nameEnd = text.lastIndexOf(")");
  if (nameEnd < 0) return undefined;
  const fields = text.slice(nameEnd + 2).split(" ");
  return {
    pid: Number.parseInt(text, 10),
    startedAt: fields[19] ?? "",
    parentPid: Number(fields[1]),
    zombie: fields[0] === "Z" || fields[0] === "X",
  };
}

function parsePs(text: string): readonly ProcessEntry[] {
  return text
    .split("\n")
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\S.*?)\s*$/.exec(line))
    .filter((match) => match !== null)
    .map(([, pid, parentPid, state, startedAt]) => ({
      pid: Number(pid),
      startedAt: startedAt ?? "",
      parentPid: Number(parentPid),
      zombie: state?.startsWith("Z") === true,
    }));
}

function ps(selection: readonly string[]): string {
  const columns = ["-o", "pid=", "-o", "ppid=", "-o", "state=", "-o", "lstart="];
  // The start time is text: it must not change with the caller's language or time zone.
  const env = { PATH: "/bin:/usr/bin", LC_ALL: "C", TZ: "UTC" };
  return spawnSync("ps", [...selection, ...columns], { encoding: "utf8", env }).stdout ?? "";
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
