//! Was there ever more than one writer? And did the writer change without need?
//! Strict: one acknowledgement under an epoch that was over, by whomever, is two writers.

import type { CommandRecord } from "./command.ts";
import type { Acknowledgement, DatabaseReading, FaultRecord } from "./evidence.ts";
import { rounded } from "./recovery.ts";

export interface TwoWriters {
  /** How long an older epoch still acknowledged after the first acknowledgement of a newer one. */
  readonly overlapMs: number;
  /** How many such acknowledgements (or stored rows) there were. */
  readonly count: number;
}

interface Accepted {
  readonly region: string;
  readonly epoch: number;
  readonly atMs: number;
}

/** By acknowledgements, each counted when the client had it. Null when one carries no epoch. */
export function twoWriters(acknowledgements: readonly Acknowledgement[]): TwoWriters | null {
  const accepted: Accepted[] = [];
  for (const { region, epoch, doneAtMs } of acknowledgements) {
    if (epoch === null) return null;
    accepted.push({ region, epoch, atMs: doneAtMs });
  }
  return overlap(accepted);
}

/** By what the databases stored, and when their own clocks say they accepted it. */
export function storedOverlap(databases: readonly DatabaseReading[]): TwoWriters {
  const accepted = new Map<string, Accepted>();
  for (const database of databases) {
    for (const row of database.reachable ? database.rows : []) {
      const { key, region, epoch, acceptedAtMs } = row;
      accepted.set(`${key} ${region} ${epoch}`, { region, epoch, atMs: acceptedAtMs });
    }
  }
  return overlap([...accepted.values()]);
}

function overlap(unsorted: readonly Accepted[]): TwoWriters {
  // At one and the same instant the older epoch comes first: only "after" is wrong.
  const accepted = unsorted.toSorted((a, b) => a.atMs - b.atMs || a.epoch - b.epoch);
  let newest: Accepted | null = null;
  const holders = new Map<number, string>();
  const firstAbove: { readonly epoch: number; readonly atMs: number }[] = [];
  let overlapMs = 0;
  let count = 0;
  for (const one of accepted) {
    const holder = holders.get(one.epoch) ?? one.region;
    holders.set(one.epoch, holder);
    if (newest === null || one.epoch > newest.epoch) {
      newest = one;
      firstAbove.push({ epoch: one.epoch, atMs: one.atMs });
    }
    const overSince = firstAbove.find((first) => first.epoch > one.epoch)?.atMs;
    if (overSince === undefined && holder === one.region) continue;
    count += 1;
    overlapMs = Math.max(overlapMs, one.atMs - (overSince ?? one.atMs));
  }
  // Two regions under one epoch may have no length in time, but are no less wrong.
  return { overlapMs: count === 0 ? 0 : Math.max(0.001, rounded(overlapMs)), count };
}

export interface Failovers {
  readonly count: number;
  /** Changes of the writer while nothing was or had been the matter since the last change. */
  readonly needless: number;
}

/** What may move the writer: a fault while it lasts, a command at its moment. */
export interface Cause {
  readonly fromMs: number;
  /** Null: to the end. */
  readonly toMs: number | null;
}

export function causesOf(
  faults: readonly FaultRecord[],
  commands: readonly CommandRecord[],
): Cause[] {
  return [
    ...faults.map((fault) => ({ fromMs: fault.injectedAtMs, toMs: fault.healedAtMs })),
    ...commands.map(({ sentAtMs }) => ({ fromMs: sentAtMs, toMs: sentAtMs })),
  ];
}

/** A change is another region, or a newer epoch of the same one. */
export function failovers(
  acknowledgements: readonly Acknowledgement[],
  causes: readonly Cause[],
): Failovers {
  let count = 0;
  let needless = 0;
  let writer: Acknowledgement | null = null;
  let changedAtMs = Number.NEGATIVE_INFINITY;
  for (const ack of acknowledgements) {
    const newerBy = writer === null ? 0 : (ack.epoch ?? 0) - (writer.epoch ?? 0);
    if (newerBy < 0) continue;
    if (writer !== null && (newerBy > 0 || ack.region !== writer.region)) {
      count += 1;
      if (!causeBetween(causes, changedAtMs, ack.doneAtMs)) needless += 1;
      changedAtMs = ack.doneAtMs;
    }
    writer = ack;
  }
  return { count, needless };
}

function causeBetween(causes: readonly Cause[], fromMs: number, toMs: number): boolean {
  return causes.some(
    (cause) => cause.fromMs < toMs && (cause.toMs === null || cause.toMs >= fromMs),
  );
}
