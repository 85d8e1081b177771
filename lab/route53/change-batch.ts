//! A batch of record changes against the record sets of a zone. Pure. All of it applies or none,
//! and a refusal lists every problem, in Route 53's words where they are known.

import { isDeepStrictEqual } from "node:util";

import { isWithin } from "../dns/names.ts";
import { parseRecordValue } from "../dns/record-values.ts";
import { compareRecordSets, keyOf } from "./model.ts";
import type { RecordSet } from "./model.ts";
import type { RecordChange } from "./record-shapes.ts";

export interface ZoneContent {
  readonly name: string;
  readonly hostedZoneId: string;
  readonly recordSets: readonly RecordSet[];
}

export type AppliedBatch =
  | { readonly ok: true; readonly recordSets: readonly RecordSet[] }
  | { readonly ok: false; readonly problems: readonly string[] };

export const recordsPerBatchMax = 1_000;
export const valueCharactersPerBatchMax = 32_000;

export function applyBatch(zone: ZoneContent, changes: readonly RecordChange[]): AppliedBatch {
  const excess = excessOf(changes);
  if (excess.length > 0) return { ok: false, problems: excess };

  const byKey = new Map(zone.recordSets.map((recordSet) => [keyOf(recordSet), recordSet]));
  const problems = changes.flatMap((change) => [
    ...valueProblems(change),
    ...applyChange(byKey, change),
  ]);
  const recordSets = Array.from(byKey.values()).toSorted(compareRecordSets);
  const touched = new Set(changes.map(({ recordSet }) => recordSet.name));
  problems.push(...resultProblems({ ...zone, recordSets }, touched));
  return problems.length === 0 ? { ok: true, recordSets } : { ok: false, problems };
}

/** Every record and character of an UPSERT counts twice, as if it were a DELETE and a CREATE. */
function excessOf(changes: readonly RecordChange[]): string[] {
  let records = 0;
  let characters = 0;
  for (const { action, recordSet } of changes) {
    const times = action === "UPSERT" ? 2 : 1;
    const values = recordSet.target.kind === "values" ? recordSet.target.values : [""];
    records += times * values.length;
    characters += times * values.reduce((sum, value) => sum + value.length, 0);
  }
  return [
    ...(records > recordsPerBatchMax
      ? [`Number of records limit of ${recordsPerBatchMax} exceeded.`]
      : []),
    ...(characters > valueCharactersPerBatchMax
      ? [`Number of characters limit of ${valueCharactersPerBatchMax} exceeded.`]
      : []),
  ];
}

function valueProblems({ action, recordSet }: RecordChange): string[] {
  const { target, type } = recordSet;
  if (action === "DELETE" || target.kind === "alias") return [];
  const repeated = new Set(target.values).size < target.values.length;
  const problems = target.values.flatMap((value) => {
    const parsed = parseRecordValue(type, value);
    return parsed.ok
      ? []
      : [`Invalid Resource Record: 'FATAL problem: ${parsed.problem} encountered with '${value}''`];
  });
  return repeated ? [...problems, `Duplicate Resource Record in ${labelOf(recordSet)}`] : problems;
}

function applyChange(byKey: Map<string, RecordSet>, change: RecordChange): string[] {
  const { action, recordSet } = change;
  const key = keyOf(recordSet);
  const known = byKey.get(key);
  const tried = (verb: string): string =>
    `Tried to ${verb} resource record set ${labelOf(recordSet)}`;
  switch (action) {
    case "CREATE":
      if (known !== undefined) return [`${tried("create")} but it already exists`];
      byKey.set(key, recordSet);
      return [];
    case "UPSERT":
      byKey.set(key, recordSet);
      return [];
    case "DELETE":
      if (known === undefined) return [`${tried("delete")} but it was not found`];
      if (!isDeepStrictEqual(known, recordSet)) {
        return [`${tried("delete")} but the values provided do not match the current values`];
      }
      byKey.delete(key);
      return [];
    default:
      return action satisfies never;
  }
}

/** What must hold afterwards; only then, so that one batch may swap two roles. */
function resultProblems(zone: ZoneContent, touched: ReadonlySet<string>): string[] {
  const apex = zone.recordSets.filter(({ name }) => name === zone.name);
  const missing = ["NS", "SOA"].filter((wanted) => !apex.some(({ type }) => type === wanted));
  return [
    ...missing.map((type) => `A HostedZone must contain at least one ${type} record for the zone.`),
    ...Array.from(touched).flatMap((name) => nameProblems(zone, name)),
    ...zone.recordSets.flatMap((recordSet) => aliasProblems(zone, recordSet)),
  ];
}

function nameProblems(zone: ZoneContent, name: string): string[] {
  const sameName = zone.recordSets.filter((recordSet) => recordSet.name === name);
  if (sameName.length > 0 && !isWithin(name, zone.name)) {
    return [`RRSet with DNS name ${name} is not permitted in zone ${zone.name}`];
  }
  const types = new Set(sameName.map(({ type }) => type));
  const problems = Array.from(types).flatMap((type) =>
    groupProblems(sameName.filter((recordSet) => recordSet.type === type)),
  );
  if (types.has("CNAME") && name === zone.name) {
    problems.push(
      `RRSet of type CNAME with DNS name ${name} is not permitted at apex in zone ${name}`,
    );
  } else if (types.has("CNAME") && types.size > 1) {
    const [other] = Array.from(types).filter((type) => type !== "CNAME");
    problems.push(
      `RRSet of type ${other} with DNS name ${name} is not permitted because a conflicting RRSet ` +
        `of type CNAME with the same DNS name already exists in zone ${zone.name}`,
    );
  }
  if (name !== zone.name && (types.has("NS") || types.has("SOA"))) {
    problems.push(`RRSet of type NS or SOA with DNS name ${name}: delegation is not in the lab`);
  }
  return problems;
}

/** Record sets of one name and type must be routed alike, with one record set for each role. */
function groupProblems(group: readonly RecordSet[]): string[] {
  const [first] = group;
  if (first === undefined || group.length === 1) return [];
  const where = `RRSet with DNS name ${first.name}, type ${first.type}`;
  if (group.some(({ routing }) => routing.kind !== first.routing.kind)) {
    return [
      `${where} cannot be created as record sets with the same name and type are routed differently`,
    ];
  }
  return (["PRIMARY", "SECONDARY"] as const).flatMap((role) => {
    const holders = group.filter(
      ({ routing }) => routing.kind === "failover" && routing.role === role,
    );
    return holders.length > 1
      ? [`${where} cannot be created because a failover RRSet with role ${role} already exists`]
      : [];
  });
}

function aliasProblems(zone: ZoneContent, { name, type, target }: RecordSet): string[] {
  if (target.kind !== "alias") return [];
  const exists = zone.recordSets.some((other) => other.name === target.name && other.type === type);
  if (exists && target.name !== name) return [];
  return [
    `Tried to create an alias that targets ${target.name}, type ${type} ` +
      `in zone ${zone.hostedZoneId}, but that target was not found`,
  ];
}

function labelOf({ name, type, setIdentifier }: RecordSet): string {
  const set = setIdentifier === undefined ? "" : `, set-identifier='${setIdentifier}'`;
  return `[name='${name}', type='${type}'${set}]`;
}
