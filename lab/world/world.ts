//! Brings the whole lab up in one go and takes it down again: two regions, the links between them,
//! the arbiter's third site, DNS. Whatever fails on the way, nothing is left running.

import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Topology } from "../../topology/topology.ts";
import { startCloud, type Cloud } from "./cloud.ts";
import type { LabDescriptor } from "../descriptor.ts";
import { startFaultApi } from "../faults/fault-api.ts";
import { FaultBook } from "./fault-book.ts";
import { freeDisk } from "./disk.ts";
import type { Breakable } from "./injectors.ts";
import type { Lab, LabOptions } from "../lab.ts";
import { Mesh } from "../links/mesh.ts";
import { type Network, openLinks } from "./network.ts";
import { chooseAccount, makeOwnFolder, placeFor } from "../postgres/account.ts";
import { findBinaries } from "../postgres/binaries.ts";
import { freePort, samePort } from "../processes/ports.ts";
import { reap } from "../processes/reaper.ts";
import { ProcessRecord } from "../processes/record.ts";
import { startWatchdog } from "../processes/watchdog.ts";
import { appRole, LabRegion, type LabFolders, peerAmong, type RegionPorts } from "./region.ts";
import { RogueWriters } from "./rogue-writers.ts";
import { ReplicationLinks, startDatabases } from "./replication.ts";
import { awaitServing } from "./serving.ts";
import { internet, internetAddress, oneWayMsOf, type Sites, sitesOf } from "./sites.ts";
import { Witness } from "./witness.ts";

export interface WorldOptions extends LabOptions {
  readonly topology: Topology;
  /** Folder of the repository: programs are in `dist` below it. */
  readonly repository: string;
  /** Port of the app in both regions. @default a free one */
  readonly appPort?: number;
  /** Folder with `initdb` and `postgres`. @default the binaries that npm installed */
  readonly postgresBinDir?: string;
  /** Account for PostgreSQL when started by root. @default postgres, else nobody */
  readonly account?: string;
}

/** Undone in the opposite order, each whatever the others do. */
type Undo = () => Promise<void> | void;

export async function startLab(options: WorldOptions): Promise<Lab> {
  const undo: Undo[] = [];
  try {
    return await build(options, undo);
  } catch (error) {
    // What went wrong first is what matters, whatever else goes wrong while clearing up.
    await undoAll(undo).catch(() => undefined);
    throw error;
  }
}

async function build(options: WorldOptions, undo: Undo[]): Promise<Lab> {
  const { signal, topology } = options;
  // Also the place where an interruption is noticed, several times a second while coming up.
  const onProgress = (step: string): void => {
    signal?.throwIfAborted();
    options.onProgress?.(step);
  };
  const sites = sitesOf(topology);
  const root = resolve(options.folder);
  makeFolder(root);
  await reap(root);
  const record = new ProcessRecord(root);
  undo.push(() => record.close());
  const watchdog = startWatchdog(record);
  undo.push(() => watchdog.release());

  const operatorToken = randomBytes(24).toString("hex");
  const regions = await makeRegions(options, { sites, root, record, operatorToken });
  const mesh = new Mesh({ sites: sites.all, oneWayMs: oneWayMsOf(topology), random: Math.random });
  undo.push(() => mesh.close());
  undo.push(async () => {
    await Promise.all(regions.map((region) => region.stop()));
  });
  onProgress("PostgreSQL found");

  const links = new ReplicationLinks(mesh, regions);
  const witness = new Witness();
  const cloud = await startCloud({ topology, sites, mesh, regions, links, witness });
  undo.push(() => cloud.close());
  onProgress("AWS endpoints and DNS");
  const network = await openLinks({ mesh, sites, regions, cloud });
  undo.push(() => network.close());
  const databases = startDatabases({ links, regions, topology, onProgress });
  for (const region of regions) await region.startPrograms(network.outside(region.name));
  await Promise.all([databases, cloud.furnish()]);
  await awaitServing({ cloud, regions, onProgress, signal });
  const parts = { options, root, sites, regions, mesh, cloud, network, witness, operatorToken };
  return running({ ...parts, undo });
}

/**
 * Step by step: where a folder cannot be made at all (below /proc, say), the recursive `mkdirSync` of
 * Node 20 tries for ever.
 */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`cannot make the folder ${folder}: ${reason}; choose another with --folder`, {
      cause: error,
    });
  }
}

interface Making {
  readonly sites: Sites;
  readonly root: string;
  readonly record: ProcessRecord;
  readonly operatorToken: string;
}

async function makeRegions(
  options: WorldOptions,
  { sites, root, record, operatorToken }: Making,
): Promise<readonly LabRegion[]> {
  const { topology, repository, account: preferred, postgresBinDir } = options;
  const account = chooseAccount(preferred === undefined ? {} : { preferred });
  const folders = makeFolders(root, account);
  const binaries = await findBinaries({
    startFolder: repository,
    account,
    cacheFolder: join(folders.data, "binaries"),
    ...(postgresBinDir === undefined ? {} : { binDir: postgresBinDir }),
  });
  writeFileSync(join(root, "topology.json"), `${JSON.stringify(topology, undefined, 2)}\n`);
  const addresses = sites.regions.map((region) => sites.addressOf(region));
  const app = await samePort(addresses, options.appPort);
  return Promise.all(
    sites.regions.map(
      async (name) =>
        new LabRegion({
          name,
          address: sites.addressOf(name),
          topology,
          folders,
          ports: await portsAt(sites.addressOf(name), app),
          binaries,
          account,
          record,
          operatorToken,
          programs: join(repository, "dist"),
        }),
    ),
  );
}

function makeFolders(root: string, account: ReturnType<typeof chooseAccount>): LabFolders {
  const data = join(placeFor(root, account), "data");
  makeOwnFolder(data, account);
  const logs = join(root, "logs");
  mkdirSync(logs, { recursive: true });
  return { root, data, logs };
}

async function portsAt(host: string, app: number): Promise<RegionPorts> {
  return {
    app,
    postgres: await freePort(host),
    operator: await freePort(host),
    kubernetes: await freePort(host),
    aws: await freePort(host),
  };
}

interface Parts {
  readonly options: WorldOptions;
  readonly root: string;
  readonly sites: Sites;
  readonly regions: readonly LabRegion[];
  readonly mesh: Mesh;
  readonly cloud: Cloud;
  readonly network: Network;
  readonly witness: Witness;
  /** Whoever has it may command the operators. */
  readonly operatorToken: string;
  readonly undo: Undo[];
}

async function running(parts: Parts): Promise<Lab> {
  const { cloud, regions, root, sites, undo, witness } = parts;
  const rogueWriters = rogueWritersOf(parts);
  undo.push(() => rogueWriters.close());
  const faults = new FaultBook(breakableOf(parts, rogueWriters));
  let stopping: Promise<void> | undefined;
  const faultApiPort = await freePort(internetAddress);
  const descriptor = describe(parts, faultApiPort);
  const file = join(root, "lab.json");

  const lab: Lab = {
    descriptor,
    inject: (fault) => faults.inject(fault),
    heal: (id) => faults.heal(id),
    activeFaults: () => faults.active,
    async exhume(name) {
      const { postgres } = regionNamed(regions, name);
      if (postgres.heldDownBecause !== undefined) await freeDisk(postgres);
      if (postgres.frozen) postgres.thaw();
      if (!postgres.running && postgres.initialised) await postgres.start();
    },
    observations: () => ({
      route53Calls: cloud.route53.recentCalls(),
      route53CallCounts: cloud.route53.calls(),
      rogueWriters: rogueWriters.counts(),
      ...witness.witnessed,
    }),
    stop() {
      stopping ??= undoAll(undo);
      return stopping;
    },
  };
  const places = { regions: sites.regions, sites: [...sites.regions, sites.witness, internet] };
  const api = await startFaultApi(lab, places, { host: internetAddress, port: faultApiPort });
  undo.push(() => api.close());
  writeFileSync(file, `${JSON.stringify(descriptor, undefined, 2)}\n`);
  undo.push(() => rmSync(file, { force: true }));
  return lab;
}

function breakableOf(
  { cloud, mesh, network, regions }: Parts,
  rogueWriters: RogueWriters,
): Breakable {
  return {
    mesh,
    regionNamed: (name) => regionNamed(regions, name),
    peerOf: (name) => peerAmong(regions, regionNamed(regions, name)),
    entrancesOf: (name) => network.entrancesOf(name),
    rogueWriters,
    setRoute53ControlPlane: (isUp) => cloud.route53.setControlPlane(isUp),
    setArbiter: (isUp) => cloud.setArbiter(isUp),
  };
}

function rogueWritersOf({ options, regions, root }: Parts): RogueWriters {
  return new RogueWriters({
    logFolder: join(root, "logs"),
    database: options.topology.database.name,
    user: appRole,
    databaseOf: (name) => regionNamed(regions, name).postgres,
  });
}

function describe(
  { cloud, operatorToken, options, regions, root, sites }: Parts,
  faultApi: number,
): LabDescriptor {
  const { topology } = options;
  const appPort = regions[0]?.ports.app ?? 0;
  return {
    version: 1,
    pid: process.pid,
    startedAt: new Date().toISOString(),
    folder: root,
    service: topology.service,
    hostname: topology.hostname,
    appPort,
    zone: topology.dns.zone,
    dns: { host: internetAddress, port: cloud.dnsPort },
    faultApi: `http://${internetAddress}:${faultApi}`,
    operatorToken,
    arbiter: {
      table: topology.arbiter.table,
      group: topology.service,
      witnessRegion: sites.witness,
      endpoints: Object.fromEntries(regions.map(({ name, awsUrl }) => [name, awsUrl])),
    },
    route53: { endpoint: cloud.route53Url, hostedZoneId: cloud.route53.hostedZoneId },
    initialActive: sites.regions[0],
    initialStandby: sites.regions[1],
    regions: Object.fromEntries(
      regions.map((region) => [
        region.name,
        {
          address: region.address,
          app: region.appUrl,
          postgres: {
            host: region.address,
            port: region.ports.postgres,
            user: "app",
            database: topology.database.name,
          },
          aws: region.awsUrl,
          bucket: region.bucket,
          kubernetes: region.kubernetesUrl,
          operator: region.operatorUrl,
        },
      ]),
    ),
  };
}

function regionNamed(regions: readonly LabRegion[], name: string): LabRegion {
  const region = regions.find((candidate) => candidate.name === name);
  if (region !== undefined) return region;
  throw new Error(`no region ${name}: there are ${regions.map((each) => each.name).join(", ")}`);
}

/** Later things stand on earlier ones. One that fails to stop must not keep the others running. */
async function undoAll(undo: Undo[]): Promise<void> {
  const failures: unknown[] = [];
  for (let step = undo.pop(); step !== undefined; step = undo.pop()) {
    try {
      await step();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, "the lab did not stop cleanly");
}
