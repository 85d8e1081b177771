//! Put, get, head and delete of objects, with the conditions that S3 puts on them.

import type * as S3 from "@aws-sdk/client-s3";
import { AwsError, type Handlers } from "../service.ts";
import type { Bucket } from "./bucket.ts";
import { rangeOf } from "./range.ts";
import { replicationFor, statusOf } from "./replication.ts";
import {
  crc32Text,
  deleteMarker,
  type NewVersion,
  objectVersion,
  type ObjectVersion,
} from "./version.ts";

export interface S3Store {
  bucket(name: string | undefined): Bucket;
  now(): Date;
  onVersion(version: ObjectVersion): void;
}

export function objectOperations(store: S3Store): Handlers {
  return {
    PutObject: (input: S3.PutObjectCommandInput) => putObject(store, input),
    GetObject: (input: S3.GetObjectCommandInput) => getObject(store, input),
    HeadObject: ({ ...input }: S3.HeadObjectCommandInput) => {
      const { Body: _, ...head } = getObject(store, input);
      return head;
    },
    DeleteObject: (input: S3.DeleteObjectCommandInput) => deleteObject(store, input),
  };
}

function putObject(store: S3Store, input: S3.PutObjectCommandInput): S3.PutObjectOutput {
  const bucket = store.bucket(input.Bucket);
  const body = Buffer.isBuffer(input.Body) ? input.Body : Buffer.alloc(0);
  assertChecksum(input, body);
  assertWritable(currentOf(bucket, input.Key), input);
  const version = objectVersion(newVersion(store, bucket, { key: input.Key }), {
    body,
    contentType: input.ContentType,
    contentEncoding: input.ContentEncoding,
    metadata: input.Metadata,
  });
  bucket.add(version);
  store.onVersion(version);
  return {
    ETag: version.etag,
    ChecksumCRC32: version.crc32,
    ...versionIdOf(bucket, version),
  };
}

type GetResult = Omit<S3.GetObjectOutput, "Body"> & { readonly Body: Buffer };

type GetInput = Pick<
  S3.GetObjectCommandInput,
  "Bucket" | "Key" | "VersionId" | "Range" | "IfMatch" | "IfNoneMatch" | "ChecksumMode"
>;

function getObject(store: S3Store, input: GetInput): GetResult {
  const bucket = store.bucket(input.Bucket);
  const version = findVersion(bucket, input);
  assertReadable(version, input);
  const range = rangeOf(input.Range, version.body.length);
  const body = range === undefined ? version.body : version.body.subarray(range.start, range.end);
  const whole = range === undefined && input.ChecksumMode === "ENABLED";
  return {
    Body: body,
    ContentLength: body.length,
    ContentRange: range?.header,
    AcceptRanges: "bytes",
    ETag: version.etag,
    ChecksumCRC32: whole ? version.crc32 : undefined,
    LastModified: version.modifiedAt,
    ContentType: version.contentType ?? "application/octet-stream",
    ContentEncoding: version.contentEncoding,
    Metadata: version.metadata,
    ReplicationStatus: statusOf(version.replication),
    ...versionIdOf(bucket, version),
  };
}

function deleteObject(store: S3Store, input: S3.DeleteObjectCommandInput): S3.DeleteObjectOutput {
  const bucket = store.bucket(input.Bucket);
  const { Key: key = "", VersionId: versionId } = input;
  if (versionId !== undefined) {
    const removed = bucket.remove(key, versionId);
    return { VersionId: versionId, DeleteMarker: removed?.deleteMarker === true || undefined };
  }
  if (bucket.versioning === undefined) {
    for (const version of bucket.versionsOf(key)) bucket.remove(key, version.versionId);
    return {};
  }
  const marker = deleteMarker(newVersion(store, bucket, { key, deleteMarker: true }));
  bucket.add(marker);
  store.onVersion(marker);
  return { DeleteMarker: true, VersionId: marker.versionId };
}

interface What {
  readonly key: string | undefined;
  readonly deleteMarker?: boolean;
}

/** The rules of this moment decide where the version goes, whatever becomes of them. */
export function newVersion(
  store: S3Store,
  bucket: Bucket,
  { key = "", deleteMarker: isMarker = false }: What,
): NewVersion {
  return {
    bucket: bucket.name,
    key,
    versioned: bucket.versioning === "Enabled",
    writtenAtMs: bucket.nextWriteAtMs(key, store.now().getTime()),
    replication: replicationFor(bucket.replication, { key, deleteMarker: isMarker }),
  };
}

function currentOf(bucket: Bucket, key = ""): ObjectVersion | undefined {
  const [newest] = bucket.versionsOf(key);
  return newest?.deleteMarker === true ? undefined : newest;
}

export function findVersion(
  bucket: Bucket,
  { Key: key = "", VersionId: versionId }: Pick<GetInput, "Key" | "VersionId">,
): ObjectVersion {
  if (versionId === undefined) {
    const current = currentOf(bucket, key);
    if (current !== undefined) return current;
    throw new AwsError("NoSuchKey", "The specified key does not exist.", {
      status: 404,
      members: { Key: key },
    });
  }
  const found = bucket.versionsOf(key).find((version) => version.versionId === versionId);
  if (found === undefined) {
    throw new AwsError("NoSuchVersion", "The specified version does not exist.", { status: 404 });
  }
  if (found.deleteMarker) {
    throw new AwsError(
      "MethodNotAllowed",
      "The specified method is not allowed against this resource.",
      { status: 405 },
    );
  }
  return found;
}

function assertChecksum({ ChecksumCRC32: given }: S3.PutObjectCommandInput, body: Buffer): void {
  if (given === undefined || given === crc32Text(body)) return;
  throw new AwsError(
    "BadDigest",
    "The CRC32 you specified did not match the calculated checksum.",
    {
      status: 400,
    },
  );
}

function assertWritable(
  current: ObjectVersion | undefined,
  { IfMatch, IfNoneMatch, Key }: S3.PutObjectCommandInput,
): void {
  if (IfNoneMatch !== undefined && IfNoneMatch !== "*") {
    throw new AwsError("NotImplemented", "If-None-Match takes only * here", { status: 501 });
  }
  if (IfNoneMatch === "*" && current !== undefined) throw preconditionFailed("If-None-Match");
  if (IfMatch === undefined) return;
  if (current === undefined) {
    throw new AwsError("NoSuchKey", `The specified key does not exist: ${Key}`, { status: 404 });
  }
  if (!sameTag(current, IfMatch)) throw preconditionFailed("If-Match");
}

/** The same conditions guard what is read to be copied. */
export function assertReadable(
  version: ObjectVersion,
  { IfMatch, IfNoneMatch }: Pick<GetInput, "IfMatch" | "IfNoneMatch">,
): void {
  if (IfMatch !== undefined && !sameTag(version, IfMatch)) throw preconditionFailed("If-Match");
  if (IfNoneMatch !== undefined && sameTag(version, IfNoneMatch)) {
    throw new AwsError("NotModified", "Not Modified", { status: 304 });
  }
}

/** Callers write entity tags with and without their quotes. */
function sameTag({ etag }: ObjectVersion, given: string): boolean {
  return given === "*" || etag === given || etag === `"${given}"`;
}

function preconditionFailed(condition: string): AwsError {
  return new AwsError(
    "PreconditionFailed",
    `At least one of the pre-conditions you specified did not hold: ${condition}`,
    { status: 412 },
  );
}

export function versionIdOf(
  bucket: Bucket,
  { versionId }: ObjectVersion,
): { readonly VersionId?: string } {
  return bucket.versioning === undefined ? {} : { VersionId: versionId };
}
