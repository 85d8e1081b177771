//! A real PostgreSQL server of the lab: initialised, started, promoted, stopped, killed or frozen
//! from here. When `kill` or a stop returns, none of its processes is left.

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { Address } from "../descriptor.ts";
import { clearLeftovers } from "../processes/leftovers.ts";
import {
  freezeTree,
  identify,
  killTree,
  signal,
  thawTree,
  waitGone,
} from "../processes/process-table.ts";
import type { ProcessIdentity } from "../processes/process-table.ts";
import type { ProcessRecord } from "../processes/record.ts";
import { runAs } from "./account.ts";
import type { Account } from "./account.ts";
import type { PostgresBinaries } from "./binaries.ts";
import { createDataDirectory, tailOf, writeOwned } from "./data-directory.ts";
import { queryOnce, withSession } from "./session.ts";
import type { Row } from "./session.ts";
import { hostBasedAccess, postgresqlConf } from "./settings.ts";
import type { StandbyOf } from "./settings.ts";

export interface PostgresServerProps extends Address {
  /** Also its `application_name` as a standby, and `cluster_name`. */
  readonly name: string;
  /** Below a folder that the account can enter, see `placeFor`. */
  readonly dataDir: string;
  readonly logFile: string;
  readonly binaries: PostgresBinaries;
  /** Undefined: as whoever runs the lab. */
  readonly account: Account | undefined;
  /** @default not recorded: a lab that is killed leaves the server behind */
  readonly record?: ProcessRecord;
  /** @default no template: `initdb` runs every time */
  readonly templateFolder?: string;
  /** Further settings of postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface ServerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const pollMs = 10;
const gonePatienceMs = 15_000;

export class PostgresServer implements Address {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  readonly logFile: string;
  readonly account: Account | undefined;
  readonly #props: PostgresServerProps;
  readonly #listeners = new Set<(exit: ServerExit) => void>();
  #standbyOf: StandbyOf | undefined;
  #process: ProcessIdentity | undefined;
  #exited: Promise<void> = Promise.resolve();
  #frozen = false;
  #heldDownBecause: string | undefined;

  constructor(props: PostgresServerProps) {
    this.name = props.name;
    this.host = props.host;
    this.port = props.port;
    this.dataDir = resolve(props.dataDir);
    this.logFile = props.logFile;
    this.account = props.account;
    this.#props = props;
  }

  get running(): boolean {
    return this.#process !== undefined;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  get frozen(): boolean {
    return this.#frozen;
  }

  /** What keeps it from starting, for whoever asks why it is down. */
  get heldDownBecause(): string | undefined {
    return this.#heldDownBecause;
  }

  /** Until it is called again without a reason, `start` fails. What runs is not stopped. */
  holdDown(because: string | undefined): void {
    this.#heldDownBecause = because;
  }

  get initialised(): boolean {
    return existsSync(join(this.dataDir, "PG_VERSION"));
  }

  /** A new, empty primary. Whatever was in the data directory is gone. */
  async initialise(): Promise<void> {
    this.#assertStopped("initialise");
    const { dataDir, account } = this;
    const { binaries, templateFolder } = this.#props;
    await createDataDirectory({ binaries, account, dataDir, templateFolder });
    this.#standbyOf = undefined;
  }

  /** From its next start on, the server follows a primary. */
  configureStandby(primary: StandbyOf): void {
    this.#assertStopped("configure");
    this.#standbyOf = primary;
    writeOwned(join(this.dataDir, "standby.signal"), "", this.account);
  }

  /** Returns when it answers queries; a standby then still has to connect to its primary. */
  async start({ timeoutMs = 30_000 }: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.#assertStopped("start");
    if (this.#heldDownBecause !== undefined) {
      throw new Error(`PostgreSQL ${this.name} cannot start: ${this.#heldDownBecause}`);
    }
    this.#configure();
    this.#spawn();
    const deadlineMs = performance.now() + timeoutMs;
    for (let refusal: string | undefined = "not asked yet"; ; await sleep(pollMs)) {
      if (!this.running) throw await this.#failure("ended while starting");
      if (performance.now() > deadlineMs) {
        await this.kill();
        throw await this.#failure(`did not answer within ${timeoutMs} ms (${refusal})`);
      }
      refusal = await this.#refusal();
      if (refusal === undefined) return;
    }
  }

  /** Ends recovery; returns as soon as the server accepts writes. Harmless on a primary. */
  async promote({ timeoutMs = 30_000 }: { readonly timeoutMs?: number } = {}): Promise<void> {
    const deadlineMs = performance.now() + timeoutMs;
    await withSession({ host: this.host, port: this.port, timeoutMs }, async (client) => {
      const inRecovery = async () => {
        const { rows } = await client.query<{ standby: boolean }>(
          "select pg_is_in_recovery() as standby",
        );
        return rows[0]?.standby === true;
      };
      if (!(await inRecovery())) return;
      // Not waiting there: its own wait looks only every 100 ms.
      await client.query("select pg_promote(false)");
      while (await inRecovery()) {
        if (performance.now() > deadlineMs) {
          throw await this.#failure(`was not promoted within ${timeoutMs} ms`);
        }
        await sleep(5);
      }
    });
    this.#standbyOf = undefined;
  }

  /** Ends all sessions, writes everything down, and ends. */
  stopFast(timeoutMs = 20_000): Promise<void> {
    return this.#stop("SIGINT", timeoutMs);
  }

  /** Ends at once; the next start has to recover. */
  stopImmediate(timeoutMs = 10_000): Promise<void> {
    return this.#stop("SIGQUIT", timeoutMs);
  }

  /** SIGKILL to all its processes, before this returns its promise. */
  async kill(): Promise<void> {
    const postmaster = this.#process;
    if (postmaster === undefined) return;
    const killed = killTree(postmaster);
    await this.#exited;
    const left = await waitGone(killed, gonePatienceMs);
    if (left.length > 0) throw new Error(`${this.name} has processes that SIGKILL does not end`);
    await clearLeftovers(this.dataDir, postmaster.pid);
  }

  /** Stops all its processes where they are. Connections stay open, and nobody answers. */
  freeze(): void {
    if (this.#process === undefined) return;
    freezeTree(this.#process);
    this.#frozen = true;
  }

  thaw(): void {
    if (this.#process !== undefined) thawTree(this.#process);
    this.#frozen = false;
  }

  /** For the lab's own use, not across any link. */
  query<R extends Row = Row>(
    sql: string,
    params: readonly unknown[] = [],
    options: { readonly timeoutMs?: number; readonly database?: string } = {},
  ): Promise<readonly R[]> {
    return queryOnce<R>({ host: this.host, port: this.port, ...options }, sql, params);
  }

  /** Called whenever it has ended, for whatever reason. Returns the function that ends that. */
  onExit(listener: (exit: ServerExit) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Undefined when it answers. Another server may be the one that answers at its port. */
  async #refusal(): Promise<string | undefined> {
    try {
      const rows = await this.query("show data_directory", [], { timeoutMs: 1_000 });
      const answering = rows[0]?.["data_directory"];
      return answering === this.dataDir ? undefined : `the server of ${String(answering)} answers`;
    } catch (error) {
      return (error as Error).message;
    }
  }

  #configure(): void {
    const { name, host, port, binaries, settings = {} } = this.#props;
    const conf = postgresqlConf({
      name,
      host,
      port,
      major: binaries.major,
      standbyOf: this.#standbyOf,
      extra: settings,
    });
    writeOwned(join(this.dataDir, "postgresql.conf"), conf, this.account);
    writeOwned(join(this.dataDir, "pg_hba.conf"), hostBasedAccess, this.account);
  }

  #spawn(): void {
    const { binaries, record } = this.#props;
    const log = openSync(this.logFile, "a", 0o644);
    const child = spawn(binaries.postgres, ["-D", this.dataDir], {
      ...runAs(this.account),
      cwd: "/",
      env: { PATH: "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" },
      // An interrupt typed at the terminal is the lab's to handle.
      detached: true,
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    this.#frozen = false;
    this.#exited = new Promise((done) => {
      child.once("error", () => {
        if (child.pid === undefined) done();
      });
      child.once("exit", (code, reason) => {
        this.#ended(child, { code, signal: reason });
        done();
      });
    });
    if (child.pid === undefined) return;
    const identity = record?.add(child.pid, this.name, this.dataDir) ?? identify(child.pid);
    this.#process = identity ?? { pid: child.pid, startedAt: "" };
  }

  #ended({ pid }: ChildProcess, exit: ServerExit): void {
    if (pid !== undefined) this.#props.record?.remove(pid);
    this.#process = undefined;
    this.#frozen = false;
    for (const listener of this.#listeners) listener(exit);
  }

  async #stop(how: NodeJS.Signals, timeoutMs: number): Promise<void> {
    const postmaster = this.#process;
    if (postmaster === undefined) return;
    if (this.#frozen) this.thaw();
    signal(postmaster.pid, how);
    const left = await waitGone([postmaster], timeoutMs);
    // A fast stop waits for the standby to receive everything, and the standby may be cut off.
    if (left.length > 0) await this.kill();
    await this.#exited;
  }

  #assertStopped(intention: string): void {
    if (this.running) throw new Error(`cannot ${intention} ${this.name}: it runs`);
  }

  async #failure(what: string): Promise<Error> {
    const log = await tailOf(this.logFile);
    const cause = /no space left on device/i.test(log) ? ", the disk is full" : "";
    return new Error(`PostgreSQL ${this.name} ${what}${cause}. Its log, ${this.logFile}:\n${log}`);
  }
}
