//! S3 of one region, in memory: versions, delete markers, conditional writes, ranges and lists,
//! copies and replication rules, bounded in bytes. `onVersion` tells of every new version; whoever
//! carries it to another region brings it there with `receive`.

import * as S3 from "@aws-sdk/client-s3";
import { describeService } from "./model.ts";
import { Bucket, ByteBudget, type Versioning } from "./s3/bucket.ts";
import { copyObject } from "./s3/copy.ts";
import { listOperations } from "./s3/listing.ts";
import { objectOperations, type S3Store } from "./s3/objects.ts";
import {
  assertMaySuspend,
  type FindVersioning,
  replicationOperations,
} from "./s3/replication-config.ts";
import type { ObjectVersion } from "./s3/version.ts";
import { AwsError, type AwsService, type Handlers } from "./service.ts";

export type { ObjectVersion } from "./s3/version.ts";

export interface S3Options {
  readonly region: string;
  /** Of all versions of all buckets together. @default 256 MiB */
  readonly bytesMax?: number;
  /** Told of every new version and delete marker that was written here, after it was stored. */
  readonly onVersion?: (version: ObjectVersion) => void;
  /** Finds buckets of all regions. @default only this region's */
  readonly versioningOf?: FindVersioning;
  /** @default the wall clock */
  readonly now?: () => Date;
}

/** S3 of one region, with a way in for what other regions send. */
export interface S3Region {
  /** Path style: `http://host:port/bucket/key`. */
  readonly service: AwsService;
  readonly buckets: ReadonlyMap<string, Bucket>;
  /** Stores a replica as it is, under its own version id. A repeat changes nothing. */
  receive(replica: ObjectVersion): "stored" | "no-bucket" | "not-versioned";
}

export function s3Service(options: S3Options): AwsService {
  return s3Region(options).service;
}

export function s3Region(options: S3Options): S3Region {
  const client = new S3.S3Client({ region: "none" });
  const model = describeService(S3, client);
  client.destroy();
  const budget = new ByteBudget(options.bytesMax ?? 256 * 1024 * 1024);
  const buckets = new Map<string, Bucket>();
  const store: S3Store = {
    now: options.now ?? (() => new Date()),
    onVersion: (version) => options.onVersion?.(version),
    bucket: (name) => {
      const found = buckets.get(name ?? "");
      if (found !== undefined) return found;
      throw new AwsError("NoSuchBucket", "The specified bucket does not exist", { status: 404 });
    },
  };
  const create = (name: string): void => {
    if (buckets.has(name)) {
      throw new AwsError(
        "BucketAlreadyOwnedByYou",
        "Your previous request to create the named bucket succeeded and you already own it.",
        { status: 409 },
      );
    }
    if (buckets.size >= bucketsMax) {
      throw new AwsError("TooManyBuckets", `the lab keeps at most ${bucketsMax} buckets`);
    }
    buckets.set(name, new Bucket(name, store.now(), budget));
  };
  const here: FindVersioning = (name) =>
    buckets.has(name) ? buckets.get(name)?.versioning : "absent";
  const handlers = {
    ...bucketOperations(store, { buckets, create, region: options.region }),
    ...objectOperations(store),
    ...listOperations(store),
    ...replicationOperations(store, options.versioningOf ?? here),
    CopyObject: (input: S3.CopyObjectCommandInput) => copyObject(store, input),
  };
  return {
    service: { model, handlers },
    buckets,
    receive(replica) {
      const bucket = buckets.get(replica.bucket);
      if (bucket === undefined) return "no-bucket";
      if (bucket.versioning !== "Enabled") return "not-versioned";
      const known = bucket
        .versionsOf(replica.key)
        .some(({ versionId }) => versionId === replica.versionId);
      if (!known) bucket.add(replica);
      return "stored";
    },
  };
}

const bucketsMax = 100;
const bucketName = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

interface Buckets {
  readonly buckets: Map<string, Bucket>;
  readonly create: (name: string) => void;
  readonly region: string;
}

function bucketOperations(store: S3Store, { buckets, create, region }: Buckets): Handlers {
  return {
    CreateBucket: ({ Bucket: name = "" }: S3.CreateBucketCommandInput) => {
      if (!bucketName.test(name)) {
        throw new AwsError("InvalidBucketName", `The specified bucket is not valid: ${name}`);
      }
      create(name);
      return { Location: `/${name}` };
    },
    HeadBucket: (input: S3.HeadBucketCommandInput) => {
      store.bucket(input.Bucket);
      return { BucketRegion: region };
    },
    // Without parameters S3 answers as it did before buckets were listed by region.
    ListBuckets: (): S3.ListBucketsOutput => ({
      Buckets: [...buckets.values()].map(({ name, createdAt }) => ({
        Name: name,
        CreationDate: createdAt,
      })),
    }),
    DeleteBucket: (input: S3.DeleteBucketCommandInput) => {
      const bucket = store.bucket(input.Bucket);
      if (!bucket.isEmpty) {
        throw new AwsError("BucketNotEmpty", "The bucket you tried to delete is not empty", {
          status: 409,
        });
      }
      buckets.delete(bucket.name);
    },
    PutBucketVersioning: (input: S3.PutBucketVersioningCommandInput) => {
      const bucket = store.bucket(input.Bucket);
      const wanted = versioningOf(input.VersioningConfiguration?.Status);
      if (wanted === "Suspended") assertMaySuspend(bucket);
      bucket.versioning = wanted;
    },
    GetBucketVersioning: (input: S3.GetBucketVersioningCommandInput) => ({
      Status: store.bucket(input.Bucket).versioning,
    }),
  };
}

function versioningOf(status: string | undefined): Versioning {
  if (status === "Enabled" || status === "Suspended") return status;
  throw new AwsError("MalformedXML", `Versioning cannot be ${status}`);
}
