//! The record at the arbiter that both regions obey.

import type { RegionName } from "../topology/topology.ts";

/** Where the WAL of a closed database ends. A replica that replayed it has lost nothing. */
export interface HandoverToken {
  readonly systemIdentifier: string;
  readonly timeline: number;
  /** PostgreSQL log sequence number, such as "0/3000148". */
  readonly lsn: string;
}

/** What the holder says of itself with each renewal. */
export interface HolderWord {
  /** The holder's database clock when this renewal was asked for, in milliseconds since 1970. */
  readonly databaseMs: number;
  /** `ungranted`: the database has no lease of this epoch yet. */
  readonly database: "writable" | "closed" | "ungranted" | "unreachable";
  readonly app: "serving" | "failing" | "silent";
}

/** A challenger wants the lease, or it is kept for whoever is named here. */
export interface HandoverRequest {
  readonly by: RegionName;
  readonly planId: string;
  /** `grey`: the holder checks for itself that the world sees it failing before it yields. */
  readonly reason: "planned" | "grey" | "withdrawn";
  readonly because: readonly string[];
}

/** What a person wants done. It stands until it is done or aborted. */
export interface Command {
  readonly id: string;
  readonly kind: "switchover" | "failback" | "protect";
  /** The region that is to hold the lease when it is done. */
  readonly to: RegionName;
  readonly atMs: number;
}

/** What people told the operators. It outlives every change of holder. */
export interface Control {
  readonly paused: { readonly because: string; readonly atMs: number } | "no";
  /** Overrides the guards that may be overridden, for the epoch named. */
  readonly approval: { readonly epoch: number; readonly atMs: number } | "none";
  readonly command: Command | "none";
  /** Id of the plan that is to be walked back. */
  readonly abort: string;
}

export const noControl: Control = {
  paused: "no",
  approval: "none",
  command: "none",
  abort: "none",
};

/** The one record that both regions obey. Every change of it is a conditional write. */
export interface LeaseItem {
  readonly epoch: number;
  readonly holder: RegionName | "nobody";
  readonly renewals: number;
  /** Wall clock of whoever opened this epoch, for people and for the block period. */
  readonly sinceMs: number;
  readonly word: HolderWord | "none";
  /** Set when the holder let go on purpose; the epoch that follows keeps it. */
  readonly token: HandoverToken | "none";
  /** Counts the changes of `request` and `control`; never goes back, whatever the epoch. */
  readonly version: number;
  readonly request: HandoverRequest | "none";
  readonly control: Control;
}
