//! Jobs that write straight into a region's database and know of no lease. Whatever happens they try
//! again, and every attempt leaves a line in a file, so that a checker can count what got in.

import { createWriteStream, type WriteStream } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DatabaseError, type Client } from "pg";
import type { Address } from "../descriptor.ts";
import { withSession } from "../postgres/session.ts";

export interface RogueWritersProps {
  readonly logFolder: string;
  readonly database: string;
  readonly user: string;
  /** Where the region's database is at this moment. */
  readonly databaseOf: (region: string) => Address;
  /** @default 50 ms, so about twenty attempts a second */
  readonly paceMs?: number;
  /** Of one attempt. @default 1 s */
  readonly timeoutMs?: number;
}

export type RogueOutcome =
  | { readonly outcome: "accepted"; readonly region: string; readonly epoch: number }
  | { readonly outcome: "refused"; readonly sqlstate: string }
  /** No connection, or no answer: then the row may be there all the same. */
  | { readonly outcome: "unreachable"; readonly sqlstate: string | null };

/** One line of the file. */
export interface RogueAttempt {
  readonly atMs: number;
  readonly doneAtMs: number;
  readonly key: string;
  readonly outcome: RogueOutcome["outcome"];
  readonly sqlstate: string | null;
  /** Of the lease that the database believes in, when it was accepted. */
  readonly region: string | null;
  readonly epoch: number | null;
}

export type RogueCounts = Readonly<Record<RogueOutcome["outcome"], number>>;

/** More than a day of attempts; then a job gives up rather than fill the real disk. */
const attemptsMax = 2_000_000;

export class RogueWriters {
  readonly #props: RogueWritersProps;
  readonly #jobs = new Map<string, RogueJob>();

  constructor(props: RogueWritersProps) {
    this.#props = props;
  }

  /** Does nothing when the region has one at work. */
  start(region: string): void {
    const job = this.#jobs.get(region) ?? new RogueJob(region, this.#props);
    this.#jobs.set(region, job);
    job.start();
  }

  /** Resolves when the last attempt has its line in the file. */
  async stop(region: string): Promise<void> {
    await this.#jobs.get(region)?.stop();
  }

  counts(): Readonly<Record<string, RogueCounts>> {
    return Object.fromEntries([...this.#jobs].map(([region, job]) => [region, job.counts]));
  }

  /** Ends all for good. */
  async close(): Promise<void> {
    await Promise.all([...this.#jobs.values()].map((job) => job.stop()));
  }
}

interface Begun {
  readonly atMs: number;
  readonly key: string;
}

/** Keys go on counting when it is started again. */
class RogueJob {
  readonly #region: string;
  readonly #props: RogueWritersProps;
  readonly #counts = { accepted: 0, refused: 0, unreachable: 0 };
  #attempts = 0;
  #running: { readonly done: Promise<void>; readonly abort: AbortController } | undefined;

  constructor(region: string, props: RogueWritersProps) {
    this.#region = region;
    this.#props = props;
  }

  get counts(): RogueCounts {
    return { ...this.#counts };
  }

  start(): void {
    if (this.#running !== undefined) return;
    const abort = new AbortController();
    // A file of an earlier lab is in the way of the first attempt only.
    const flags = this.#attempts === 0 ? "w" : "a";
    const file = join(this.#props.logFolder, `rogue-${this.#region}.ndjson`);
    const log = createWriteStream(file, { flags });
    // A log that cannot be written must not take the lab down; its checker will miss the file.
    log.on("error", () => undefined);
    this.#running = { abort, done: this.#work(log, abort.signal) };
  }

  async stop(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    running.abort.abort();
    await running.done;
    this.#running = undefined;
  }

  async #work(log: WriteStream, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.#attempts < attemptsMax) {
      const begun = this.#begin();
      await this.#session(begun, log, signal);
      await this.#pause(begun, signal);
    }
    await new Promise<void>((resolve) => log.end(() => resolve()));
  }

  /** Connects for an attempt, and goes on with the next ones as long as it has answers. */
  async #session(first: Begun, log: WriteStream, signal: AbortSignal): Promise<void> {
    const { database, databaseOf, timeoutMs = 1_000, user } = this.#props;
    const { host, port } = databaseOf(this.#region);
    try {
      await withSession({ host, port, database, user, timeoutMs }, async (client) => {
        for (let begun = first; ; begun = this.#begin()) {
          const result = await write(client, begun.key);
          this.#note(begun, result, log);
          if (result.outcome === "unreachable" || this.#attempts >= attemptsMax) return;
          await this.#pause(begun, signal);
          if (signal.aborted) return;
        }
      });
    } catch (error) {
      this.#note(first, { outcome: "unreachable", sqlstate: sqlstateOf(error) }, log);
    }
  }

  #begin(): Begun {
    this.#attempts += 1;
    return { atMs: Date.now(), key: `rogue-${this.#region}-${this.#attempts}` };
  }

  #note({ atMs, key }: Begun, result: RogueOutcome, log: WriteStream): void {
    this.#counts[result.outcome] += 1;
    const attempt: RogueAttempt = {
      atMs,
      doneAtMs: Date.now(),
      key,
      outcome: result.outcome,
      sqlstate: result.outcome === "accepted" ? null : result.sqlstate,
      region: result.outcome === "accepted" ? result.region : null,
      epoch: result.outcome === "accepted" ? result.epoch : null,
    };
    log.write(`${JSON.stringify(attempt)}\n`);
  }

  /** From one beginning to the next, or at once when the attempt took longer. */
  async #pause({ atMs }: Begun, signal: AbortSignal): Promise<void> {
    const { paceMs = 50 } = this.#props;
    const waitMs = Math.min(paceMs, Math.max(1, atMs + paceMs - Date.now()));
    await sleep(waitMs, undefined, { signal }).catch(() => undefined);
  }
}

const insert = `
  insert into app.orders (key, item, quantity, region, epoch)
  select $1, 'rogue', 1, region, epoch from switchback.lease_state()
  returning region, epoch`;

async function write(client: Client, key: string): Promise<RogueOutcome> {
  try {
    const { rows } = await client.query<{ region: string; epoch: string }>(insert, [key]);
    const [row] = rows;
    if (row === undefined) return { outcome: "refused", sqlstate: "02000" };
    return { outcome: "accepted", region: row.region, epoch: Number(row.epoch) };
  } catch (error) {
    const sqlstate = sqlstateOf(error);
    if (sqlstate === null || isEndOfSession(sqlstate)) return { outcome: "unreachable", sqlstate };
    return { outcome: "refused", sqlstate };
  }
}

function sqlstateOf(error: unknown): string | null {
  return error instanceof DatabaseError ? (error.code ?? null) : null;
}

/** The server goes down or breaks the connection, which says nothing of the statement. */
function isEndOfSession(sqlstate: string): boolean {
  return sqlstate.startsWith("57P") || sqlstate.startsWith("08");
}
