//! Copies a running server into another's data directory over the replication protocol, as
//! `pg_basebackup` does. It needs nothing but a TCP path, which may lead through a slow link.

import type { Socket } from "node:net";

import type { Client, Submittable } from "pg";

import type { Address } from "../descriptor.ts";
import type { Account } from "./account.ts";
import { clearDataDirectory } from "./data-directory.ts";
import type { PostgresServer } from "./server.ts";
import { withSession } from "./session.ts";
import type { StandbyOf } from "./settings.ts";
import { Untar } from "./untar.ts";

export interface BaseBackupProps {
  readonly from: Address;
  readonly dataDir: string;
  readonly account: Account | undefined;
  /** Made when missing, so that the source keeps the WAL the copy needs later. @default none */
  readonly slot?: string;
  /** @default 120 s */
  readonly timeoutMs?: number;
  /**
   * Slower than the machine could, so that whatever else runs here goes on.
   * @default as fast as it goes
   */
  readonly kilobytesPerSecondMax?: number;
  /** Gives up when nothing has arrived for so long. @default 15 s */
  readonly stallMs?: number;
  readonly signal?: AbortSignal;
}

export interface BaseBackupResult {
  readonly startLsn: string;
  readonly timeline: number;
  readonly files: number;
  readonly bytes: number;
}

/** Whatever was in the data directory is gone; after a failure it is empty. */
export async function takeBaseBackup(props: BaseBackupProps): Promise<BaseBackupResult> {
  const { from, dataDir, account, slot, stallMs = 15_000 } = props;
  await clearDataDirectory(dataDir, account);
  const session = { host: from.host, port: from.port, timeoutMs: stallMs, replication: true };
  try {
    return await withSession(session, async (client, socket) => {
      const ending = watch(socket, props);
      try {
        if (slot !== undefined) await createSlot(client, slot);
        return await receive(client, new Untar(dataDir, account), commandOf(props));
      } catch (error) {
        throw ending.reason() ?? error;
      } finally {
        ending.clear();
      }
    });
  } catch (error) {
    await clearDataDirectory(dataDir, account);
    throw new Error(`base backup from ${from.host}:${from.port} failed: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** Makes a stopped server a standby of `primary`, from a fresh copy. The slot is made if missing. */
export async function rebuildAsStandby(
  server: PostgresServer,
  primary: StandbyOf,
  limits: Pick<BaseBackupProps, "timeoutMs" | "stallMs" | "signal" | "kilobytesPerSecondMax"> = {},
): Promise<BaseBackupResult> {
  if (server.running) throw new Error(`cannot rebuild ${server.name}: it runs`);
  const { dataDir, account } = server;
  const { slot, ...from } = primary;
  const result = await takeBaseBackup({ ...limits, from, slot, dataDir, account });
  server.configureStandby(primary);
  return result;
}

const duplicateObject = "42710";

async function createSlot(client: Client, slot: string): Promise<void> {
  if (!/^[a-z0-9_]{1,63}$/.test(slot)) throw new Error(`${slot} is no name for a slot`);
  try {
    await client.query(`CREATE_REPLICATION_SLOT "${slot}" PHYSICAL RESERVE_WAL`);
  } catch (error) {
    if ((error as { code?: string }).code !== duplicateObject) throw error;
  }
}

function receive(client: Client, untar: Untar, command: string): Promise<BaseBackupResult> {
  return new Promise((resolve, reject) => {
    client.once("end", () => {
      void untar.close();
      reject(new Error("the connection ended"));
    });
    client.query(new BaseBackup(untar, command, { resolve, reject }));
  });
}

interface Outcome {
  readonly resolve: (result: BaseBackupResult) => void;
  readonly reject: (error: Error) => void;
}

interface ReplicationConnection {
  query(text: string): void;
  readonly stream: { destroy(): void; pause(): void; resume(): void };
}

/** What has arrived and is not on disk yet: beyond that the source must wait. */
const waitingBytesMax = 1_048_576;

/** What the replication protocol allows as MAX_RATE (PostgreSQL documentation, BASE_BACKUP). */
const rates = { min: 32, max: 1_048_576 } as const;

function commandOf({ kilobytesPerSecondMax }: BaseBackupProps): string {
  const options = ["LABEL 'switchback lab'", "CHECKPOINT 'fast'", "WAL true", "MANIFEST 'no'"];
  if (kilobytesPerSecondMax !== undefined) {
    const rate = Math.min(rates.max, Math.max(rates.min, Math.round(kilobytesPerSecondMax)));
    options.push(`MAX_RATE ${rate}`);
  }
  return `BASE_BACKUP (${[...options, "WAIT false"].join(", ")})`;
}

/**
 * What the client of `pg` calls while the answer arrives. First comes a row with the position and
 * the timeline, then the archive, whose messages begin with one letter for what they are.
 */
class BaseBackup implements Submittable {
  readonly #untar: Untar;
  readonly #command: string;
  readonly #outcome: Outcome;
  #connection: ReplicationConnection | undefined;
  #position: readonly string[] | undefined;
  #archives = 0;
  #bytes = 0;
  #failure: Error | undefined;
  /** One message after another. */
  #unpacked: Promise<void> = Promise.resolve();
  #waitingBytes = 0;

  constructor(untar: Untar, command: string, outcome: Outcome) {
    this.#untar = untar;
    this.#command = command;
    this.#outcome = outcome;
  }

  submit(connection: unknown): void {
    this.#connection = connection as ReplicationConnection;
    this.#connection.query(this.#command);
  }

  handleDataRow({ fields }: { readonly fields: readonly (Buffer | string | null)[] }): void {
    this.#position ??= fields.map((field) => field?.toString() ?? "");
  }

  handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
    if (this.#failure !== undefined) return;
    // A copy: the chunk belongs to the connection, which may reuse it.
    const content = Buffer.from(chunk.subarray(1));
    const kind = String.fromCharCode(chunk[0] ?? 0);
    this.#waitingBytes += content.length;
    if (this.#waitingBytes > waitingBytesMax) this.#connection?.stream.pause();
    this.#unpacked = this.#unpacked.then(() => this.#unpack(kind, content));
  }

  handleError(error: Error): void {
    this.#failure ??= error;
    void this.#untar.close();
    this.#outcome.reject(this.#failure);
  }

  handleReadyForQuery(): void {
    void this.#unpacked.then(() => this.#finish());
  }

  async #unpack(kind: string, content: Buffer): Promise<void> {
    if (this.#failure !== undefined) return;
    try {
      await this.#message(kind, content);
    } catch (error) {
      // A full disk, for example. The rest must not arrive for nothing.
      this.handleError(error as Error);
      this.#connection?.stream.destroy();
    }
    this.#waitingBytes -= content.length;
    if (this.#waitingBytes <= waitingBytesMax) this.#connection?.stream.resume();
  }

  async #finish(): Promise<void> {
    if (this.#failure !== undefined) return;
    const [startLsn = "", timeline] = this.#position ?? [];
    try {
      await this.#untar.end();
      const { files } = this.#untar;
      if (files === 0) throw new Error("it was empty");
      const bytes = this.#bytes;
      this.#outcome.resolve({ startLsn, timeline: Number(timeline), files, bytes });
    } catch (error) {
      this.handleError(error as Error);
    }
  }

  handleRowDescription(): void {}
  handleCommandComplete(): void {}
  handlePortalSuspended(): void {}
  handleEmptyQuery(): void {}

  async #message(kind: string, content: Buffer): Promise<void> {
    if (kind === "n") {
      this.#archives += 1;
      if (this.#archives > 1) throw new Error("the source has tablespaces, which a lab has not");
    } else if (kind === "d") {
      this.#bytes += content.length;
      await this.#untar.write(content);
    }
    // "m" announces a manifest, "p" reports progress: neither was asked for.
  }
}

/** Ends the connection when the time is up, when nothing arrives any more, or when told to. */
function watch(socket: Socket, { timeoutMs = 120_000, stallMs = 15_000, signal }: BaseBackupProps) {
  let reason: Error | undefined;
  const end = (why: string) => {
    reason ??= new Error(why);
    socket.destroy();
  };
  const onAbort = () => {
    end("it was called off");
  };
  const timer = setTimeout(() => {
    end(`it was not done within ${timeoutMs} ms`);
  }, timeoutMs);
  socket.setTimeout(stallMs, () => {
    end(`nothing has arrived for ${stallMs} ms`);
  });
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted === true) onAbort();
  return {
    reason: () => reason,
    clear: () => {
      clearTimeout(timer);
      socket.setTimeout(0);
      signal?.removeEventListener("abort", onAbort);
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
