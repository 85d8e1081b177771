//! Lists of objects and of versions, page by page.

import type * as S3 from "@aws-sdk/client-s3";
import { compareText } from "../text-order.ts";
import { AwsError, type Handlers } from "../service.ts";
import type { Bucket } from "./bucket.ts";
import type { S3Store } from "./objects.ts";
import type { ObjectVersion } from "./version.ts";

export function listOperations(store: S3Store): Handlers {
  return {
    ListObjectsV2: (input: S3.ListObjectsV2CommandInput) =>
      listObjects(store.bucket(input.Bucket), input),
    ListObjectVersions: (input: S3.ListObjectVersionsCommandInput) =>
      listVersions(store.bucket(input.Bucket), input),
  };
}

const pageMax = 1_000;

function listObjects(bucket: Bucket, input: S3.ListObjectsV2CommandInput): S3.ListObjectsV2Output {
  const { Prefix = "", Delimiter, StartAfter, ContinuationToken } = input;
  const after = ContinuationToken === undefined ? StartAfter : readToken(ContinuationToken);
  const entries = entriesOf(bucket, Prefix, Delimiter).filter(
    ({ name }) => after === undefined || compareText(name, after) > 0,
  );
  const size = pageSize(input.MaxKeys);
  const page = entries.slice(0, size);
  const isTruncated = entries.length > page.length;
  const last = page.at(-1)?.name;
  return {
    Name: bucket.name,
    Prefix,
    Delimiter,
    MaxKeys: size,
    StartAfter,
    ContinuationToken,
    KeyCount: page.length,
    IsTruncated: isTruncated,
    NextContinuationToken: isTruncated && last !== undefined ? writeToken(last) : undefined,
    Contents: page.flatMap(({ version }) => (version === undefined ? [] : [describe(version)])),
    CommonPrefixes: page.flatMap(({ name, version }) =>
      version === undefined ? [{ Prefix: name }] : [],
    ),
  };
}

/** A key with its current version, or the common prefix of several keys. */
interface Entry {
  readonly name: string;
  readonly version: ObjectVersion | undefined;
}

function entriesOf(
  bucket: Bucket,
  prefix: string,
  delimiter: string | undefined,
): readonly Entry[] {
  const entries = new Map<string, Entry>();
  for (const key of bucket.keys(prefix)) {
    const [version] = bucket.versionsOf(key);
    if (version === undefined || version.deleteMarker) continue;
    const cut = delimiter ? key.indexOf(delimiter, prefix.length) : -1;
    const name = cut === -1 ? key : key.slice(0, cut + (delimiter?.length ?? 0));
    entries.set(name, { name, version: cut === -1 ? version : undefined });
  }
  return [...entries.values()];
}

function listVersions(
  bucket: Bucket,
  input: S3.ListObjectVersionsCommandInput,
): S3.ListObjectVersionsOutput {
  const { Prefix = "", Delimiter, KeyMarker, VersionIdMarker } = input;
  if (Delimiter !== undefined) {
    throw new AwsError("NotImplemented", "the lab lists versions without delimiter", {
      status: 501,
    });
  }
  const all = bucket.keys(Prefix).flatMap((key) => bucket.versionsOf(key));
  const rest = all.slice(startOf(all, KeyMarker, VersionIdMarker));
  const size = pageSize(input.MaxKeys);
  const page = rest.slice(0, size);
  const last = rest.length > page.length ? page.at(-1) : undefined;
  const listed = page.map((version) => ({
    version,
    IsLatest: bucket.versionsOf(version.key)[0] === version,
  }));
  return {
    Name: bucket.name,
    Prefix,
    MaxKeys: size,
    KeyMarker: KeyMarker ?? "",
    VersionIdMarker: VersionIdMarker ?? "",
    IsTruncated: last !== undefined,
    NextKeyMarker: last?.key,
    NextVersionIdMarker: last?.versionId,
    Versions: listed.flatMap(({ version, IsLatest }) =>
      version.deleteMarker
        ? []
        : [{ ...describe(version), VersionId: version.versionId, IsLatest }],
    ),
    DeleteMarkers: listed.flatMap(({ version, IsLatest }) =>
      version.deleteMarker ? [{ ...describeMarker(version), IsLatest }] : [],
    ),
  };
}

/** Behind the marked version, or behind every version of the marked key. */
function startOf(
  all: readonly ObjectVersion[],
  key: string | undefined,
  versionId: string | undefined,
): number {
  if (key === undefined) return 0;
  const marked = all.findIndex((version) => version.key === key && version.versionId === versionId);
  if (marked !== -1) return marked + 1;
  const next = all.findIndex((version) => compareText(version.key, key) > 0);
  return next === -1 ? all.length : next;
}

function describe(version: ObjectVersion): S3._Object & { readonly StorageClass: "STANDARD" } {
  return {
    Key: version.key,
    Size: version.body.length,
    ETag: version.etag,
    LastModified: version.modifiedAt,
    StorageClass: "STANDARD",
  };
}

function describeMarker({ key, versionId, modifiedAt }: ObjectVersion): S3.DeleteMarkerEntry {
  return { Key: key, VersionId: versionId, LastModified: modifiedAt };
}

function pageSize(wanted: number | undefined): number {
  return Math.max(0, Math.min(wanted ?? pageMax, pageMax));
}

function writeToken(name: string): string {
  return Buffer.from(name).toString("base64url");
}

function readToken(token: string): string {
  return Buffer.from(token, "base64url").toString("utf8");
}
