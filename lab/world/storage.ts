//! S3 of both regions and what carries objects between them. It is AWS, so it outlives the loss of a
//! region: what was written there waits, and goes on its way when the region is lit again.

import { randomUUID } from "node:crypto";
import { s3Region, type S3Region } from "../aws/s3.ts";
import type { QueueOptions } from "../aws/s3/replication-queue.ts";
import { type Receiver, startReceiver } from "../aws/s3/replica-wire.ts";
import { type ReplicationMetrics, Replicator } from "../aws/s3/replicator.ts";
import type { AwsService } from "../aws/service.ts";
import type { Address } from "../descriptor.ts";
import type { Mesh } from "../links/mesh.ts";
import type { LabRegion } from "./region.ts";
import { replicationDatums, type PublishMetrics } from "./storage-metrics.ts";

export interface StorageProps extends QueueOptions {
  readonly mesh: Mesh;
  readonly regions: readonly Place[];
  /** Takes the metrics of one region. @default nobody asks for them */
  readonly publish?: PublishMetrics;
  /** @default 5 s; S3 does it once a minute */
  readonly publishEveryMs?: number;
}

export interface LabStorage {
  /** S3 as the region's endpoint answers for it. */
  serviceOf(region: string): AwsService;
  /** How far each bucket is behind, for every way that was used. */
  metrics(): readonly ReplicationMetrics[];
  close(): Promise<void>;
}

type Place = Pick<LabRegion, "name" | "address">;

/** What stands in one region. */
interface Site {
  readonly region: Place;
  readonly s3: S3Region;
  readonly receiver: Receiver;
  readonly replicator: Replicator;
  /** Where the ways to the other regions begin, on this region's side. */
  readonly ways: Map<Site, Address>;
}

export async function startStorage(props: StorageProps): Promise<LabStorage> {
  const { mesh, publishEveryMs = 5_000, regions } = props;
  const sites: Site[] = [];
  const secret = randomUUID();
  for (const region of regions) sites.push(await openSite(region, { props, secret, sites }));
  for (const from of sites) {
    for (const to of sites) {
      if (to === from) from.ways.set(to, to.receiver);
      else from.ways.set(to, await openWay(mesh, from, to));
    }
  }
  const metrics = () => sites.flatMap(({ replicator }) => replicator.metrics());
  const failedBefore = new Map<string, number>();
  const timer = setInterval(() => publishAll(sites, failedBefore, props.publish), publishEveryMs);
  timer.unref();
  return {
    serviceOf: (name) => siteOf(sites, name).s3.service,
    metrics,
    async close() {
      clearInterval(timer);
      await Promise.all(sites.map(({ replicator }) => replicator.close()));
      await Promise.all(sites.map(({ receiver }) => receiver.close()));
    },
  };
}

interface Opening {
  readonly props: StorageProps;
  readonly secret: string;
  /** All sites; those that open later are added to it. */
  readonly sites: readonly Site[];
}

async function openSite(region: Place, { props, secret, sites }: Opening): Promise<Site> {
  const { mesh: _, publish: __, publishEveryMs: ___, regions: ____, ...options } = props;
  const ways = new Map<Site, Address>();
  const s3 = s3Region({
    region: region.name,
    onVersion: (version) => replicator.take(version),
    versioningOf: (bucket) => {
      const { s3: found } = ownerOf(sites, bucket) ?? {};
      return found === undefined ? "absent" : found.buckets.get(bucket)?.versioning;
    },
  });
  const replicator = new Replicator({
    ...options,
    buckets: s3.buckets,
    secret,
    wayTo: (bucket) => {
      const owner = ownerOf(sites, bucket);
      return owner === undefined ? undefined : ways.get(owner);
    },
  });
  const receiver = await startReceiver({
    host: region.address,
    port: 0,
    secret,
    receive: (replica) => s3.receive(replica),
  });
  return { region, s3, receiver, replicator, ways };
}

/** A link like any other between the regions: cut, slow and dark with them. */
async function openWay(mesh: Mesh, from: Site, to: Site): Promise<Address> {
  const { host, port } = await mesh.open({
    name: `objects of ${from.region.name} to ${to.region.name}`,
    from: from.region.name,
    to: to.region.name,
    listen: { host: from.region.address, port: 0 },
    target: () => to.receiver,
  });
  return { host, port };
}

function ownerOf(sites: readonly Site[], bucket: string): Site | undefined {
  return sites.find(({ s3 }) => s3.buckets.has(bucket));
}

function siteOf(sites: readonly Site[], name: string): Site {
  const found = sites.find(({ region }) => region.name === name);
  if (found === undefined) throw new Error(`${name} has no S3`);
  return found;
}

/** S3 tells of the way in the destination's region, and of what failed in the source's. */
function publishAll(
  sites: readonly Site[],
  failedBefore: Map<string, number>,
  publish: PublishMetrics = () => undefined,
): void {
  for (const { region, replicator } of sites) {
    for (const metrics of replicator.metrics()) {
      const way = `${metrics.sourceBucket} ${metrics.destinationBucket}`;
      const failed = metrics.operationsFailed - (failedBefore.get(way) ?? 0);
      failedBefore.set(way, metrics.operationsFailed);
      const { atDestination, atSource } = replicationDatums(metrics, failed);
      publish(region.name, atSource);
      const owner = ownerOf(sites, metrics.destinationBucket);
      if (owner !== undefined) publish(owner.region.name, atDestination);
    }
  }
}
