//! Which acknowledged rows the surviving database does not have, who still holds them, and how
//! many seconds of acknowledged writes that is.

import type { Acknowledgement, DatabaseReading, LostRow, SalvageReading } from "./evidence.ts";
import { rounded } from "./recovery.ts";

export type ReachableDatabase = Extract<DatabaseReading, { reachable: true }>;

/**
 * The database that now accepts writes: not in recovery, and of those the one whose region
 * acknowledged last.
 */
export function survivingDatabase(
  acknowledgements: readonly Acknowledgement[],
  databases: readonly DatabaseReading[],
): ReachableDatabase | null {
  const writable = databases.filter(
    (database): database is ReachableDatabase => database.reachable && !database.inRecovery,
  );
  const last = acknowledgements.findLast((ack) => writable.some((db) => db.region === ack.region));
  return writable.find((database) => database.region === last?.region) ?? null;
}

export interface LostProps {
  readonly acknowledgements: readonly Acknowledgement[];
  readonly survivor: ReachableDatabase | null;
  readonly databases: readonly DatabaseReading[];
  readonly salvages: readonly SalvageReading[];
}

/** Null when there is no survivor to look into. */
export function lostRows(props: LostProps): LostRow[] | null {
  const { acknowledgements, survivor, databases } = props;
  if (survivor === null) return null;
  const kept = keysOf(survivor);
  const others = databases
    .filter((database) => database.reachable)
    .filter((database) => database.region !== survivor.region)
    .map((database) => ({ name: database.region, keys: keysOf(database) }));
  // A rebuilt replica no longer has what its predecessor had; then the export is all there is.
  const exports = props.salvages.map(({ name, missingKeys, conflictingKeys }) => ({
    name: `salvage ${name}`,
    keys: new Set([...missingKeys, ...conflictingKeys]),
  }));
  const holders = [...others, ...exports];
  return acknowledgements
    .filter((ack) => !kept.has(ack.key))
    .map((ack) => ({
      kind: ack.kind,
      seq: ack.seq,
      key: ack.key,
      region: ack.region,
      epoch: ack.epoch,
      acknowledgedAtMs: ack.doneAtMs,
      heldBy: holders.filter(({ keys }) => keys.has(ack.key)).map(({ name }) => name),
    }));
}

/**
 * From the first lost acknowledgement to the last acknowledgement before the fault, or to the last
 * lost one where that came later: an old primary may go on for a moment after the fault.
 */
export function lostSeconds(
  lost: readonly LostRow[] | null,
  acknowledgements: readonly Acknowledgement[],
  faultAtMs: number | null,
): number | null {
  if (lost === null) return null;
  const times = lost.map((row) => row.acknowledgedAtMs);
  if (times.length === 0) return 0;
  const lastBefore = acknowledgements.findLast((ack) => ack.doneAtMs <= (faultAtMs ?? -1));
  const firstLostAtMs = times.reduce((a, b) => Math.min(a, b));
  const lastLostAtMs = times.reduce((a, b) => Math.max(a, b));
  const endAtMs = Math.max(lastBefore?.doneAtMs ?? lastLostAtMs, lastLostAtMs);
  return rounded((endAtMs - firstLostAtMs) / 1_000);
}

function keysOf(database: ReachableDatabase): ReadonlySet<string> {
  return new Set(database.rows.map((row) => row.key));
}
