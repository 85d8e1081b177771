//! What a region does besides failing over: open the very first epoch, guard new tables, and warm
//! the standby up as soon as something is suspected.

import type { Capacity, Database } from "../failover/ports.ts";
import { initialActive, type RegionName, type Topology } from "../topology/topology.ts";
import type { Episode } from "./episode.ts";
import type { Holder } from "./holder.ts";
import type { LeaseBoard } from "./lease-board.ts";
import type { Lookout } from "./lookout.ts";

export interface TendProps {
  readonly region: RegionName;
  readonly topology: Topology;
  readonly board: LeaseBoard;
  readonly capacity: Capacity;
  readonly database: Database;
  readonly episode: Episode;
  readonly holder: Holder;
  readonly lookout: Lookout;
}

export async function tend(props: TendProps): Promise<void> {
  const { board, episode, lookout } = props;
  if (board.item === "unknown") return openFirstEpoch(props);
  if (!lookout.watching) return tendHolder(props);
  if (!episode.calm && props.topology.mode !== "observe") await prescale(props);
}

/** Only where the topology says active, only on a primary, and only when nobody ever did. */
async function openFirstEpoch({ board, holder, lookout, region, topology }: TendProps) {
  if (!board.absent || region !== initialActive(topology)) return;
  if (lookout.database === "unreachable" || lookout.database.role !== "primary") return;
  const opened = await holder.open();
  // Somebody else did, or the answer got lost: what the arbiter says now is what counts.
  if (!opened.ok) await board.refresh();
}

/**
 * The first epoch has no plan that grants it. Later ones are granted by their plan alone: a database
 * that lost the row of an epoch it had is not the one that was granted, and a person must look.
 */
async function tendHolder({ board, holder, lookout }: TendProps): Promise<void> {
  const { item } = board;
  const state = lookout.database;
  if (item === "unknown" || state === "unreachable" || state.role !== "primary") return;
  if (state.lease === "none" && item.epoch === 1) {
    await holder.grant();
    return;
  }
}

/** New versions of the guard, and tables that appeared where event triggers are not allowed. */
export async function tendGuard({ database, lookout }: TendProps): Promise<void> {
  const state = lookout.database;
  if (state === "unreachable" || state.role !== "primary") return;
  if (state.lease !== "none" && state.lease.live) await database.installGuard();
}

/** Harmless and reversible, and it takes the scaling out of the recovery time. */
async function prescale({ capacity, lookout, topology }: TendProps): Promise<void> {
  const { activeReplicas } = topology.capacity;
  // Whoever has never seen the other region serve is still watching it start.
  if (!lookout.knowsBetterDays) return;
  if (lookout.capacity === "unknown" || lookout.capacity.wanted >= activeReplicas) return;
  await capacity.scaleTo(activeReplicas);
}
