//! Versions of objects, their identifiers and their checksums.

import { createHash, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

export interface ObjectVersion {
  readonly bucket: string;
  readonly key: string;
  /** `null` (the word) when the bucket keeps no versions. */
  readonly versionId: string;
  readonly modifiedAt: Date;
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
  readonly modifiedAt: Date;
}

export function objectVersion(
  { versioned, ...where }: NewVersion,
  content: Pick<ObjectVersion, "body" | "contentType" | "contentEncoding" | "metadata">,
): ObjectVersion {
  return {
    ...where,
    ...content,
    versionId: versioned ? newVersionId() : unversionedId,
    deleteMarker: false,
    etag: `"${createHash("md5").update(content.body).digest("hex")}"`,
    crc32: crc32Text(content.body),
  };
}

export function deleteMarker({ versioned, ...where }: NewVersion): ObjectVersion {
  return {
    ...where,
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

function newVersionId(): string {
  return randomBytes(24).toString("base64url");
}
