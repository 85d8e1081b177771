//! Reads what each region's bucket holds, and what a salvage left in it. A bucket that does not
//! answer in time is recorded as unreachable, which is not the same as empty.

import { GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import type { LabDescriptor, RegionDescriptor } from "../../descriptor.ts";
import type { BucketReading, SalvageReading } from "../verdicts/evidence.ts";
import { isOrdersFile, objectsFile, salvageFrom } from "./salvage.ts";

/** What Switchback keeps for itself; no user put it there. */
const ownPrefix = "switchback/";
const salvagePrefix = `${ownPrefix}salvage/`;
/** Long enough for a busy machine; a region in the dark costs this once. */
const answerMs = 2_500;
const pagesMax = 200;

export function readBuckets(lab: LabDescriptor): Promise<BucketReading[]> {
  return Promise.all(
    Object.entries(lab.regions).map(([region, described]) => readBucket(region, described)),
  );
}

async function readBucket(region: string, described: RegionDescriptor): Promise<BucketReading> {
  return withBucket<BucketReading>(region, described, async (bucket) => {
    const keys = await bucket.keys("");
    return { region, reachable: true, keys: keys.filter((key) => !key.startsWith(ownPrefix)) };
  }).catch((error: unknown) => ({ region, reachable: false, error: messageOf(error) }));
}

/** The salvages in the bucket of the region that serves; null when it could not be read. */
export async function readSalvages(
  lab: LabDescriptor,
  serving: string | null,
): Promise<SalvageReading[] | null> {
  const described = lab.regions[serving ?? ""];
  if (serving === null || described === undefined) return null;
  return withBucket(serving, described, async (bucket) => {
    const keys = await bucket.keys(salvagePrefix);
    const folders = keys
      .filter((key) => key.endsWith(`/${summaryFile}`))
      .map((key) => key.slice(0, -summaryFile.length));
    return Promise.all(folders.map((folder) => readSalvage(bucket, folder, keys)));
  }).catch(() => null);
}

const summaryFile = "summary.json";

async function readSalvage(
  bucket: Bucket,
  folder: string,
  keys: readonly string[],
): Promise<SalvageReading> {
  const own = keys.filter((key) => key.startsWith(folder));
  const orders = own.filter((key) => isOrdersFile(key.slice(folder.length)));
  return salvageFrom({
    name: folder.slice(salvagePrefix.length, -1),
    summary: await bucket.text(`${folder}${summaryFile}`),
    orders: await Promise.all(orders.map((key) => bucket.text(key))),
    objects: await bucket.text(`${folder}${objectsFile}`),
  });
}

interface Bucket {
  keys(prefix: string): Promise<string[]>;
  text(key: string): Promise<string>;
}

async function withBucket<T>(
  region: string,
  { aws, bucket }: RegionDescriptor,
  work: (bucket: Bucket) => Promise<T>,
): Promise<T> {
  const client = new S3Client({
    endpoint: aws,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId: "lab", secretAccessKey: "lab" },
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: answerMs,
      requestTimeout: answerMs,
      throwOnRequestTimeout: true,
    },
  });
  try {
    return await work({
      keys: (prefix) => everyKey(client, bucket, prefix),
      async text(key) {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
        return (await Body?.transformToString()) ?? "";
      },
    });
  } finally {
    client.destroy();
  }
}

async function everyKey(client: S3Client, bucket: string, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  let token: string | undefined;
  for (let page = 0; page < pagesMax; page += 1) {
    const listed = await client.send(
      new ListObjectsV2Command({
        Bucket: bucket,
        Prefix: prefix,
        ...(token === undefined ? {} : { ContinuationToken: token }),
      }),
    );
    for (const { Key } of listed.Contents ?? []) if (Key !== undefined) keys.push(Key);
    token = listed.NextContinuationToken;
    if (token === undefined) return keys;
  }
  throw new Error(`more than ${pagesMax} pages of objects`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
