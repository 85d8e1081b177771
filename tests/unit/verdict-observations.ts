//! What an operator of the standby sees on a calm day, for tests that change one thing about it.

import type { LeaseItem } from "../../failover/lease-item.ts";
import type {
  Health,
  Observations,
  Policy,
  Reading,
  Vantage,
} from "../../failover/observations.ts";
import { labTopology } from "../../topology/lab.ts";
import { leaseItem } from "../fakes/lease-items.ts";

export const active = "us-east-1";
export const standby = "us-west-2";
export const policy: Policy = labTopology;
export const nowMs = 1_000_000;
export const wallMs = 1_800_000_000_000;
/** Long enough without a renewal for the lease to have lapsed. */
export const lapsedMs = policy.lease.leaseMs + policy.lease.marginMs;

export interface Changes {
  readonly item?: Partial<LeaseItem>;
  readonly hasMoved?: boolean;
  readonly unmovedForMs?: number;
  readonly lastReadAgoMs?: number;
  readonly readings?: Partial<Record<Vantage, Health>>;
  readonly readingAgeMs?: number;
  /** For how long each vantage has said what it says. */
  readonly readingForMs?: number;
  readonly standby?: Partial<Observations["standby"]>;
}

export function seenWith(changes: Changes = {}): Observations {
  const {
    hasMoved = true,
    unmovedForMs = 100,
    lastReadAgoMs = 50,
    readingAgeMs = 100,
    readingForMs = 60_000,
  } = changes;
  const healths = { probe: "serving", world: "serving", self: "serving", data: "serving" } as const;
  const item = leaseItem({
    holder: active,
    renewals: 40,
    sinceMs: wallMs - 86_400_000,
    word: { databaseMs: 5, database: "writable", app: "serving" },
    ...changes.item,
  });
  return {
    region: standby,
    nowMs,
    wallMs,
    lease: {
      item,
      unmovedSinceMs: nowMs - unmovedForMs,
      lastReadMs: nowMs - lastReadAgoMs,
      hasMoved,
    },
    readings: Object.entries({ ...healths, ...changes.readings }).map(
      ([vantage, health]): Reading => ({
        vantage: vantage as Vantage,
        atMs: nowMs - readingAgeMs,
        sinceMs: nowMs - readingForMs,
        health,
        detail: `${vantage} says ${health}`,
      }),
    ),
    standby: { database: "replica", lagMs: 20, appsReady: 1, ...changes.standby },
  };
}
