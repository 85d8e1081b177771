//! One node program that is kept running: started again with growing delays when it ends, unless
//! it was stopped or its region is lost. Its output goes to a log file.

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, openSync, statSync } from "node:fs";

import { signal, waitGone } from "./process-table.ts";
import type { ProcessIdentity } from "./process-table.ts";
import type { ProcessRecord } from "./record.ts";

export interface Program {
  /** Unique within a supervisor; also names the log file. */
  readonly name: string;
  readonly script: string;
  readonly args?: readonly string[];
  readonly nodeArgs?: readonly string[];
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** @default the lab's working directory */
  readonly cwd?: string;
}

export interface RestartDelays {
  readonly firstMs: number;
  readonly maxMs: number;
  /** Who has run this long starts again after `firstMs`. */
  readonly steadyMs: number;
}

export interface ProcessExit {
  readonly name: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly uptimeMs: number;
  /** Undefined when it stays down: stopped, or halted with its region. */
  readonly restartInMs: number | undefined;
}

interface Surroundings {
  readonly record: ProcessRecord;
  readonly logFile: string;
  readonly delays: RestartDelays;
}

const logBytesMax = 16 * 1024 * 1024;
const killTimeoutMs = 10_000;

export class SupervisedProcess {
  readonly program: Program;
  readonly logFile: string;
  readonly #surroundings: Surroundings;
  readonly #listeners = new Set<(exit: ProcessExit) => void>();
  #wanted: "running" | "halted" | "stopped" = "stopped";
  #identity: ProcessIdentity | undefined;
  #startedAtMs = 0;
  #delayMs: number;
  #restart: NodeJS.Timeout | undefined;
  #frozen = false;
  #restarts = 0;

  constructor(program: Program, surroundings: Surroundings) {
    this.program = program;
    this.logFile = surroundings.logFile;
    this.#surroundings = surroundings;
    this.#delayMs = surroundings.delays.firstMs;
  }

  get running(): boolean {
    return this.#identity !== undefined;
  }

  get pid(): number | undefined {
    return this.#identity?.pid;
  }

  get frozen(): boolean {
    return this.#frozen;
  }

  get restarts(): number {
    return this.#restarts;
  }

  start(): void {
    if (this.#wanted === "running") return;
    this.#wanted = "running";
    this.#delayMs = this.#surroundings.delays.firstMs;
    if (!this.running) this.#spawn();
  }

  /** SIGKILL now. It is started again. */
  kill(): Promise<void> {
    return this.#kill();
  }

  /** SIGTERM, and SIGKILL when it has not ended after `graceMs`. It stays down. */
  async stop(graceMs = 5_000): Promise<void> {
    this.#wanted = "stopped";
    clearTimeout(this.#restart);
    const identity = this.#identity;
    if (identity === undefined) return;
    signal(identity.pid, "SIGTERM");
    if (this.#frozen) this.thaw();
    await this.#gone(identity, graceMs);
    await this.#kill();
  }

  /** The region is lost: SIGKILL now, and no start until `resume`. */
  halt(): Promise<void> {
    if (this.#wanted === "running") this.#wanted = "halted";
    clearTimeout(this.#restart);
    return this.#kill();
  }

  resume(): void {
    if (this.#wanted === "halted") this.start();
  }

  /** Until `thaw`: one that is started meanwhile is stopped where it begins. */
  freeze(): void {
    this.#frozen = true;
    if (this.#identity !== undefined) signal(-this.#identity.pid, "SIGSTOP");
  }

  thaw(): void {
    this.#frozen = false;
    if (this.#identity !== undefined) signal(-this.#identity.pid, "SIGCONT");
  }

  /** Returns the function that ends the subscription. */
  onExit(listener: (exit: ProcessExit) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The signal leaves before the first await, so that a whole region dies at one moment. */
  async #kill(): Promise<void> {
    const identity = this.#identity;
    if (identity === undefined) return;
    // Each program leads a group of its own, and the group goes with it.
    signal(-identity.pid, "SIGKILL");
    if (await this.#gone(identity, killTimeoutMs)) return;
    throw new Error(`${this.program.name} (pid ${identity.pid}) does not end, even by SIGKILL`);
  }

  async #gone(identity: ProcessIdentity, timeoutMs: number): Promise<boolean> {
    const left = await waitGone([identity], timeoutMs);
    if (left.length > 0) return false;
    // The event that the process has ended follows a moment after the process.
    while (this.#identity === identity) await new Promise(setImmediate);
    return true;
  }

  #spawn(): void {
    const { args = [], nodeArgs = [], script, env, cwd } = this.program;
    const log = openLog(this.logFile);
    this.#startedAtMs = performance.now();
    const child = spawn(process.execPath, [...nodeArgs, script, ...args], {
      env: { ...env },
      ...(cwd === undefined ? {} : { cwd }),
      // A group of its own: an interrupt typed at the terminal reaches only the lab, which then
      // stops its programs in order. The watchdog sees to it that none outlives the lab.
      detached: true,
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    this.#watch(child);
  }

  #watch(child: ChildProcess): void {
    const { record } = this.#surroundings;
    const { pid } = child;
    child.once("error", () => {
      if (pid === undefined) this.#ended(null, null);
    });
    if (pid === undefined) return;
    this.#identity = record.add(pid, this.program.name) ?? { pid, startedAt: "" };
    if (this.#frozen) this.freeze();
    child.once("exit", (code, reason) => {
      record.remove(pid);
      this.#ended(code, reason);
    });
  }

  #ended(code: number | null, reason: NodeJS.Signals | null): void {
    const { name } = this.program;
    const uptimeMs = performance.now() - this.#startedAtMs;
    this.#identity = undefined;
    const restartInMs = this.#wanted === "running" ? this.#nextDelay(uptimeMs) : undefined;
    if (restartInMs !== undefined) this.#restart = setTimeout(() => this.#again(), restartInMs);
    for (const listener of this.#listeners) {
      listener({ name, code, signal: reason, uptimeMs, restartInMs });
    }
  }

  #nextDelay(uptimeMs: number): number {
    const { firstMs, maxMs, steadyMs } = this.#surroundings.delays;
    if (uptimeMs >= steadyMs) this.#delayMs = firstMs;
    const delayMs = this.#delayMs;
    this.#delayMs = Math.min(delayMs * 2, maxMs);
    return delayMs;
  }

  #again(): void {
    if (this.#wanted !== "running" || this.running) return;
    this.#restarts += 1;
    this.#spawn();
  }
}

/** Appends, but begins anew when the file has grown large. */
function openLog(file: string): number {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  return openSync(file, size > logBytesMax ? "w" : "a", 0o644);
}
