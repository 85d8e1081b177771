//! One hosted zone: what the API has been told, and what the name servers answer from. A change is
//! PENDING until it has spread, then INSYNC; only then do answers show it. One change at a time.

import type { Clock } from "./clock.ts";
import { applyBatch } from "./change-batch.ts";
import { initialRecordSets, serve } from "./model.ts";
import type { NewZone, RecordSet, ServedZone } from "./model.ts";
import type { RecordChange } from "./record-shapes.ts";

export interface HostedZoneOptions extends NewZone {
  readonly hostedZoneId: string;
  readonly clock: Clock;
  readonly propagationMs: number;
}

export interface ZoneChange {
  readonly id: string;
  readonly status: "PENDING" | "INSYNC";
  readonly submittedAtMs: number;
  readonly comment: string | undefined;
}

export type ChangeOutcome =
  | { readonly kind: "accepted"; readonly change: ZoneChange }
  | { readonly kind: "prior-change-pending"; readonly change: ZoneChange }
  | { readonly kind: "invalid"; readonly problems: readonly string[] };

export interface HostedZone {
  readonly name: string;
  readonly hostedZoneId: string;
  readonly nameServers: readonly string[];
  /** As the API shows them, in the order of its lists. */
  recordSets(): readonly RecordSet[];
  served(): ServedZone;
  change(changes: readonly RecordChange[], comment: string | undefined): ChangeOutcome;
  findChange(id: string): ZoneChange | undefined;
}

/** Older changes are forgotten: whoever waits for one asks within minutes. */
const changesKeptMax = 1_000;

export function createHostedZone(options: HostedZoneOptions): HostedZone {
  const { name, hostedZoneId, nameServers, clock, propagationMs } = options;
  let recordSets = initialRecordSets(options);
  let served = serve(name, recordSets);
  let pending: ZoneChange | undefined;
  let count = 0;
  const changes = new Map<string, ZoneChange>();

  const spread = (change: ZoneChange): void => {
    pending = undefined;
    served = serve(name, recordSets);
    changes.set(change.id, { ...change, status: "INSYNC" });
  };
  const remember = (comment: string | undefined): ZoneChange => {
    count += 1;
    const id = `C${String(count).padStart(13, "0")}`;
    const change: ZoneChange = { id, status: "PENDING", submittedAtMs: clock.nowMs(), comment };
    changes.set(id, change);
    for (const oldest of changes.keys()) {
      if (changes.size <= changesKeptMax) break;
      changes.delete(oldest);
    }
    return change;
  };

  return {
    name,
    hostedZoneId,
    nameServers,
    recordSets: () => recordSets,
    served: () => served,
    change(batch, comment) {
      if (pending !== undefined) return { kind: "prior-change-pending", change: pending };
      const applied = applyBatch({ name, hostedZoneId, recordSets }, batch);
      if (!applied.ok) return { kind: "invalid", problems: applied.problems };
      recordSets = applied.recordSets;
      const change = remember(comment);
      pending = change;
      clock.after(propagationMs, () => spread(change));
      return { kind: "accepted", change };
    },
    findChange: (id) => changes.get(id),
  };
}
