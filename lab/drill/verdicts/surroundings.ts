//! What was seen around the ledger: a writer that knows of no lease, the DNS records, calls of the
//! Route 53 API, and the database that should follow again.

import type {
  Acknowledgement,
  DatabaseReading,
  RogueFindings,
  RogueWrite,
  Route53Call,
} from "./evidence.ts";
import type { ReachableDatabase } from "./lost.ts";

/**
 * From the first acknowledgement of a newer epoch on nothing of the older one may get in, whoever
 * writes. Null when there was no rogue writer, or no newer epoch to measure from.
 */
export function rogueFindings(
  writes: readonly RogueWrite[] | null,
  acknowledgements: readonly Acknowledgement[],
  from: string | null,
): RogueFindings | null {
  const first = acknowledgements[0]?.epoch ?? null;
  const takeover = acknowledgements.find((ack) => first !== null && (ack.epoch ?? 0) > first);
  if (writes === null || first === null || takeover === undefined) return null;
  const old = writes.filter(({ database, epoch }) => database === from && (epoch ?? 0) <= first);
  const after = old.filter((write) => write.doneAtMs > takeover.doneAtMs);
  return {
    acceptedBefore: old.filter(isAccepted).length - after.filter(isAccepted).length,
    acceptedAfter: after.filter(isAccepted).length,
    refusedAfter: after.filter((write) => write.outcome === "refused").length,
  };
}

function isAccepted({ outcome }: RogueWrite): boolean {
  return outcome === "accepted";
}

/** From zero to the first write that another region acknowledged. Null when either is unknown. */
export function callsBeforeService(
  calls: readonly Route53Call[] | null,
  zeroAtMs: number | null,
  firstWriteMs: number | null,
): number | null {
  if (calls === null || zeroAtMs === null || firstWriteMs === null) return null;
  const serviceAtMs = zeroAtMs + firstWriteMs;
  return calls.filter(({ atMs }) => atMs >= zeroAtMs && atMs <= serviceAtMs).length;
}

/** Null when there is no survivor, or no other database could be read. */
export function replicaStreams(
  databases: readonly DatabaseReading[],
  survivor: ReachableDatabase | null,
  acknowledgements: readonly Acknowledgement[],
): boolean | null {
  const others = databases.filter(
    (database): database is ReachableDatabase =>
      database.reachable && database.region !== survivor?.region,
  );
  const newest = acknowledgements.findLast((ack) => ack.region === survivor?.region);
  if (survivor === null || newest === undefined || others.length === 0) return null;
  return others.some(
    ({ inRecovery, rows }) => inRecovery && rows.some((row) => row.key === newest.key),
  );
}
