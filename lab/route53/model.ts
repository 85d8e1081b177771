//! The hosted zone's content in the lab's own words: record sets, how they are routed, and the
//! index that answers are computed from. The API's shapes stay in `record-shapes.ts`.

import type { RecordType } from "../dns/answer.ts";
import { compareNames, compareText } from "../dns/names.ts";

export type Routing =
  | { readonly kind: "simple" }
  | { readonly kind: "failover"; readonly role: "PRIMARY" | "SECONDARY" }
  | { readonly kind: "weighted"; readonly weight: number };

export type Target =
  | {
      readonly kind: "values";
      readonly ttlSeconds: number;
      readonly values: readonly string[];
    }
  /** Answers with what another record set of the zone, of the same type, answers. */
  | {
      readonly kind: "alias";
      readonly name: string;
      readonly evaluateTargetHealth: boolean;
    };

export interface RecordSet {
  /** Canonical: lower case, with the final dot. */
  readonly name: string;
  readonly type: RecordType;
  /** Tells the record sets of one name and type apart; only simple ones have none. */
  readonly setIdentifier?: string;
  readonly routing: Routing;
  readonly healthCheckId?: string;
  readonly target: Target;
}

/** What the name servers know, indexed by name. Changes replace it as a whole. */
export interface ServedZone {
  readonly name: string;
  readonly byName: ReadonlyMap<string, readonly RecordSet[]>;
}

/** What makes a record set one: a second one with the same key replaces it. */
export function keyOf({ name, type, setIdentifier }: RecordSet): string {
  return JSON.stringify([name, type, setIdentifier ?? null]);
}

/** The order in which Route 53 lists them. */
export function compareRecordSets(one: RecordSet, other: RecordSet): number {
  return (
    compareNames(one.name, other.name) ||
    compareText(one.type, other.type) ||
    compareText(one.setIdentifier ?? "", other.setIdentifier ?? "")
  );
}

export function serve(name: string, recordSets: readonly RecordSet[]): ServedZone {
  const byName = new Map<string, RecordSet[]>();
  for (const recordSet of recordSets) {
    const sameName = byName.get(recordSet.name);
    if (sameName === undefined) byName.set(recordSet.name, [recordSet]);
    else sameName.push(recordSet);
  }
  return { name, byName };
}

export interface NewZone {
  readonly name: string;
  readonly nameServers: readonly string[];
  readonly negativeTtlSeconds: number;
}

/** A new zone has its NS and SOA record sets, and keeps them. */
export function initialRecordSets(zone: NewZone): readonly RecordSet[] {
  const [primary = zone.name] = zone.nameServers;
  const soa = `${primary} hostmaster.${zone.name} 1 7200 900 1209600 ${zone.negativeTtlSeconds}`;
  const routing = { kind: "simple" } as const;
  return [
    {
      name: zone.name,
      type: "NS",
      routing,
      target: { kind: "values", ttlSeconds: 172_800, values: zone.nameServers },
    },
    {
      name: zone.name,
      type: "SOA",
      routing,
      target: { kind: "values", ttlSeconds: 900, values: [soa] },
    },
  ];
}
