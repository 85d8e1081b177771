//! The operations of the Route 53 API on the hosted zone, its record sets and its changes.

import type {
  Change,
  ChangeInfo,
  ChangeResourceRecordSetsRequest,
  ChangeResourceRecordSetsResponse,
  GetChangeRequest,
  GetChangeResponse,
  GetHostedZoneRequest,
  GetHostedZoneResponse,
  HostedZone as HostedZoneShape,
  ListHostedZonesByNameRequest,
  ListHostedZonesByNameResponse,
  ListHostedZonesResponse,
  ListResourceRecordSetsRequest,
  ListResourceRecordSetsResponse,
} from "@aws-sdk/client-route-53";

import { AwsError } from "../aws/endpoint.ts";
import type { Handlers } from "../aws/endpoint.ts";
import { canonicalName, compareNames, compareText } from "../dns/names.ts";
import type { HostedZone, ZoneChange } from "./hosted-zone.ts";
import type { RecordSet } from "./model.ts";
import { readChanges, toShape } from "./record-shapes.ts";
import type { RecordChange } from "./record-shapes.ts";

export interface RecordApiOptions {
  readonly zone: HostedZone;
  readonly healthCheckExists: (healthCheckId: string) => boolean;
}

const pageItemsMax = 300;
const zonesPageItemsMax = 100;

export function recordHandlers({ zone, healthCheckExists }: RecordApiOptions): Handlers {
  return {
    ListHostedZones: (): ListHostedZonesResponse => ({
      HostedZones: [zoneShape(zone)],
      IsTruncated: false,
      Marker: "",
      MaxItems: zonesPageItemsMax,
    }),
    ListHostedZonesByName: (input: ListHostedZonesByNameRequest) => listByName(zone, input),
    GetHostedZone(input: GetHostedZoneRequest): GetHostedZoneResponse {
      assertZone(zone, input.Id);
      const NameServers = zone.nameServers.map((name) => name.replace(/\.$/, ""));
      return { HostedZone: zoneShape(zone), DelegationSet: { NameServers } };
    },
    ListResourceRecordSets(input: ListResourceRecordSetsRequest) {
      assertZone(zone, input.HostedZoneId);
      return page(zone, input);
    },
    ChangeResourceRecordSets(input: ChangeResourceRecordSetsRequest) {
      assertZone(zone, input.HostedZoneId);
      return change(input, { zone, healthCheckExists });
    },
    GetChange({ Id }: GetChangeRequest): GetChangeResponse {
      const found = zone.findChange(lastSegment(Id));
      if (found === undefined) {
        throw new AwsError("NoSuchChange", `Could not find resource with ID: ${Id}`);
      }
      return { ChangeInfo: changeShape(found) };
    },
  };
}

/** Starts at the first zone whose name is not before `DNSName`, which need not be that name. */
function listByName(
  zone: HostedZone,
  { DNSName, HostedZoneId, MaxItems }: ListHostedZonesByNameRequest,
): ListHostedZonesByNameResponse {
  const from = DNSName === undefined ? undefined : canonicalName(DNSName);
  const isListed = from === undefined || compareNames(zone.name, from) >= 0;
  return {
    HostedZones: isListed ? [zoneShape(zone)] : [],
    ...(from === undefined ? {} : { DNSName: from }),
    ...(HostedZoneId === undefined ? {} : { HostedZoneId }),
    IsTruncated: false,
    MaxItems: MaxItems ?? zonesPageItemsMax,
  };
}

function page(
  zone: HostedZone,
  input: ListResourceRecordSetsRequest,
): ListResourceRecordSetsResponse {
  assertStart(input);
  const MaxItems = Math.min(pageItemsMax, Math.max(1, input.MaxItems ?? pageItemsMax));
  const rest = zone.recordSets().filter((recordSet) => !isBeforeStart(recordSet, input));
  const next = rest[MaxItems];
  return {
    ResourceRecordSets: rest
      .slice(0, MaxItems)
      .map((recordSet) => toShape(recordSet, zone.hostedZoneId)),
    IsTruncated: next !== undefined,
    ...(next === undefined ? {} : nextStart(next)),
    MaxItems,
  };
}

function assertStart(input: ListResourceRecordSetsRequest): void {
  const { StartRecordName: name, StartRecordType: type, StartRecordIdentifier: set } = input;
  const isComplete =
    (type === undefined || name !== undefined) && (set === undefined || type !== undefined);
  if (isComplete) return;
  throw new AwsError(
    "InvalidInput",
    "The request is not valid because it specified a start type or identifier without what precedes it",
  );
}

function isBeforeStart(recordSet: RecordSet, input: ListResourceRecordSetsRequest): boolean {
  const { StartRecordName: name, StartRecordType: type, StartRecordIdentifier: set } = input;
  if (name === undefined) return false;
  const order =
    compareNames(recordSet.name, canonicalName(name)) ||
    (type === undefined ? 0 : compareText(recordSet.type, type)) ||
    (set === undefined ? 0 : compareText(recordSet.setIdentifier ?? "", set));
  return order < 0;
}

function nextStart({
  name,
  type,
  setIdentifier,
}: RecordSet): Partial<ListResourceRecordSetsResponse> {
  return {
    NextRecordName: name.replace(/^\*/, "\\052"),
    NextRecordType: type,
    ...(setIdentifier === undefined ? {} : { NextRecordIdentifier: setIdentifier }),
  };
}

function change(
  input: ChangeResourceRecordSetsRequest,
  { zone, healthCheckExists }: RecordApiOptions,
): ChangeResourceRecordSetsResponse {
  const { Changes = [], Comment } = input.ChangeBatch ?? {};
  const changes = parse(Changes, zone.hostedZoneId);
  assertHealthChecks(changes, healthCheckExists);
  const outcome = zone.change(changes, Comment);
  switch (outcome.kind) {
    case "accepted":
      return { ChangeInfo: changeShape(outcome.change) };
    case "prior-change-pending":
      throw new AwsError(
        "PriorRequestNotComplete",
        "The request was rejected because Route 53 was still processing a prior request.",
      );
    case "invalid":
      throw new AwsError("InvalidChangeBatch", `[${outcome.problems.join(", ")}]`, {
        members: { messages: outcome.problems },
      });
    default:
      return outcome satisfies never;
  }
}

function parse(shapes: readonly Change[], hostedZoneId: string): readonly RecordChange[] {
  if (shapes.length === 0) throw new AwsError("InvalidInput", "Changes must not be empty");
  const read = readChanges(shapes, hostedZoneId);
  if (read.ok) return read.changes;
  throw new AwsError("InvalidInput", `Invalid request: ${read.problems.join(", and ")}`);
}

/** A record set may be deleted after its health check. */
function assertHealthChecks(
  changes: readonly RecordChange[],
  exists: (healthCheckId: string) => boolean,
): void {
  for (const { action, recordSet } of changes) {
    const { healthCheckId } = recordSet;
    if (action === "DELETE" || healthCheckId === undefined || exists(healthCheckId)) continue;
    throw new AwsError("NoSuchHealthCheck", `No health check found with ID: ${healthCheckId}`);
  }
}

function assertZone({ hostedZoneId }: HostedZone, id: string | undefined): void {
  if (lastSegment(id) === hostedZoneId) return;
  throw new AwsError("NoSuchHostedZone", `No hosted zone found with ID: ${id}`);
}

/** Ids come with or without the `/hostedzone/` or `/change/` in front. */
function lastSegment(id: string | undefined): string {
  return id?.split("/").at(-1) ?? "";
}

function zoneShape(zone: HostedZone): HostedZoneShape {
  return {
    Id: `/hostedzone/${zone.hostedZoneId}`,
    Name: zone.name,
    CallerReference: "lab",
    Config: { PrivateZone: false },
    ResourceRecordSetCount: zone.recordSets().length,
  };
}

function changeShape({ id, status, submittedAtMs, comment }: ZoneChange): ChangeInfo {
  return {
    Id: `/change/${id}`,
    Status: status,
    SubmittedAt: new Date(submittedAtMs),
    ...(comment === undefined ? {} : { Comment: comment }),
  };
}
