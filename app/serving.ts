//! What the database says about the lease, turned into what this region may do. Pure.
//! A lease counts only when it is live and names this very region; everything else is not serving.

import type { ServingState } from "./ports.ts";

/** One row of the question to the database. The lease's columns are null when it has no row. */
export interface LeaseRow {
  readonly region: string | null;
  readonly epoch: number | null;
  readonly live: boolean | null;
  readonly remainingMs: number | null;
  readonly replayLagMs: number | null;
  readonly inRecovery: boolean;
  /** The lease was closed on purpose. Null when the guard is too old to say. */
  readonly closed: boolean | null;
  /** When this server process started: two runs or two servers never share it. */
  readonly startedAt: string;
  readonly timeline: string | null;
}

export function servingState(row: LeaseRow, ownRegion: string): ServingState {
  const epoch = row.epoch ?? "unknown";
  const instance = instanceOf(row);
  const handover = row.closed === true;
  if (row.inRecovery) {
    const because = "the database is a replica";
    const replayLagMs = row.replayLagMs ?? "unknown";
    return { role: "standby", because, epoch, replayLagMs, instance, handover };
  }
  const objection = objectionTo(row, ownRegion);
  if (objection !== null) return { role: "fenced", because: objection, epoch, instance, handover };
  if (row.epoch === null || row.remainingMs === null) {
    const because = "the lease has no epoch or no end";
    return { role: "fenced", because, epoch, instance, handover };
  }
  return { role: "serving", epoch: row.epoch, remainingMs: row.remainingMs, instance };
}

export function epochOf(state: ServingState): number | null {
  return state.role === "unknown" || state.epoch === "unknown" ? null : state.epoch;
}

/** Whether some region is about to serve, as far as this region's database knows. */
export function isHandover(state: ServingState): boolean {
  return (state.role === "standby" || state.role === "fenced") && state.handover;
}

/** Which running server answered, on which timeline. Equal texts mean the same database. */
export function instanceOf({ startedAt, timeline }: Pick<LeaseRow, "startedAt" | "timeline">) {
  return `${startedAt}/${timeline ?? "recovery"}`;
}

function objectionTo(row: LeaseRow, ownRegion: string): string | null {
  if (row.region === null) return "no lease has been granted";
  if (row.region !== ownRegion) return `the lease is held by ${row.region}`;
  if (row.closed === true) return "the lease of this region was closed on purpose";
  if (row.live !== true) return "the lease of this region is not live";
  if (row.remainingMs !== null && row.remainingMs <= 0) return "the lease has run out";
  return null;
}
