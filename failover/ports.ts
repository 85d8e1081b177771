//! What the core needs of the world, in the words of the domain. Adapters are named after the
//! technology and live in operator/; the types of an SDK never cross a port.

import type { RegionName } from "../topology/topology.ts";
import type { JournalEntry } from "./journal.ts";

/** Why a call did not do what it should. The closed list: whatever else happens is a bug. */
export type CallFault = "unreachable" | "throttled" | "denied" | "conflict" | "refused";

/** An expected failure is a value. A thrown error is a bug, and stops the process. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly fault: CallFault; readonly detail: string };

export function succeeded<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

export function failed(fault: CallFault, detail: string): Outcome<never> {
  return { ok: false, fault, detail };
}

export interface Clock {
  /** Milliseconds that only ever grow; the origin means nothing. Every wait is measured on it. */
  monotonicMs(): number;
  /** Milliseconds since 1970, for people and for evidence. No safety rule reads it. */
  wallMs(): number;
}

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

export interface Arbiter {
  /** Strongly consistent, or not at all. */
  read(): Promise<Outcome<LeaseItem | "absent">>;
  /** Opens epoch 1. `conflict` when somebody else did. */
  open(holder: RegionName, sinceMs: number): Promise<Outcome<LeaseItem>>;
  /** On the condition that epoch, holder and renewals are still those of `held`. Sent once. */
  renew(held: LeaseItem, word: HolderWord): Promise<Outcome<LeaseItem>>;
  /** `epoch + 1`, on the condition that epoch and renewals are still those of `seen`. Sent once. */
  takeOver(seen: LeaseItem, by: RegionName, sinceMs: number): Promise<Outcome<LeaseItem>>;
  /** Lets the lease go: holder becomes "nobody". Same condition as `renew`. Sent once. */
  release(held: LeaseItem, token: HandoverToken): Promise<Outcome<LeaseItem>>;
}

/** A log that both regions append to. Order is total; an append that lost the race is `conflict`. */
export interface Journal {
  /** The entries of the newest plan, oldest first. Cached; `conflict` on append drops the cache. */
  read(): Promise<Outcome<readonly JournalEntry[]>>;
  append(entries: readonly JournalEntry[]): Promise<Outcome<void>>;
}

export interface DatabaseLease {
  readonly region: RegionName;
  readonly epoch: number;
  readonly timeline: number;
  readonly live: boolean;
  /** The writer's clock at the last renewal that arrived here, in milliseconds since 1970. */
  readonly renewedAtMs: number;
}

export interface DatabaseState {
  readonly role: "primary" | "replica";
  /** The database's own clock, in milliseconds since 1970. */
  readonly clockMs: number;
  readonly timeline: number;
  readonly lease: DatabaseLease | "none";
  /** Whether WAL arrives at this replica right now. Always false on a primary. */
  readonly streaming: boolean;
}

/** The region's own database. */
export interface Database {
  state(): Promise<Outcome<DatabaseState>>;
  /** Installs the write guard where it is missing. Only on a primary. */
  installGuard(): Promise<Outcome<void>>;
  /** Opens a new epoch here. Only after the arbiter named this region its holder. */
  grantLease(grant: LeaseGrant): Promise<Outcome<void>>;
  /** Prolongs the lease of an epoch that was granted here; `conflict` when it was not. */
  extendLease(grant: LeaseGrant): Promise<Outcome<void>>;
  /** Refuses writes from now on and ends transactions that could still commit. */
  closeLease(): Promise<Outcome<HandoverToken>>;
  /** True when this replica has replayed everything up to the token. */
  hasReplayed(token: HandoverToken): Promise<Outcome<boolean>>;
}

/**
 * Lets a region write until `fromMs + leaseMs`, by the database's clock. `fromMs` was read from that
 * clock before the arbiter was asked.
 */
export interface LeaseGrant {
  readonly region: RegionName;
  readonly epoch: number;
  readonly timeline: number;
  readonly fromMs: number;
  readonly leaseMs: number;
}

/** Turns the region's replica into a primary: RDS, Aurora or PostgreSQL itself. Irreversible. */
export interface Promotion {
  promote(): Promise<Outcome<void>>;
}

export interface CapacityState {
  readonly wanted: number;
  readonly ready: number;
}

/** App pods (and the nodes under them) of the region. */
export interface Capacity {
  state(): Promise<Outcome<CapacityState>>;
  scaleTo(replicas: number): Promise<Outcome<void>>;
}

/** The failover records. Outside the critical path: DNS follows health, not this port. */
export interface Traffic {
  /** Which region the PRIMARY record names. */
  primary(): Promise<Outcome<RegionName>>;
  makePrimary(region: RegionName): Promise<Outcome<void>>;
}

/** Asks Route 53's health checkers, through DNS alone, what they see of a region. */
export interface World {
  sees(region: RegionName): Promise<Outcome<"serving" | "failing">>;
}

/** Tells people. Told twice is better than not at all. */
export interface Announcer {
  announce(planId: string, text: string): void;
  announced(planId: string): boolean;
}
