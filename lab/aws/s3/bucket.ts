//! Buckets and their versions, newest first. All buckets of a region share one limit of bytes.

import { AwsError } from "../service.ts";
import { compareText } from "../text-order.ts";
import { unversionedId, type ObjectVersion } from "./version.ts";

export type Versioning = "Enabled" | "Suspended" | undefined;

export class Bucket {
  readonly name: string;
  readonly createdAt: Date;
  versioning: Versioning;
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

  /** A version with the id `null` takes the place of the one before. */
  add(version: ObjectVersion): void {
    const others = this.versionsOf(version.key).filter(
      ({ versionId }) => versionId !== unversionedId || version.versionId !== unversionedId,
    );
    this.#replace(version.key, [version, ...others]);
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
