//! What Route 53 answers for a name and a type, given the record sets and which health checks are
//! healthy. Pure: no clock, no chance, no sockets. Written after the rules that Route 53 documents
//! for choosing among records; the hard ones are marked where they stand.

import type { DnsAnswer, DnsRecord, RecordType } from "../dns/answer.ts";
import { isRecordType } from "../dns/answer.ts";
import { canonicalName, isWithin, parentName } from "../dns/names.ts";
import { parseRecordValue } from "../dns/record-values.ts";
import type { RecordSet, ServedZone } from "./model.ts";

export interface Circumstances {
  readonly isHealthy: (healthCheckId: string) => boolean;
  /** In [0, 1): decides among weighted record sets. */
  readonly pick: number;
}

/** Longer chains of CNAME or alias records are cut off, so that a loop ends. */
const chainMax = 8;

export function answerQuestion(
  zone: ServedZone,
  question: { readonly name: string; readonly type: string },
  circumstances: Circumstances,
): DnsAnswer {
  let name = canonicalName(question.name);
  if (!isWithin(name, zone.name)) return { kind: "not-ours" };

  const answers: DnsRecord[] = [];
  for (let hop = 0; hop < chainMax; hop += 1) {
    const group = recordSetsOf(zone, name);
    if (group === undefined) return { kind: "no-such-name", answers, soa: soaOf(zone) };
    const { type } = question;
    const found = isRecordType(type) ? recordsOf(zone, { name, type, group }, circumstances) : [];
    if (found.length > 0) return { kind: "records", answers: [...answers, ...found] };

    const [cname] = recordsOf(zone, { name, type: "CNAME", group }, circumstances);
    if (cname === undefined) return { kind: "no-data", answers, soa: soaOf(zone) };
    answers.push(cname);
    name = canonicalName(cname.value);
    if (!isWithin(name, zone.name)) break;
  }
  return { kind: "records", answers };
}

/** Empty for a name that only has names below it, undefined for a name that does not exist. */
function recordSetsOf(zone: ServedZone, name: string): readonly RecordSet[] | undefined {
  const exact = zone.byName.get(name);
  if (exact !== undefined) return exact;
  if (hasNamesBelow(zone, name)) return [];
  // A wildcard speaks only below the closest name that exists (RFC 4592).
  let encloser = parentName(name);
  while (encloser !== zone.name && !exists(zone, encloser)) encloser = parentName(encloser);
  return zone.byName.get(`*.${encloser}`);
}

function exists(zone: ServedZone, name: string): boolean {
  return zone.byName.has(name) || hasNamesBelow(zone, name);
}

function hasNamesBelow(zone: ServedZone, name: string): boolean {
  return Array.from(zone.byName.keys()).some((known) => known.endsWith(`.${name}`));
}

interface Wanted {
  readonly name: string;
  readonly type: RecordType;
  readonly group: readonly RecordSet[];
}

function recordsOf(zone: ServedZone, wanted: Wanted, circumstances: Circumstances): DnsRecord[] {
  const { name, type } = wanted;
  let group = wanted.group.filter((recordSet) => recordSet.type === type);
  for (let depth = 0; depth < chainMax; depth += 1) {
    const target = choose(zone, group, circumstances)?.target;
    if (target === undefined) return [];
    if (target.kind === "values") {
      const { ttlSeconds, values } = target;
      return values.map((value) => ({ name, type, ttlSeconds, value }));
    }
    group = groupOf(zone, target.name, type);
  }
  return [];
}

function groupOf(zone: ServedZone, name: string, type: RecordType): RecordSet[] {
  return (zone.byName.get(name) ?? []).filter((recordSet) => recordSet.type === type);
}

/** One of the record sets that share a name and a type. */
function choose(
  zone: ServedZone,
  group: readonly RecordSet[],
  circumstances: Circumstances,
): RecordSet | undefined {
  const [first] = group;
  if (first === undefined) return undefined;
  const healthy = group.filter((recordSet) => isHealthy(zone, recordSet, circumstances));
  const { routing } = first;
  switch (routing.kind) {
    case "simple":
      // It is the only one there is, so it answers whatever its health check says.
      return first;
    case "failover":
      return chooseFailover(group, healthy);
    case "weighted":
      return chooseWeighted(group, healthy, circumstances.pick);
    default:
      return routing satisfies never;
  }
}

/** When both are unhealthy the primary answers, however long it has been gone. */
function chooseFailover(
  group: readonly RecordSet[],
  healthy: readonly RecordSet[],
): RecordSet | undefined {
  return (
    healthy.find((recordSet) => hasRole(recordSet, "PRIMARY")) ??
    healthy.find((recordSet) => hasRole(recordSet, "SECONDARY")) ??
    group.find((recordSet) => hasRole(recordSet, "PRIMARY")) ??
    group[0]
  );
}

function hasRole({ routing }: RecordSet, role: "PRIMARY" | "SECONDARY"): boolean {
  return routing.kind === "failover" && routing.role === role;
}

/**
 * When nothing is healthy everything counts as healthy. Among those, weight zero answers only when
 * nothing with a weight is left.
 */
function chooseWeighted(
  group: readonly RecordSet[],
  healthy: readonly RecordSet[],
  pick: number,
): RecordSet | undefined {
  const candidates = healthy.length > 0 ? healthy : group;
  const weighted = candidates.filter((recordSet) => weightOf(recordSet) > 0);
  const pool = weighted.length > 0 ? weighted : candidates;
  const total = pool.reduce((sum, recordSet) => sum + shareOf(recordSet), 0);
  let upTo = 0;
  for (const recordSet of pool) {
    upTo += shareOf(recordSet);
    if (pick * total < upTo) return recordSet;
  }
  return pool.at(-1);
}

/** When only weight zero is left, all of it counts the same. */
function shareOf(recordSet: RecordSet): number {
  return weightOf(recordSet) || 1;
}

function weightOf({ routing }: RecordSet): number {
  return routing.kind === "weighted" ? routing.weight : 0;
}

/** A record set without a health check is always healthy; an alias may ask its target as well. */
function isHealthy(
  zone: ServedZone,
  recordSet: RecordSet,
  circumstances: Circumstances,
  depth = 0,
): boolean {
  const { healthCheckId, target, type } = recordSet;
  if (healthCheckId !== undefined && !circumstances.isHealthy(healthCheckId)) return false;
  if (target.kind === "values" || !target.evaluateTargetHealth || depth >= chainMax) return true;
  return groupOf(zone, target.name, type).some((member) =>
    isHealthy(zone, member, circumstances, depth + 1),
  );
}

/** A "no" may be cached for the smaller of the SOA's TTL and its minimum, and says so (RFC 2308). */
function soaOf(zone: ServedZone): DnsRecord {
  const target = groupOf(zone, zone.name, "SOA")[0]?.target;
  const value = target?.kind === "values" ? target.values[0] : undefined;
  if (target?.kind !== "values" || value === undefined) throw new Error(`${zone.name}: no SOA`);
  const parsed = parseRecordValue("SOA", value);
  const minimum = parsed.ok && parsed.record.type === "SOA" ? parsed.record.data.minimum : 0;
  const ttlSeconds = Math.min(target.ttlSeconds, minimum);
  return { name: zone.name, type: "SOA", ttlSeconds, value };
}
