//! Objects: which of those that were acknowledged the serving region's bucket does not have, who
//! still holds them, and whether somebody says so.

import { acknowledgedObjects } from "./requests.ts";
import type { Ledger } from "../ledger.ts";
import type { BucketReading, LostObject, SalvageReading } from "./evidence.ts";

export type ReadableBucket = Extract<BucketReading, { reachable: true }>;

export interface ObjectsProps {
  readonly ledger: Ledger;
  readonly buckets: readonly BucketReading[];
  readonly salvages: readonly SalvageReading[];
  /** The region that serves at the end. */
  readonly serving: string | null;
}

/** Null when the bucket of the serving region could not be read. */
export function lostObjects(props: ObjectsProps): LostObject[] | null {
  const readable = props.buckets.filter((bucket): bucket is ReadableBucket => bucket.reachable);
  const own = readable.find((bucket) => bucket.region === props.serving);
  if (own === undefined) return null;
  const kept = new Set(own.keys);
  const others = readable
    .filter((bucket) => bucket !== own)
    .map((bucket) => ({ region: bucket.region, keys: new Set(bucket.keys) }));
  const listed = new Set(props.salvages.flatMap((salvage) => salvage.missingObjects));
  return acknowledgedObjects(props.ledger)
    .filter(({ key }) => !kept.has(key))
    .map(({ key, doneAtMs }) => ({
      key,
      acknowledgedAtMs: doneAtMs,
      heldBy: others.filter(({ keys }) => keys.has(key)).map(({ region }) => region),
      listed: listed.has(key),
    }));
}
