//! Record sets between the API's shape and the lab's own. Refuses what Route 53 refuses, with all
//! problems of a request at once, and names what Route 53 has but the lab has not.

import type { Change as ChangeShape, ResourceRecordSet } from "@aws-sdk/client-route-53";

import { isRecordType, recordTypes } from "../dns/answer.ts";
import type { RecordType } from "../dns/answer.ts";
import { canonicalName, isDomainName } from "../dns/names.ts";
import type { RecordSet, Routing, Target } from "./model.ts";

export type ChangeAction = "CREATE" | "DELETE" | "UPSERT";

export interface RecordChange {
  readonly action: ChangeAction;
  readonly recordSet: RecordSet;
}

export type ReadChanges =
  | { readonly ok: true; readonly changes: readonly RecordChange[] }
  | { readonly ok: false; readonly problems: readonly string[] };

const ttlSecondsMax = 2_147_483_647;
const weightMax = 255;

export function readChanges(shapes: readonly ChangeShape[], hostedZoneId: string): ReadChanges {
  const changes: RecordChange[] = [];
  const problems: string[] = [];
  for (const shape of shapes) {
    const found: string[] = [];
    const change = readChange(shape, { hostedZoneId, problems: found });
    if (change !== undefined && found.length === 0) changes.push(change);
    problems.push(...found.map((problem) => `${problem} in Change with ${labelOf(shape)}`));
  }
  return problems.length === 0 ? { ok: true, changes } : { ok: false, problems };
}

/** As a list of the API shows it: `\052` for an asterisk, and members in the API's own names. */
export function toShape(recordSet: RecordSet, hostedZoneId: string): ResourceRecordSet {
  const { name, type, setIdentifier, routing, healthCheckId, target } = recordSet;
  return {
    Name: name.replace(/^\*/, "\\052"),
    Type: type,
    ...(setIdentifier === undefined ? {} : { SetIdentifier: setIdentifier }),
    ...(routing.kind === "failover" ? { Failover: routing.role } : {}),
    ...(routing.kind === "weighted" ? { Weight: routing.weight } : {}),
    ...(healthCheckId === undefined ? {} : { HealthCheckId: healthCheckId }),
    ...(target.kind === "values"
      ? { TTL: target.ttlSeconds, ResourceRecords: target.values.map((Value) => ({ Value })) }
      : { AliasTarget: aliasShape(target, hostedZoneId) }),
  };
}

function aliasShape(
  { name, evaluateTargetHealth }: Extract<Target, { kind: "alias" }>,
  hostedZoneId: string,
): NonNullable<ResourceRecordSet["AliasTarget"]> {
  return {
    HostedZoneId: hostedZoneId,
    DNSName: name,
    EvaluateTargetHealth: evaluateTargetHealth,
  };
}

interface Reading {
  readonly hostedZoneId: string;
  readonly problems: string[];
}

function readChange(shape: ChangeShape, reading: Reading): RecordChange | undefined {
  const set = shape.ResourceRecordSet;
  const action = actionOf(shape.Action);
  if (set === undefined || action === undefined) {
    reading.problems.push("Expected Action to be one of [CREATE, DELETE, UPSERT]");
    return undefined;
  }
  const name = set.Name ?? "";
  if (!isDomainName(name)) reading.problems.push(`Invalid domain name '${name}'`);
  const type = readType(set, reading);
  const routing = readRouting(set, reading);
  const target = readTarget(set, reading);
  if (type === undefined || routing === undefined || target === undefined) return undefined;
  const recordSet = { name: canonicalName(name), type, routing, target, ...readOptional(set) };
  return { action, recordSet };
}

function readOptional(set: ResourceRecordSet): Pick<RecordSet, "setIdentifier" | "healthCheckId"> {
  const { SetIdentifier: setIdentifier, HealthCheckId: healthCheckId } = set;
  return {
    ...(setIdentifier === undefined ? {} : { setIdentifier }),
    ...(healthCheckId === undefined ? {} : { healthCheckId }),
  };
}

function actionOf(action: string | undefined): ChangeAction | undefined {
  return action === "CREATE" || action === "DELETE" || action === "UPSERT" ? action : undefined;
}

function readType(
  { Type: type = "A" }: ResourceRecordSet,
  reading: Reading,
): RecordType | undefined {
  if (isRecordType(type)) return type;
  reading.problems.push(`Type ${type} is not in the lab, which has ${recordTypes.join(", ")}`);
  return undefined;
}

const routingsNotInLab = [
  "Region",
  "GeoLocation",
  "GeoProximityLocation",
  "MultiValueAnswer",
  "CidrRoutingConfig",
  "TrafficPolicyInstanceId",
] as const;

const routingMembers = "[Weight, Region, Failover, GeoLocation, or MultiValueAnswer]";

function readRouting(set: ResourceRecordSet, reading: Reading): Routing | undefined {
  const { problems } = reading;
  const absent = routingsNotInLab.filter((member) => set[member] !== undefined);
  problems.push(...absent.map((member) => `${member} is not in the lab`));
  if (absent.length > 0) return undefined;

  const routings = [failoverOf(set), weightOf(set)].filter((routing) => routing !== undefined);
  const [routing = { kind: "simple" }, ...more] = routings;
  const identified = set.SetIdentifier !== undefined;
  if (more.length > 0)
    problems.push(`Expected exactly one of ${routingMembers}, but found more than one`);
  if (routing.kind === "simple" && identified) {
    problems.push(`Expected exactly one of ${routingMembers}, but found none`);
  }
  if (routing.kind !== "simple" && !identified) problems.push("Missing field 'SetIdentifier'");
  problems.push(...routingProblems(routing));
  return routing;
}

function routingProblems(routing: Routing): string[] {
  switch (routing.kind) {
    case "simple":
      return [];
    case "failover":
      return ["PRIMARY", "SECONDARY"].includes(routing.role)
        ? []
        : ["Failover must be one of [PRIMARY, SECONDARY]"];
    case "weighted":
      return isWithinRange(routing.weight, weightMax)
        ? []
        : [`Weight must be between 0 and ${weightMax}`];
    default:
      return routing satisfies never;
  }
}

function failoverOf({ Failover: role }: ResourceRecordSet): Routing | undefined {
  return role === undefined ? undefined : { kind: "failover", role };
}

function weightOf({ Weight: weight }: ResourceRecordSet): Routing | undefined {
  return weight === undefined ? undefined : { kind: "weighted", weight };
}

function readTarget(set: ResourceRecordSet, reading: Reading): Target | undefined {
  const { AliasTarget: alias, TTL: ttlSeconds, ResourceRecords: records } = set;
  const values = (records ?? []).map(({ Value }) => Value ?? "");
  const isPlain = ttlSeconds !== undefined && values.length > 0;
  if (alias !== undefined && ttlSeconds === undefined && values.length === 0) {
    return readAlias(alias, reading);
  }
  if (alias !== undefined || !isPlain) {
    const found = alias === undefined ? "none" : "more than one";
    const expected = "[AliasTarget, all of [TTL, and ResourceRecords]]";
    reading.problems.push(`Expected exactly one of ${expected}, but found ${found}`);
    return undefined;
  }
  if (!isWithinRange(ttlSeconds, ttlSecondsMax)) {
    reading.problems.push(`TTL must be between 0 and ${ttlSecondsMax}`);
  }
  return { kind: "values", ttlSeconds, values };
}

function readAlias(
  alias: NonNullable<ResourceRecordSet["AliasTarget"]>,
  { hostedZoneId, problems }: Reading,
): Target {
  if (alias.HostedZoneId !== hostedZoneId) {
    problems.push(`an alias to another zone (${alias.HostedZoneId}) is not in the lab`);
  }
  const evaluateTargetHealth = alias.EvaluateTargetHealth === true;
  return { kind: "alias", name: canonicalName(alias.DNSName ?? ""), evaluateTargetHealth };
}

function isWithinRange(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= max;
}

function labelOf({ Action, ResourceRecordSet: set }: ChangeShape): string {
  const { Name, Type, SetIdentifier = null } = set ?? {};
  return `[Action=${Action}, Name=${Name}, Type=${Type}, SetIdentifier=${SetIdentifier}]`;
}
