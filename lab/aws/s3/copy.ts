//! Copies within a region. A copy is a new version with a life of its own: it replicates by the
//! rules of this moment, also when it is a copy of an object onto itself.

import type * as S3 from "@aws-sdk/client-s3";
import { AwsError } from "../service.ts";
import { assertReadable, findVersion, newVersion, type S3Store, versionIdOf } from "./objects.ts";
import { type Content, objectVersion, type ObjectVersion } from "./version.ts";

export function copyObject(
  store: S3Store,
  input: S3.CopyObjectCommandInput,
): S3.CopyObjectCommandOutput | object {
  const from = sourceOf(input.CopySource);
  const sourceBucket = store.bucket(from.Bucket);
  const source = findVersion(sourceBucket, from);
  assertReadable(source, {
    IfMatch: input.CopySourceIfMatch,
    IfNoneMatch: input.CopySourceIfNoneMatch,
  });
  assertChanges(from, input);
  const bucket = store.bucket(input.Bucket);
  const version = objectVersion(
    newVersion(store, bucket, { key: input.Key }),
    contentOf(source, input),
  );
  bucket.add(version);
  store.onVersion(version);
  return {
    CopyObjectResult: {
      ETag: version.etag,
      LastModified: version.modifiedAt,
      ChecksumCRC32: version.crc32,
    },
    CopySourceVersionId: versionIdOf(sourceBucket, source).VersionId,
    ...versionIdOf(bucket, version),
  };
}

interface CopySource {
  readonly Bucket: string;
  readonly Key: string;
  readonly VersionId: string | undefined;
}

/** `bucket/key?versionId=id`, percent-encoded, with or without a slash before it. */
function sourceOf(text = ""): CopySource {
  const [path = "", VersionId] = text.split("?versionId=");
  try {
    const [, Bucket = "", Key = ""] = /^\/?([^/]+)\/(.+)$/s.exec(decodeURIComponent(path)) ?? [];
    return { Bucket, Key, VersionId };
  } catch {
    throw new AwsError("InvalidArgument", `Invalid copy source encoding: ${text}`);
  }
}

function contentOf(source: ObjectVersion, input: S3.CopyObjectCommandInput): Content {
  const { body } = source;
  if (input.MetadataDirective !== "REPLACE") {
    const { contentType, contentEncoding, metadata } = source;
    return { body, contentType, contentEncoding, metadata };
  }
  return {
    body,
    contentType: input.ContentType,
    contentEncoding: input.ContentEncoding,
    metadata: input.Metadata,
  };
}

/** To bring an old version back is a change; to copy the current one as it is, is none. */
function assertChanges(from: CopySource, input: S3.CopyObjectCommandInput): void {
  const onItself = from.Bucket === input.Bucket && from.Key === input.Key;
  const changes = [input.StorageClass, input.ServerSideEncryption, from.VersionId];
  if (!onItself || input.MetadataDirective === "REPLACE") return;
  if (changes.some((change) => change !== undefined)) return;
  throw new AwsError(
    "InvalidRequest",
    "This copy request is illegal because it is trying to copy an object to itself without " +
      "changing the object's metadata, storage class, website redirect location or encryption " +
      "attributes.",
    { status: 400 },
  );
}
