//! Salvage before the old primary is rebuilt: lists and exports the rows that never reached this region.
//! Reads on both sides, writes only files into the own bucket. Runs in the background, one at a time;
//! what fails is told once, and tried again with the next start.

import { failed, type Outcome, succeeded } from "../../failover/outcome.ts";
import type { Salvage, SalvageSummary } from "../../failover/ports.ts";
import { expected } from "../adapters/postgres.ts";
import { folderOf, type ObjectColumn, runCourse, summaryFile } from "./course.ts";
import { type SalvageLimits, salvageLimits } from "./limits.ts";
import type { ObjectStore } from "./object-store.ts";
import { openSession, type Session } from "./session.ts";
import { StoreFailure } from "./store-failure.ts";
import { summaryFrom } from "./summary.ts";

export interface SalvageProps {
  /** Of the database that holds the lease now. */
  readonly ownDatabaseUrl: string;
  /** Of the old primary. */
  readonly peerDatabaseUrl: string;
  /** Columns that name objects. */
  readonly references: readonly ObjectColumn[];
  readonly store: ObjectStore;
  /** For connecting. A statement over a whole table has `scanMs`. */
  readonly timeoutMs: number;
  /** @default those of `salvageLimits` */
  readonly limits?: Partial<SalvageLimits>;
}

export interface SalvageProgress {
  readonly name: string;
  readonly tablesDone: number;
  /** 0 until they have been counted. */
  readonly tablesTotal: number;
  readonly rowsListed: number;
}

export type RunningSalvage = Salvage & {
  readonly progress: SalvageProgress | "idle";
  /** Ends one that is under way; it is begun anew with the next start of its name. */
  close(): Promise<void>;
};

export function salvageOf(props: SalvageProps): RunningSalvage {
  return new BackgroundSalvage(props);
}

type Progress = { -readonly [K in keyof SalvageProgress]: SalvageProgress[K] };

class BackgroundSalvage implements RunningSalvage {
  readonly #props: SalvageProps;
  readonly #limits: SalvageLimits;
  readonly #sessions = new Set<Session>();
  #progress: Progress | "idle" = "idle";
  #running: Promise<void> = Promise.resolve();
  #failure: Outcome<never> | "none" = "none";
  /** Thrown by the next call: it is no expected failure. */
  #bug: { readonly error: unknown } | "none" = "none";
  #isClosed = false;

  constructor(props: SalvageProps) {
    this.#props = props;
    this.#limits = { ...salvageLimits, ...props.limits };
  }

  get progress(): SalvageProgress | "idle" {
    return this.#progress === "idle" ? "idle" : { ...this.#progress };
  }

  async summary(name: string): Promise<Outcome<SalvageSummary | "absent">> {
    const failure = this.#takeFailure();
    if (failure !== "none") return failure;
    return readSummary(this.#props.store, name);
  }

  async start(name: string): Promise<Outcome<void>> {
    if (!/^[a-z0-9][a-z0-9-]*$/.test(name)) return failed("refused", `not a name: "${name}"`);
    if (this.#isClosed) return failed("refused", "the salvage is closed");
    const failure = this.#takeFailure();
    if (failure !== "none") return failure;
    if (this.#progress !== "idle") return succeeded(undefined);
    const progress = { name, tablesDone: 0, tablesTotal: 0, rowsListed: 0 };
    this.#progress = progress;
    this.#running = this.#run(progress);
    return succeeded(undefined);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const session of this.#sessions) session.close();
    await this.#running;
  }

  #takeFailure(): Outcome<never> | "none" {
    if (this.#bug !== "none") throw this.#bug.error;
    const failure = this.#failure;
    this.#failure = "none";
    return failure;
  }

  /** Never rejects. */
  async #run(progress: Progress): Promise<void> {
    try {
      const done = await this.#salvage(progress);
      if (!done.ok && !this.#isClosed) this.#failure = done;
    } catch (error) {
      if (!this.#isClosed) this.#bug = { error };
    } finally {
      for (const session of this.#sessions) session.close();
      this.#sessions.clear();
      this.#progress = "idle";
    }
  }

  async #salvage(progress: Progress): Promise<Outcome<unknown>> {
    const { ownDatabaseUrl, peerDatabaseUrl, references, store } = this.#props;
    const { name } = progress;
    // Once the old primary is rebuilt, a second look would find nothing and say so.
    const before = await readSummary(store, name);
    if (!before.ok || before.value !== "absent") return before;
    const here = await this.#open(ownDatabaseUrl, "this region's database");
    if (!here.ok) return here;
    const there = await this.#open(peerDatabaseUrl, "the old primary");
    if (!there.ok) return there;
    return settled(() =>
      runCourse({
        name,
        here: here.value,
        there: there.value,
        store,
        references,
        limits: this.#limits,
        onTables: (total) => (progress.tablesTotal = total),
        onTable: () => (progress.tablesDone += 1),
        onListed: () => (progress.rowsListed += 1),
      }),
    );
  }

  async #open(url: string, whose: string): Promise<Outcome<Session>> {
    const { timeoutMs } = this.#props;
    const opened = await expected(() => openSession({ url, timeoutMs, limits: this.#limits }));
    if (!opened.ok) return failed(opened.fault, `${whose}: ${opened.detail}`);
    this.#sessions.add(opened.value);
    // It was closed while the connection was being made.
    if (this.#isClosed) opened.value.close();
    return opened;
  }
}

async function readSummary(
  store: ObjectStore,
  name: string,
): Promise<Outcome<SalvageSummary | "absent">> {
  const read = await store.get(`${folderOf(name)}${summaryFile}`);
  if (!read.ok) return read;
  if (read.value === "absent") return succeeded("absent" as const);
  const summary = summaryFrom(read.value);
  return summary === undefined
    ? failed("refused", `${summaryFile} of ${name} is not a summary`)
    : succeeded(summary);
}

/**
 * What PostgreSQL and the store refuse is expected, and so is a row that is too large for this process:
 * the operator must live on, it holds the lease. Anything else is a bug and passes.
 */
function settled<T>(work: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
  return flat(
    expected(async () => {
      try {
        return await work();
      } catch (error) {
        if (error instanceof StoreFailure) return failed(error.fault, error.message);
        if (error instanceof RangeError) return failed("refused", error.message);
        throw error;
      }
    }),
  );
}

async function flat<T>(nested: Promise<Outcome<Outcome<T>>>): Promise<Outcome<T>> {
  const outer = await nested;
  return outer.ok ? outer.value : outer;
}
