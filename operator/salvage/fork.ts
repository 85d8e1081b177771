//! Where the newest epoch began, as the database that was granted it has kept it: which rows of the
//! old primary have certainly arrived here, and which rows here were inherited.

import * as z from "zod";
import type { Session } from "./session.ts";

export interface Fork {
  readonly epoch: number;
  readonly previousEpoch: number;
  /** Who held the previous epoch. */
  readonly region: string;
  readonly timeline: number;
  /** The last renewal of the previous epoch that arrived here, on the old primary's clock. */
  readonly renewedAt: string;
  readonly grantedAt: string;
  /** There: rows of transactions with a lower id have arrived here. */
  readonly replicatedBelow: string;
  /** Here: rows of transactions with a lower id were there before this epoch. */
  readonly inheritedBelow: string;
}

export type KnownFork = Fork | { readonly unknown: string };

const id = z.string().regex(/^\d+$/);
const number = id.transform(Number);

const kept = z
  .tuple([number, number, z.string(), number, z.string(), z.string(), id.nullable(), id])
  .transform(
    ([epoch, previousEpoch, region, timeline, renewedAt, grantedAt, replicated, inherited]) => ({
      epoch,
      previousEpoch,
      region,
      timeline,
      renewedAt,
      grantedAt,
      replicatedBelow: replicated,
      inheritedBelow: inherited,
    }),
  );

/** The newest beginning on another timeline: a region may follow itself, and that is no fork. */
const keptQuery = `
  select h.epoch, h.previous_epoch, h.region, h.timeline, h.renewed_at, h.granted_at,
         h.replicated_below, h.inherited_below
  from switchback.epoch_history h, switchback.write_lease l
  where h.timeline <> l.timeline
    and exists (select from switchback.epoch_history newest where newest.epoch = l.epoch)
  order by h.epoch desc limit 1`;

export async function readFork(here: Session, there: Session): Promise<KnownFork> {
  const [present] = await here.query("select to_regclass('switchback.epoch_history')");
  if (present?.[0] === null) return { unknown: "this database has no history of epochs" };
  const [row] = await here.query(keptQuery);
  if (row === undefined) return { unknown: "the history does not say where this epoch came from" };
  const { replicatedBelow, ...rest } = kept.parse(row);
  const [old] = await there.query("select switchback.current_timeline()");
  if (old?.[0] !== String(rest.timeline)) {
    return { unknown: `the old primary is on timeline ${old?.[0]}, not on ${rest.timeline}` };
  }
  if (replicatedBelow !== null) return { ...rest, replicatedBelow };
  return { unknown: `the last renewal of epoch ${rest.previousEpoch} says nothing of its log` };
}

/**
 * True for row versions made by transactions with the id `bound` or a higher one. A row holds the lower
 * 32 bits only, so its distance to the next id counts. Ids below 3 mean "always there". A row older
 * than 2^32 transactions may look young: it is compared once more, and found equal.
 */
export function isSince(bound: string): string {
  if (!/^\d+$/.test(bound)) throw new Error(`not a transaction id: ${bound}`);
  return `(t.xmin::text::bigint >= 3 and ${age} <= ${next} - ${bound})`;
}

/** In a subquery of its own, so that it is asked once and not for every row. */
const next = "(select pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::bigint)";

/** Transactions since the row's own. */
export const age = `((${next} - t.xmin::text::bigint) & 4294967295)`;
