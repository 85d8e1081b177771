//! Two regions' S3 behind their endpoints, the mesh between them, and a versioned bucket in each.

import { S3, type ReplicationRule } from "@aws-sdk/client-s3";
import { Mesh } from "../../lab/links/mesh.ts";
import { startAwsEndpoint } from "../../lab/aws/endpoint.ts";
import { startStorage, type StorageProps } from "../../lab/world/storage.ts";

export const regionA = "us-east-1";
export const regionB = "us-west-2";
export const bucketA = "objects-a";
export const bucketB = "objects-b";
export const role = "arn:aws:iam::000000000000:role/replication";

const address = "127.0.0.1";
const open: (() => Promise<void> | void)[] = [];

export async function closeAll(): Promise<void> {
  for (const close of open.splice(0).toReversed()) await close();
}

export type Bench = Awaited<ReturnType<typeof bench>>;

/** Short waits, so that a test need not wait; no test depends on how short. */
export async function bench(options: Partial<StorageProps> = {}) {
  const mesh = new Mesh({ sites: [regionA, regionB], oneWayMs: () => 1 });
  open.push(() => mesh.close());
  const storage = await startStorage({
    mesh,
    regions: [regionA, regionB].map((name) => ({ name, address })),
    lagMs: 5,
    attemptMsMax: 500,
    retryMsMin: 10,
    retryMsMax: 50,
    ...options,
  });
  open.push(() => storage.close());
  const a = await site(regionA, bucketA);
  const b = await site(regionB, bucketB);
  return { mesh, storage, a, b };

  async function site(region: string, Bucket: string) {
    const services = { s3: storage.serviceOf(region) };
    const endpoint = await startAwsEndpoint({ region, host: address, port: 0, services });
    open.push(() => endpoint.close());
    const client = new S3({
      endpoint: endpoint.url,
      region,
      maxAttempts: 1,
      forcePathStyle: true,
      credentials: { accessKeyId: "lab", secretAccessKey: "lab" },
    });
    open.push(() => client.destroy());
    await client.createBucket({ Bucket });
    const VersioningConfiguration = { Status: "Enabled" as const };
    await client.putBucketVersioning({ Bucket, VersioningConfiguration });
    return siteOf({ client, Bucket, url: endpoint.url });
  }
}

function siteOf({ client, Bucket, url }: { client: S3; Bucket: string; url: string }) {
  const head = (Key: string) => client.headObject({ Bucket, Key });
  return {
    client,
    url,
    head,
    put: async (Key: string, Body: string) =>
      (await client.putObject({ Bucket, Key, Body })).VersionId ?? "",
    remove: (Key: string) => client.deleteObject({ Bucket, Key }),
    status: async (Key: string) => (await head(Key)).ReplicationStatus,
    text: async (Key: string) =>
      (await client.getObject({ Bucket, Key })).Body?.transformToString(),
    has: (Key: string) =>
      head(Key).then(
        () => true,
        () => false,
      ),
    versionIds: async () => {
      const { DeleteMarkers = [], Versions = [] } = await client.listObjectVersions({ Bucket });
      return [...Versions, ...DeleteMarkers].map(({ VersionId = "" }) => VersionId);
    },
    replicateTo: (destination: string, changes: Partial<ReplicationRule> = {}) =>
      client.putBucketReplication({
        Bucket,
        ReplicationConfiguration: { Role: role, Rules: [ruleTo(destination, changes)] },
      }),
  };
}

export function ruleTo(bucket: string, changes: Partial<ReplicationRule> = {}): ReplicationRule {
  return {
    ID: `to-${bucket}`,
    Status: "Enabled",
    Priority: 1,
    Filter: { Prefix: "" },
    DeleteMarkerReplication: { Status: "Enabled" },
    Destination: { Bucket: `arn:aws:s3:::${bucket}` },
    ...changes,
  };
}

export async function twoWays(options: Partial<StorageProps> = {}): Promise<Bench> {
  const made = await bench(options);
  await made.a.replicateTo(bucketB);
  await made.b.replicateTo(bucketA);
  return made;
}
