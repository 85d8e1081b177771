//! Single requests about the objects of a bucket: a list, a head, a copy of an object onto itself.

import {
  CopyObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListObjectsV2Command,
  type _Object as S3Object,
  type S3Client,
} from "@aws-sdk/client-s3";
import { type Outcome, succeeded } from "../../failover/outcome.ts";
import { callAws } from "./aws-call.ts";

export interface BucketReach {
  readonly client: S3Client;
  readonly bucket: string;
  readonly timeoutMs: number;
}

export interface ListedObject {
  readonly key: string;
  /** The same only as long as the object is. */
  readonly version: string;
}

export interface Listed {
  readonly objects: readonly ListedObject[];
  /** There are more. */
  readonly truncated: boolean;
}

/** Page by page, in the order of the keys. */
export async function listKeys(reach: BucketReach, objectsMax: number): Promise<Outcome<Listed>> {
  const objects: ListedObject[] = [];
  let token: string | undefined;
  do {
    const command = new ListObjectsV2Command({
      Bucket: reach.bucket,
      ...(token === undefined ? {} : { ContinuationToken: token }),
    });
    const page = await callAws(reach.timeoutMs, (options) => reach.client.send(command, options));
    if (!page.ok) return page;
    objects.push(...(page.value.Contents ?? []).map(listedOf));
    token = page.value.NextContinuationToken;
  } while (token !== undefined && objects.length < objectsMax);
  const truncated = token !== undefined || objects.length > objectsMax;
  return succeeded({ objects: objects.slice(0, objectsMax), truncated });
}

function listedOf({ ETag = "", Key = "", LastModified }: S3Object): ListedObject {
  return { key: Key, version: `${Key} ${ETag} ${LastModified?.getTime() ?? 0}` };
}

export async function head(
  { bucket, client, timeoutMs }: BucketReach,
  key: string,
): Promise<Outcome<HeadObjectCommandOutput | "absent">> {
  const command = new HeadObjectCommand({ Bucket: bucket, Key: key });
  const answer = await callAws(timeoutMs, (options) => client.send(command, options));
  // The answer to a head has no body, so the client knows no more than the status.
  if (!answer.ok && answer.detail.startsWith("NotFound")) return succeeded("absent");
  return answer;
}

/**
 * A new version with the same content, which the rules of this moment take. Everything that a copy
 * would lose is said again. Does nothing when the object has changed since it was looked at.
 */
export async function copyOntoItself(
  { bucket, client, timeoutMs }: BucketReach,
  key: string,
  seen: HeadObjectCommandOutput,
): Promise<Outcome<void>> {
  const command = new CopyObjectCommand({
    Bucket: bucket,
    Key: key,
    CopySource: `${bucket}/${key.split("/").map(encodeURIComponent).join("/")}`,
    CopySourceIfMatch: seen.ETag,
    MetadataDirective: "REPLACE",
    Metadata: seen.Metadata,
    CacheControl: seen.CacheControl,
    ContentDisposition: seen.ContentDisposition,
    ContentEncoding: seen.ContentEncoding,
    ContentLanguage: seen.ContentLanguage,
    ContentType: seen.ContentType,
    StorageClass: seen.StorageClass,
    ServerSideEncryption: seen.ServerSideEncryption,
    SSEKMSKeyId: seen.SSEKMSKeyId,
    WebsiteRedirectLocation: seen.WebsiteRedirectLocation,
  });
  const answer = await callAws(timeoutMs, (options) => client.send(command, options));
  if (answer.ok) return succeeded(undefined);
  const changed = ["PreconditionFailed", "NoSuchKey"].some((name) =>
    answer.detail.startsWith(name),
  );
  return changed ? succeeded(undefined) : answer;
}
