//! The users' requests over time: good and failed ones a bucket, the longest time without an
//! acknowledged write, and the rows that were acknowledged and lost. Pure.

import { objectsOff, type Ledger, type RequestLine } from "../ledger.ts";
import type { LostRow } from "../verdicts/evidence.ts";
import type { PictureInput } from "./evidence.ts";
import { intervalsOf } from "./intervals.ts";
import type { Extent, Mark, Row, Span } from "./picture.ts";

export interface RequestLane {
  readonly bucketMs: number;
  readonly buckets: readonly Bucket[];
  /** Null when no user's write was acknowledged. */
  readonly gap: Span | null;
  readonly lost: Row;
}

/** Requests by the time at which they were sent. */
export interface Bucket {
  readonly fromMs: number;
  readonly good: number;
  readonly failed: number;
  /** How often each error came. */
  readonly errors: Readonly<Record<string, number>>;
}

export interface RequestLaneProps {
  /** Buckets are aligned to it, so that none holds both before and after. */
  readonly zeroAtMs: number;
  readonly extent: Extent;
  /** At most so many buckets over the extent. */
  readonly buckets: number;
}

export function requestLane(input: PictureInput, props: RequestLaneProps): RequestLane | null {
  const { ledger, report } = input;
  if (ledger === null) return null;
  const bucketMs = bucketLength(props.extent, props.buckets);
  return {
    bucketMs,
    buckets: bucketsOf(ledger.requests, bucketMs, props),
    gap: longestGap(ledger),
    lost: lostRow(report.lost ?? [], report.lostRows ?? null, props.extent),
  };
}

const lengthsMs = [20, 50, 100, 200, 250, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000];

export function bucketLength({ fromMs, toMs }: Extent, bucketsMax: number): number {
  const needed = (toMs - fromMs) / bucketsMax;
  return lengthsMs.find((ms) => ms >= needed) ?? Math.ceil(needed / 60_000) * 60_000;
}

export function bucketsOf(
  requests: readonly RequestLine[],
  bucketMs: number,
  { zeroAtMs, extent }: Pick<RequestLaneProps, "zeroAtMs" | "extent">,
): Bucket[] {
  const found = new Map<number, { good: number; failed: number; errors: Map<string, number> }>();
  for (const line of requests) {
    if (line.kind === "canary") continue;
    if (line.sentAtMs < extent.fromMs || line.sentAtMs > extent.toMs) continue;
    const number = Math.floor((line.sentAtMs - zeroAtMs) / bucketMs);
    const bucket = found.get(number) ?? { good: 0, failed: 0, errors: new Map() };
    found.set(number, bucket);
    if (succeeded(line)) {
      bucket.good += 1;
      continue;
    }
    bucket.failed += 1;
    const error = line.error ?? line.outcome;
    bucket.errors.set(error, (bucket.errors.get(error) ?? 0) + 1);
  }
  return [...found]
    .sort(([a], [b]) => a - b)
    .map(([number, { good, failed, errors }]) => ({
      fromMs: zeroAtMs + number * bucketMs,
      good,
      failed,
      errors: Object.fromEntries(errors),
    }));
}

/** Objects that the service does not offer are no failure. */
export function succeeded(line: RequestLine): boolean {
  return line.outcome === "acknowledged" || line.error === objectsOff;
}

/** Between two acknowledged writes of users, or from the last one to the load's end. */
export function longestGap(ledger: Ledger): Span | null {
  const times = ledger.requests
    .filter((line) => line.kind === "user" && line.outcome === "acknowledged")
    .map((line) => line.doneAtMs)
    .sort((a, b) => a - b);
  if (times.length === 0) return null;
  if (ledger.end !== null) times.push(ledger.end.endedAtMs);
  let [fromMs, toMs] = [times[0] ?? 0, times[0] ?? 0];
  for (const [i, atMs] of times.entries()) {
    const beforeMs = times[i - 1] ?? atMs;
    if (atMs - beforeMs > toMs - fromMs) [fromMs, toMs] = [beforeMs, atMs];
  }
  const told = "longest time without an acknowledged write of a user";
  return { fromMs, toMs, tone: "silent", label: "longest gap", told };
}

/** More ticks than these would be one smear: then a span for each stretch that they fill. */
const lostTicksMax = 60;
const lostGapsMax = 200;

function lostRow(lost: readonly LostRow[], count: number | null, extent: Extent): Row {
  const name = lost.length > 0 ? `lost rows: ${count ?? lost.length}` : "lost rows";
  const note = lost.length > 0 ? "" : count === null ? "unknown" : "none";
  const empty = { name, note, spans: [], marks: [] };
  if (lost.length <= lostTicksMax) return { ...empty, marks: lost.map(lostMark) };
  const times = lost.map((row) => row.acknowledgedAtMs);
  const intervals = intervalsOf(times, (extent.toMs - extent.fromMs) / lostGapsMax);
  const spans = intervals.map(({ fromMs, toMs, count: rows }): Span => {
    return { fromMs, toMs, tone: "lost", label: "", told: `${rows} rows acknowledged and lost` };
  });
  return { ...empty, spans };
}

function lostMark({ acknowledgedAtMs, key, heldBy }: LostRow): Mark {
  const told = `acknowledged and lost: ${key}, still held by ${heldBy.join(", ") || "nobody"}`;
  return { atMs: acknowledgedAtMs, tone: "lost", label: "", told };
}
