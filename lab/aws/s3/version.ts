//! Versions of objects: their identifiers, their order, their checksums, and where they stand with
//! replication.

import { createHash, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";
import type { Replication } from "./replication.ts";

export interface ObjectVersion {
  readonly bucket: string;
  readonly key: string;
  /** `null` (the word) when the bucket keeps no versions. */
  readonly versionId: string;
  /** As S3 tells it, in whole seconds. */
  readonly modifiedAt: Date;
  /** Puts the versions of a key in one order, the same in every bucket that holds them. */
  readonly writtenAtMs: number;
  readonly replication: Replication;
  readonly deleteMarker: boolean;
  readonly body: Buffer;
  readonly etag: string;
  readonly crc32: string;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly metadata: Readonly<Record<string, string>> | undefined;
}

export const unversionedId = "null";

export interface NewVersion {
  readonly bucket: string;
  readonly key: string;
  readonly versioned: boolean;
  readonly writtenAtMs: number;
  readonly replication: Replication;
}

export type Content = Pick<ObjectVersion, "body" | "contentType" | "contentEncoding" | "metadata">;

export function objectVersion(
  { versioned, ...where }: NewVersion,
  content: Content,
): ObjectVersion {
  return {
    ...where,
    ...content,
    modifiedAt: wholeSecond(where.writtenAtMs),
    versionId: versioned ? newVersionId() : unversionedId,
    deleteMarker: false,
    etag: `"${createHash("md5").update(content.body).digest("hex")}"`,
    crc32: crc32Text(content.body),
  };
}

export function deleteMarker({ versioned, ...where }: NewVersion): ObjectVersion {
  return {
    ...where,
    modifiedAt: wholeSecond(where.writtenAtMs),
    versionId: versioned ? newVersionId() : unversionedId,
    deleteMarker: true,
    body: Buffer.alloc(0),
    etag: "",
    crc32: "",
    contentType: undefined,
    contentEncoding: undefined,
    metadata: undefined,
  };
}

export function crc32Text(body: Buffer): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  return bytes.toString("base64");
}

export function wholeSecond(atMs: number): Date {
  return new Date(Math.floor(atMs / 1000) * 1000);
}

function newVersionId(): string {
  return randomBytes(24).toString("base64url");
}
