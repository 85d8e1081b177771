//! The database instances of one region, as RDS keeps them: the one at the service's endpoint, those
//! that were retired under other names, and snapshots. At most one instance has the endpoint.

import { appendFileSync, existsSync, renameSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { RegionName } from "../../topology/topology.ts";
import type { Address } from "../descriptor.ts";
import { type Account, makeOwnFolder } from "../postgres/account.ts";
import { takeBaseBackup } from "../postgres/base-backup.ts";
import type { PostgresServer } from "../postgres/server.ts";
import { slotNameOf } from "../postgres/settings.ts";
import { freePort } from "../processes/ports.ts";
import { LabInstance } from "./instance.ts";
import { Job } from "./job.ts";
import { copyKilobytesPerSecond, dropSlots, makeReplica, startUnless } from "./replica.ts";

export interface RegionDatabasesProps {
  readonly region: RegionName;
  /** Of the service's own instance. */
  readonly identifier: string;
  /** The service's endpoint: the same for whichever instance has the service's identifier. */
  readonly endpoint: Address;
  readonly dataFolder: string;
  readonly logFolder: string;
  readonly account: Account | undefined;
  readonly makeServer: (place: ServerPlace) => PostgresServer;
}

export interface ServerPlace extends Address {
  readonly name: string;
  readonly dataDir: string;
  readonly logFile: string;
}

export interface LabSnapshot {
  readonly name: string;
  readonly instanceIdentifier: string;
  readonly resourceId: string;
  readonly startedAtMs: number;
  /** Holds a data directory that could be started. */
  readonly folder: string;
  status: "creating" | "available";
}

const stopMsMax = 5_000;

export class RegionDatabases {
  readonly #props: RegionDatabasesProps;
  readonly #retired: LabInstance[] = [];
  readonly #snapshots: LabSnapshot[] = [];
  #jobs: readonly Job[] = [];
  #current: LabInstance | "none" = "none";
  /** At the service's endpoint, for the instance that is there or for the next one. */
  #vacant: PostgresServer;
  #count = 0;

  constructor(props: RegionDatabasesProps) {
    this.#props = props;
    this.#vacant = this.#serverAtEndpoint();
  }

  get identifier(): string {
    return this.#props.identifier;
  }

  /** The server of the service's own instance. Without one: a server that has no data yet. */
  get server(): PostgresServer {
    return this.#current === "none" ? this.#vacant : this.#current.server;
  }

  get current(): LabInstance | "none" {
    return this.#current;
  }

  get instances(): readonly LabInstance[] {
    return this.#current === "none" ? this.#retired : [this.#current, ...this.#retired];
  }

  get snapshots(): readonly LabSnapshot[] {
    return this.#snapshots;
  }

  /** Then its server is started and stopped by nobody else. */
  get isBeingMade(): boolean {
    return this.#current !== "none" && ["creating", "renaming"].includes(this.#current.phase);
  }

  /** Throws away what an earlier lab has kept here. */
  async clear(): Promise<void> {
    for (const kind of ["retired", "snapshots"] as const) {
      await rm(this.#keptIn(kind), { recursive: true, force: true });
    }
  }

  /** The service's own instance, for the lab to fill and to call ready. */
  add(source?: LabInstance): LabInstance {
    if (this.#current !== "none") throw new Error(`${this.identifier} is there already`);
    this.#count += 1;
    const { identifier, region } = this.#props;
    const instance = new LabInstance({
      region,
      identifier,
      resourceId: `db-${identifier}-${this.#count}`.toUpperCase(),
      server: this.#vacant,
      ...(source === undefined ? {} : { source }),
    });
    this.#current = instance;
    return instance;
  }

  /** Begins a replica of another region's primary at the service's endpoint. */
  createReplica(source: LabInstance, link: () => Promise<Address>): void {
    const instance = this.add(source);
    this.#begin(`replica ${instance.identifier}`, async (signal) => {
      const { server } = instance;
      const slot = slotNameOf(this.#props.region);
      await makeReplica({ server, source: source.server, link: await link(), slot, signal });
      instance.phase = "ready";
    });
  }

  /** Begins a base backup. */
  snapshot(instance: LabInstance, name: string): void {
    const { account } = this.#props;
    const snapshot: LabSnapshot = {
      name,
      instanceIdentifier: instance.identifier,
      resourceId: instance.resourceId,
      startedAtMs: Date.now(),
      folder: join(this.#keptIn("snapshots"), name),
      status: "creating",
    };
    this.#snapshots.push(snapshot);
    instance.phase = "backing-up";
    this.#begin(`snapshot ${name}`, async (signal) => {
      const { server: from } = instance;
      await takeBaseBackup({
        from,
        dataDir: snapshot.folder,
        account,
        signal,
        kilobytesPerSecondMax: copyKilobytesPerSecond,
      });
      snapshot.status = "available";
      instance.phase = "ready";
    });
  }

  /**
   * Begins to give the service's own instance another name. As in RDS it restarts, and is found at
   * another endpoint; the service's own stays unreachable until there is a new instance.
   */
  rename(instance: LabInstance, identifier: string, isFollowed: () => boolean): void {
    instance.phase = "renaming";
    instance.pendingIdentifier = identifier;
    this.#begin(`rename ${identifier}`, async (signal) => {
      await this.#move(instance, identifier);
      if (!instance.server.running) await startUnless(signal, instance.server);
      if (!isFollowed()) await dropSlots(instance.server);
      await rest(this.#retired);
      // From here on nothing can fail: an attempt that got here is the last one.
      this.#vacant = this.#serverAtEndpoint();
      this.#current = "none";
      this.#retired.unshift(instance);
      instance.identifier = identifier;
      instance.pendingIdentifier = undefined;
      instance.phase = "ready";
    });
  }

  /** Everything is gone at one moment; every SIGKILL is sent before this returns its promise. */
  async kill(): Promise<void> {
    const kills = this.#servers.map((server) => server.kill());
    const halts = this.#jobs.map((job) => job.halt());
    await Promise.all([...kills, ...halts]);
    // What a job had just started.
    await Promise.all(this.#servers.map((server) => server.kill()));
  }

  /** Everything stands still until `resume`, the work on the instances as well. */
  async freeze(): Promise<void> {
    for (const server of this.#servers) server.freeze();
    await Promise.all(this.#jobs.map((job) => job.halt()));
  }

  /** After `kill` or `freeze`: all but the server at the endpoint, whose faults its caller knows. */
  async resume(): Promise<void> {
    for (const { phase, server } of this.#retired) {
      if (phase === "stopped") continue;
      if (server.frozen) server.thaw();
      if (!server.running) await server.start();
    }
    this.#jobs = this.#jobs.filter((job) => !job.isDone);
    for (const job of this.#jobs) job.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#jobs.map((job) => job.halt()));
    await Promise.all(this.#servers.map((server) => server.stopFast(3_000)));
  }

  get #servers(): readonly PostgresServer[] {
    return [...new Set([this.server, ...this.#retired.map(({ server }) => server)])];
  }

  #begin(what: string, attempt: (signal: AbortSignal) => Promise<void>): void {
    const onFailure = (error: unknown) => this.#log(`${what} is tried again: ${messageOf(error)}`);
    const job = new Job({
      onFailure,
      async attempt(signal) {
        await attempt(signal);
        log(`${what} is done`);
      },
    });
    const log = (line: string) => this.#log(line);
    log(`${what} has begun`);
    this.#jobs = [...this.#jobs.filter(({ isDone }) => !isDone), job];
    job.start();
  }

  /** Each half once, wherever an earlier attempt was interrupted. */
  async #move(instance: LabInstance, identifier: string): Promise<void> {
    const { account, endpoint, logFolder } = this.#props;
    const dataDir = join(this.#keptIn("retired"), identifier);
    if (instance.server.dataDir === dataDir) return;
    const { host } = endpoint;
    const port = await freePort(host);
    await instance.server.stopFast(stopMsMax);
    for (const folder of [dirname(dirname(dataDir)), dirname(dataDir)]) {
      makeOwnFolder(folder, account, 0o711);
    }
    renameSync(instance.server.dataDir, dataDir);
    const logFile = join(logFolder, `${identifier}-postgres.log`);
    const name = slotNameOf(identifier);
    instance.server = this.#props.makeServer({ name, host, port, dataDir, logFile });
  }

  #serverAtEndpoint(): PostgresServer {
    const { dataFolder, endpoint, logFolder, makeServer, region } = this.#props;
    return makeServer({
      ...endpoint,
      name: slotNameOf(region),
      dataDir: join(dataFolder, region),
      logFile: join(logFolder, `${region}-postgres.log`),
    });
  }

  #keptIn(kind: "retired" | "snapshots"): string {
    return join(this.#props.dataFolder, kind, this.#props.region);
  }

  #log(line: string): void {
    const { logFolder, region } = this.#props;
    if (!existsSync(logFolder)) return;
    appendFileSync(join(logFolder, `${region}-rds.log`), `${new Date().toISOString()} ${line}\n`);
  }
}

/** Only the newest of the retired goes on running, or a lab of many rounds would fill the machine. */
async function rest(older: readonly LabInstance[]): Promise<void> {
  for (const instance of older) {
    if (instance.phase === "ready") instance.phase = "stopped";
    if (instance.phase === "stopped") await instance.server.stopFast(stopMsMax);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
