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

/** The one record that both regions obey. Every change of it is a conditional write. */
export interface LeaseItem {
  readonly epoch: number;
  readonly holder: RegionName | "nobody";
  readonly renewals: number;
  /** Wall clock of whoever opened this epoch, for people and for the block period. */
  readonly sinceMs: number;
  readonly word: HolderWord | "none";
  /** Set when the holder let go on purpose. */
  readonly token: HandoverToken | "none";
}
