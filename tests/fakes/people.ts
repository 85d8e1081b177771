//! What people do to two regions: they order through one of the operators, and look how it ended.

import type { Command, Control, LeaseItem } from "../../failover/lease-item.ts";
import type { Region } from "./region.ts";
import type { TwoRegions } from "./two-regions.ts";

/** Through the operator of that region, whose arbiter must answer. */
export async function order(
  { process: { board } }: Region,
  change: (control: Control) => Control,
): Promise<void> {
  await board.refresh();
  const written = await board.instruct(change);
  if (!written.ok) throw new Error(written.detail);
}

/** Ordered through the region that is to do it, so that the other one may be away. */
export function command(earth: TwoRegions, kind: Command["kind"], to: Region): Promise<void> {
  const ordered: Command = { id: `${kind}-1`, kind, to: to.name, atMs: 0 };
  const through = to.isUp ? to : earth.peerOf(to);
  return order(through, (control) => ({ ...control, command: ordered }));
}

export function isFinished(earth: TwoRegions, planId: string): boolean {
  return earth.entries.some((entry) => entry.kind === "plan-finished" && entry.planId === planId);
}

/** The plans that were started, in order. */
export function plansOf(earth: TwoRegions): readonly string[] {
  return earth.entries.flatMap(({ kind, planId }) => (kind === "plan-started" ? [planId] : []));
}

export function itemOf({ table }: TwoRegions): LeaseItem {
  if (table.item === "absent") throw new Error("nothing is open");
  return table.item;
}
