//! What the core needs of the world, in the words of the domain. Adapters are named after the
//! technology and live in operator/; the types of an SDK never cross a port.

import type { RegionName } from "../topology/topology.ts";
import type { JournalEntry } from "./journal.ts";
import type {
  Control,
  HandoverRequest,
  HandoverToken,
  HolderWord,
  LeaseItem,
} from "./lease-item.ts";
import type { Outcome } from "./outcome.ts";

export interface Clock {
  /** Milliseconds that only ever grow; the origin means nothing. Every wait is measured on it. */
  monotonicMs(): number;
  /** Milliseconds since 1970, for people and for evidence. No safety rule reads it. */
  wallMs(): number;
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
  /** Asks the holder to hand over, or takes that back. Does not touch the lease itself. */
  ask(seen: LeaseItem, request: HandoverRequest | "none"): Promise<Outcome<LeaseItem>>;
  /** Writes down what a person wants, on the condition that `version` is still that of `seen`. */
  instruct(seen: LeaseItem, control: Control): Promise<Outcome<LeaseItem>>;
}

/** What the other region's operator did for a holder that does not reach the arbiter. */
export type Vouched =
  /** It reaches the arbiter and renewed there on the holder's behalf. */
  | { readonly kind: "relayed"; readonly item: LeaseItem }
  /** It reaches the arbiter no more than the holder, and will not take over for a whole lease. */
  | { readonly kind: "promised" };

/** The other region's operator, asked directly. Sent once. */
export interface Peer {
  renewFor(held: LeaseItem, word: HolderWord): Promise<Outcome<Vouched>>;
}

/** A log that both regions append to. Order is total; an append that lost the race is `conflict`. */
export interface Journal {
  /**
   * The entries of the newest plans, oldest first. What this process knows already, unless it asks
   * for what is there now; `conflict` on append drops what it knew.
   */
  read(how?: "fresh"): Promise<Outcome<readonly JournalEntry[]>>;
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
  /** True when nothing of what the token's database held is missing here. */
  hasReplayed(token: HandoverToken): Promise<Outcome<boolean>>;
  /** Replicas that stream from this primary. */
  replicas(): Promise<Outcome<ReplicasState>>;
}

export interface ReplicasState {
  readonly streaming: number;
  /** How much of the log the slowest of them has still to replay, in bytes; 0 without any. */
  readonly behindBytes: number;
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

/** What stands in the other region under the service's own instance identifier. */
export type PeerInstance =
  | { readonly kind: "absent" }
  | {
      readonly kind: "primary" | "replica";
      /** `DBInstanceStatus` of RDS: `available`, `creating`, `modifying`, ... */
      readonly status: string;
      /** Whether it is a replica of this region's database. */
      readonly followsThisRegion: boolean;
    };

/**
 * Makes a replica of what was a primary, in the other region. RDS cannot turn a primary back into a
 * replica, so the old one is kept under another name and a new one is made. All of it is idempotent.
 */
export interface Rebuild {
  state(): Promise<Outcome<PeerInstance>>;
  snapshotState(name: string): Promise<Outcome<"absent" | "creating" | "available">>;
  /** Begins a snapshot of the old primary. */
  snapshot(name: string): Promise<Outcome<void>>;
  /** Whether an instance of that name is kept in the other region. */
  isRetired(name: string): Promise<Outcome<boolean>>;
  /** Gives the old primary another name, under which it is kept. */
  retire(name: string): Promise<Outcome<void>>;
  /** Begins a replica of this region's database under the service's own identifier. */
  createReplica(): Promise<Outcome<void>>;
}

export interface StorageState {
  /** The rule that replicates this region's bucket to the other one's. */
  readonly rule: "enabled" | "disabled" | "absent";
  /** Objects here that no rule has taken or whose replication failed; counted up to a limit. */
  readonly unreplicated: number;
  /** Objects here on their way. */
  readonly pending: number;
}

/** The objects of this region on their way to the other one. */
export interface Storage {
  state(): Promise<Outcome<StorageState>>;
  /** Enables the rule, and sends what it will never take by itself. Idempotent. */
  turnAround(): Promise<Outcome<void>>;
}

/** What an old primary holds that this region does not. */
export interface SalvageSummary {
  readonly missingRows: number;
  /** Rows that both have, with different content. */
  readonly conflictingRows: number;
  /** Rows that the old primary deleted, and that live on here. */
  readonly deletedRows: number;
  /** Objects that rows here point at and that did not arrive. */
  readonly missingObjects: number;
  /** Tables that could not be compared, with the reason. */
  readonly uncompared: readonly string[];
  /** Where CSV, SQL and this summary lie, such as `s3://bucket/switchback/salvage/failover-2/`. */
  readonly location: string;
}

/** Lists and exports what only the old primary has. Reads there, writes nothing there. */
export interface Salvage {
  /** `absent` until a salvage of that name has left its summary. */
  summary(name: string): Promise<Outcome<SalvageSummary | "absent">>;
  /** Begins it and returns at once. Does nothing while one is under way. */
  start(name: string): Promise<Outcome<void>>;
}
