//! The operations of the Route 53 API on health checks. Creating twice with one caller reference is
//! creating once; a reference of a deleted check is spent.

import type {
  CreateHealthCheckRequest,
  CreateHealthCheckResponse,
  GetHealthCheckRequest,
  GetHealthCheckResponse,
  GetHealthCheckStatusResponse,
  HealthCheck,
  HealthCheckConfig as ConfigShape,
  HealthCheckObservation,
  HealthCheckRegion,
  ListHealthChecksRequest,
  ListHealthChecksResponse,
  UpdateHealthCheckRequest,
  UpdateHealthCheckResponse,
} from "@aws-sdk/client-route-53";
import { isDeepStrictEqual } from "node:util";

import { AwsError } from "../aws/endpoint.ts";
import type { Handlers } from "../aws/endpoint.ts";
import type { Observation } from "./checkers.ts";
import { readHealthCheckConfig } from "./health-config.ts";
import type { HealthCheckConfig } from "./health-config.ts";
import type { Health } from "./health.ts";

export interface HealthApiOptions {
  readonly health: Health;
  readonly newId: () => string;
}

export const healthChecksMax = 200;
const spentReferencesMax = 1_000;
const pageItemsMax = 100;

type Known = HealthCheck & { readonly Id: string; readonly HealthCheckVersion: number };

interface Registry {
  readonly byId: Map<string, Known>;
  /** Caller references of deleted checks, oldest first. */
  readonly spent: Set<string>;
}

export function healthHandlers({ health, newId }: HealthApiOptions): Handlers {
  const registry: Registry = { byId: new Map(), spent: new Set() };
  const observed = (id: string | undefined, of: (id: string) => readonly Observation[]) => {
    const { Id } = find(registry, id);
    return { HealthCheckObservations: of(Id).map(observationShape) };
  };
  return {
    CreateHealthCheck: (input: CreateHealthCheckRequest) =>
      create(input, registry, { health, newId }),
    UpdateHealthCheck: (input: UpdateHealthCheckRequest) => update(input, registry, health),
    DeleteHealthCheck({ HealthCheckId }: GetHealthCheckRequest) {
      const known = find(registry, HealthCheckId);
      health.remove(known.Id);
      registry.byId.delete(known.Id);
      spend(registry, known.CallerReference ?? "");
    },
    GetHealthCheck: ({ HealthCheckId }: GetHealthCheckRequest): GetHealthCheckResponse => ({
      HealthCheck: find(registry, HealthCheckId),
    }),
    ListHealthChecks: (input: ListHealthChecksRequest) => list(registry, input),
    GetHealthCheckStatus: ({
      HealthCheckId,
    }: GetHealthCheckRequest): GetHealthCheckStatusResponse =>
      observed(HealthCheckId, health.observations),
    GetHealthCheckLastFailureReason: ({ HealthCheckId }: GetHealthCheckRequest) =>
      observed(HealthCheckId, health.lastFailures),
  };
}

function create(
  input: CreateHealthCheckRequest,
  registry: Registry,
  { health, newId }: HealthApiOptions,
): CreateHealthCheckResponse {
  const { CallerReference = "", HealthCheckConfig: given } = input;
  const shape = withDefaults(given);
  const config = parse(shape, health);
  const existing = Array.from(registry.byId.values()).find(
    (known) => known.CallerReference === CallerReference,
  );
  if (existing !== undefined && isDeepStrictEqual(existing.HealthCheckConfig, shape)) {
    return answer(existing);
  }
  if (existing !== undefined || registry.spent.has(CallerReference)) {
    throw new AwsError(
      "HealthCheckAlreadyExists",
      `A health check with caller reference ${CallerReference} already exists or was deleted`,
    );
  }
  if (registry.byId.size >= healthChecksMax) {
    throw new AwsError("TooManyHealthChecks", `No more than ${healthChecksMax} health checks`);
  }
  const known = { Id: newId(), CallerReference, HealthCheckConfig: shape, HealthCheckVersion: 1 };
  registry.byId.set(known.Id, known);
  health.create(known.Id, config);
  return answer(known);
}

function answer(known: Known): CreateHealthCheckResponse {
  const Location = `https://route53.amazonaws.com/2013-04-01/healthcheck/${known.Id}`;
  return { HealthCheck: known, Location };
}

/** What Route 53 fills in shows in its answers. */
function withDefaults(given: ConfigShape | undefined): ConfigShape {
  const shape: ConfigShape = { Type: undefined, Inverted: false, Disabled: false, ...given };
  if (shape.Type === "CALCULATED") return shape;
  const defaults = { RequestInterval: 30, FailureThreshold: 3 };
  return { ...defaults, MeasureLatency: false, EnableSNI: false, ...shape };
}

type ResettableMember =
  "ChildHealthChecks" | "FullyQualifiedDomainName" | "Regions" | "ResourcePath";

/** Type, interval and latency measurement are not among the members: they stay for ever. */
function update(
  input: UpdateHealthCheckRequest,
  registry: Registry,
  health: Health,
): UpdateHealthCheckResponse {
  const { HealthCheckId, HealthCheckVersion, ResetElements = [], ...members } = input;
  const known = find(registry, HealthCheckId);
  if (HealthCheckVersion !== undefined && HealthCheckVersion !== known.HealthCheckVersion) {
    throw new AwsError(
      "HealthCheckVersionMismatch",
      `The version is ${known.HealthCheckVersion}, not ${HealthCheckVersion}`,
    );
  }
  const shape: ConfigShape = { ...(known.HealthCheckConfig ?? { Type: undefined }) };
  const resettable = ["ChildHealthChecks", "FullyQualifiedDomainName", "Regions", "ResourcePath"];
  for (const member of ResetElements.filter((name) => resettable.includes(name))) {
    delete shape[member as ResettableMember];
  }
  Object.assign(shape, members);
  health.update(known.Id, parse(shape, health, known.Id));
  const changed = {
    ...known,
    HealthCheckConfig: shape,
    HealthCheckVersion: known.HealthCheckVersion + 1,
  };
  registry.byId.set(known.Id, changed);
  return { HealthCheck: changed };
}

function parse(shape: ConfigShape, health: Health, ownId?: string): HealthCheckConfig {
  const read = readHealthCheckConfig(shape);
  const problems = read.ok ? childProblems(read.config, health, ownId) : read.problems;
  if (read.ok && problems.length === 0) return read.config;
  throw new AwsError("InvalidInput", `Invalid request: ${problems.join(", and ")}`);
}

/** One level only: so no ring of checks can wait for itself. */
function childProblems(config: HealthCheckConfig, health: Health, ownId?: string): string[] {
  if (config.kind !== "calculated") return [];
  return config.children.flatMap((child) => {
    if (!health.has(child)) return [`No health check found with ID: ${child}`];
    if (child === ownId || health.isCalculated(child)) {
      return [`a calculated child (${child}) is not in the lab`];
    }
    return [];
  });
}

function list(registry: Registry, input: ListHealthChecksRequest): ListHealthChecksResponse {
  const MaxItems = Math.min(pageItemsMax, Math.max(1, input.MaxItems ?? pageItemsMax));
  const all = Array.from(registry.byId.values());
  const start = input.Marker === undefined ? 0 : all.findIndex(({ Id }) => Id === input.Marker);
  if (start < 0) throw new AwsError("InvalidInput", `No health check found at ${input.Marker}`);
  const next = all[start + MaxItems];
  return {
    HealthChecks: all.slice(start, start + MaxItems),
    Marker: input.Marker ?? "",
    IsTruncated: next !== undefined,
    ...(next === undefined ? {} : { NextMarker: next.Id }),
    MaxItems,
  };
}

function find(registry: Registry, id: string | undefined): Known {
  const known = registry.byId.get(id ?? "");
  if (known !== undefined) return known;
  throw new AwsError("NoSuchHealthCheck", `No health check found with ID: ${id}`);
}

function spend({ spent }: Registry, callerReference: string): void {
  spent.add(callerReference);
  for (const oldest of spent) {
    if (spent.size <= spentReferencesMax) break;
    spent.delete(oldest);
  }
}

function observationShape(observation: Observation): HealthCheckObservation {
  const { checkerRegion, checkerAddress, text, atMs } = observation;
  return {
    // Regions were checked against the API's own list when the check was created.
    Region: checkerRegion as HealthCheckRegion,
    IPAddress: checkerAddress,
    StatusReport: { Status: text, CheckedTime: new Date(atMs) },
  };
}
