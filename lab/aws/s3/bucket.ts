//! Buckets and their versions, newest first, with the rules that replicate them. All buckets of a
//! region share one limit of bytes.

import type { ReplicationConfiguration } from "@aws-sdk/client-s3";
import { AwsError } from "../service.ts";
import { compareText } from "../text-order.ts";
import type { Replication } from "./replication.ts";
import { unversionedId, type ObjectVersion } from "./version.ts";

export type Versioning = "Enabled" | "Suspended" | undefined;

export class Bucket {
  readonly name: string;
  readonly createdAt: Date;
  versioning: Versioning;
  replication: ReplicationConfiguration | undefined;
  readonly #versions = new Map<string, readonly ObjectVersion[]>();
  readonly #budget: ByteBudget;

  constructor(name: string, createdAt: Date, budget: ByteBudget) {
    this.name = name;
    this.createdAt = createdAt;
    this.#budget = budget;
  }

  get isEmpty(): boolean {
    return this.#versions.size === 0;
  }

  /** Newest first. */
  versionsOf(key: string): readonly ObjectVersion[] {
    return this.#versions.get(key) ?? [];
  }

  /** Keys in the order in which S3 lists them: by their UTF-8 bytes. */
  keys(prefix = ""): readonly string[] {
    return [...this.#versions.keys()].filter((key) => key.startsWith(prefix)).sort(compareText);
  }

  /** When a version that is written now counts as written: after all others of its key. */
  nextWriteAtMs(key: string, nowMs: number): number {
    const [newest] = this.versionsOf(key);
    return newest === undefined ? nowMs : Math.max(nowMs, newest.writtenAtMs + orderStepMs);
  }

  /**
   * A version with the id `null` takes the place of the one before. A version that was written
   * elsewhere takes its place in the order of writing, which need not be the first.
   */
  add(version: ObjectVersion): void {
    const others = this.versionsOf(version.key).filter(
      ({ versionId }) => versionId !== unversionedId || version.versionId !== unversionedId,
    );
    this.#replace(version.key, [version, ...others].toSorted(newestFirst));
  }

  /** Notes how far a version has come on its way to another bucket, if it is still there. */
  note(key: string, versionId: string, replication: Replication): void {
    this.#replace(
      key,
      this.versionsOf(key).map((version) =>
        version.versionId === versionId ? { ...version, replication } : version,
      ),
    );
  }

  remove(key: string, versionId: string): ObjectVersion | undefined {
    const versions = this.versionsOf(key);
    const found = versions.find((version) => version.versionId === versionId);
    this.#replace(
      key,
      versions.filter((version) => version !== found),
    );
    return found;
  }

  #replace(key: string, versions: readonly ObjectVersion[]): void {
    this.#budget.change(bytesOf(versions) - bytesOf(this.versionsOf(key)));
    if (versions.length === 0) this.#versions.delete(key);
    else this.#versions.set(key, versions);
  }
}

/** Smaller than what a clock tells apart. */
const orderStepMs = 0.001;

/** Two versions of the same moment are ordered by id, so that all buckets agree on the newest. */
function newestFirst(a: ObjectVersion, b: ObjectVersion): number {
  return b.writtenAtMs - a.writtenAtMs || compareText(b.versionId, a.versionId);
}

export class ByteBudget {
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Throws, and counts nothing, when the limit would be passed. */
  change(bytes: number): void {
    if (this.#bytes + bytes > this.#bytesMax) {
      throw new AwsError(
        "InsufficientStorage",
        `the lab's S3 keeps at most ${this.#bytesMax} bytes a region; delete versions first`,
        { status: 507 },
      );
    }
    this.#bytes += bytes;
  }
}

/** Names and metadata count too, so that empty objects are bounded. */
const overheadBytes = 1_024;

function bytesOf(versions: readonly ObjectVersion[]): number {
  return versions.reduce((sum, { body }) => sum + body.length + overheadBytes, 0);
}
