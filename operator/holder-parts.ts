//! What a holder of the lease needs, what it tells, and the word that it leaves with each renewal.

import type { HolderWord, LeaseItem } from "../failover/lease-item.ts";
import type { Outcome } from "../failover/outcome.ts";
import type {
  Arbiter,
  Clock,
  Database,
  DatabaseState,
  LeaseGrant,
  Peer,
} from "../failover/ports.ts";
import type { RegionName } from "../topology/topology.ts";
import type { LeaseBoard } from "./lease-board.ts";

export interface HolderProps {
  readonly region: RegionName;
  readonly timing: {
    readonly leaseMs: number;
    readonly marginMs: number;
    readonly commitGapMs: number;
  };
  /** How long a lease is kept alive for a database that cannot be granted it yet. */
  readonly ungrantedMsMax: number;
  readonly arbiter: Arbiter;
  /** Asked when the arbiter does not answer. */
  readonly peer: Peer;
  readonly database: Database;
  readonly clock: Clock;
  readonly board: LeaseBoard;
  readonly appHealth: () => HolderWord["app"];
  /** Whether a plan of this region is about to grant this epoch. */
  readonly promoting: (epoch: number) => boolean;
  readonly onEvent: (event: HolderEvent) => void;
}

/** The last renewal that the arbiter confirmed, and the database's clock before it was asked. */
export interface Confirmed {
  readonly epoch: number;
  readonly fromMs: number;
}

export type Answered = Extract<Outcome<DatabaseState>, { readonly ok: true }>;

export type Renewed = LeaseItem | "failed";

export type HolderEvent =
  | { readonly kind: "renewed"; readonly epoch: number; readonly tookMs: number }
  | { readonly kind: "extended" }
  | { readonly kind: "vouched"; readonly how: "relayed" | "promised" }
  | { readonly kind: "renewal-failed"; readonly because: string }
  | { readonly kind: "grant-refused"; readonly because: string }
  | { readonly kind: "lost"; readonly to: string; readonly epoch: number }
  | { readonly kind: "clock-stepped"; readonly byMs: number };

/** Whether the database may write under the epoch that its region holds, were its lease live. */
export function isGranted(
  { epoch, holder }: LeaseItem,
  { role, lease, timeline }: DatabaseState,
): boolean {
  if (role !== "primary" || lease === "none") return false;
  return lease.region === holder && lease.epoch === epoch && lease.timeline === timeline;
}

export function grantOf(
  { epoch, holder: region }: LeaseItem,
  { timeline }: DatabaseState,
  { fromMs, leaseMs }: Pick<LeaseGrant, "fromMs" | "leaseMs">,
): LeaseGrant {
  return { region, epoch, timeline, fromMs, leaseMs };
}

export function wordOf(
  item: LeaseItem,
  state: Outcome<DatabaseState>,
  app: HolderWord["app"],
): HolderWord {
  const before = item.word === "none" ? 0 : item.word.databaseMs;
  if (!state.ok) return { databaseMs: before, database: "unreachable", app };
  const { clockMs: databaseMs, lease } = state.value;
  if (lease === "none" || lease.epoch !== item.epoch) {
    return { databaseMs, database: "ungranted", app };
  }
  return { databaseMs, database: lease.live ? "writable" : "closed", app };
}
