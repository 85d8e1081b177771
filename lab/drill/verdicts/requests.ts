//! Counts: what the users and canaries asked and were told, and what went wrong how often.

import { objectsOff, type Ledger, type RequestKind, type RequestLine } from "../ledger.ts";
import type { Acknowledgement, RequestCounts } from "./evidence.ts";

/** Acknowledged writes of users and canaries, by the time at which the client had the answer. */
export function acknowledgementsOf(ledger: Ledger): Acknowledgement[] {
  return ledger.requests
    .map(acknowledgementOf)
    .filter((ack) => ack !== null)
    .sort((a, b) => a.doneAtMs - b.doneAtMs);
}

/** Null when the line is no acknowledged write. */
export function acknowledgementOf(line: RequestLine): Acknowledgement | null {
  if (line.outcome !== "acknowledged") return null;
  if (line.kind !== "user" && line.kind !== "canary") return null;
  return {
    kind: line.kind,
    seq: line.seq,
    key: line.key,
    region: line.answeredBy ?? line.region ?? "nobody",
    epoch: line.epoch,
    sentAtMs: line.sentAtMs,
    doneAtMs: line.doneAtMs,
    item: line.item,
    quantity: line.quantity,
  };
}

export function countsOf(ledger: Ledger, kind: RequestKind): RequestCounts {
  return counted(ledger.requests.filter((line) => line.kind === kind));
}

export function canaryCounts(ledger: Ledger): Record<string, RequestCounts> {
  const byRegion: Record<string, RequestCounts> = {};
  const lines = ledger.requests.filter((line) => line.kind === "canary");
  const regions = [...lines, ...ledger.refusals].map((line) => line.region ?? "nobody");
  for (const region of [...new Set(regions)].sort()) {
    const counts = counted(lines.filter((line) => line.region === region));
    const refused = ledger.refusals
      .filter((line) => line.region === region)
      .reduce((total, line) => total + line.lastSeq - line.firstSeq + 1, 0);
    byRegion[region] = {
      ...counts,
      sent: counts.sent + refused,
      refused: counts.refused + refused,
    };
  }
  return byRegion;
}

/** Objects whose upload was acknowledged. */
export function acknowledgedObjects(ledger: Ledger): readonly RequestLine[] {
  return ledger.requests.filter(
    (line) => line.kind === "object" && line.outcome === "acknowledged",
  );
}

/**
 * Requests of users that ended at or after that time without success. Objects that the service does
 * not offer are no failure.
 */
export function failedRequests(ledger: Ledger, sinceMs = Number.NEGATIVE_INFINITY): number {
  return ledger.requests.filter(
    (line) => line.doneAtMs >= sinceMs && isUsers(line) && !succeeded(line),
  ).length;
}

export function errorCounts(ledger: Ledger): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const line of ledger.requests) {
    if (!isUsers(line) || succeeded(line)) continue;
    const name = line.error ?? line.outcome;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

function isUsers(line: RequestLine): boolean {
  return line.kind !== "canary";
}

function succeeded(line: RequestLine): boolean {
  return line.outcome === "acknowledged" || line.error === objectsOff;
}

function counted(lines: readonly RequestLine[]): RequestCounts {
  const counts = { sent: lines.length, acknowledged: 0, refused: 0, unknown: 0, failed: 0 };
  for (const line of lines) counts[line.outcome] += 1;
  return counts;
}
