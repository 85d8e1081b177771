//! The settings of a health check, between the API's shape and the lab's own. Refuses what Route 53
//! refuses, with all problems at once, and names what Route 53 has but the lab has not.

import type { HealthCheckConfig as ConfigShape } from "@aws-sdk/client-route-53";
import { HealthCheckRegion } from "@aws-sdk/client-route-53";
import { isIP } from "node:net";

import { isDomainName } from "../dns/names.ts";

interface Switches {
  /** Not probed any more, and always healthy. */
  readonly isDisabled: boolean;
  readonly isInverted: boolean;
}

export interface EndpointCheck extends Switches {
  readonly kind: "http" | "http-match" | "tcp";
  readonly address: string | undefined;
  readonly hostname: string | undefined;
  readonly port: number;
  readonly path: string;
  /** Only of `http-match`. */
  readonly searchString: string;
  readonly intervalSeconds: number;
  readonly failureThreshold: number;
  /** Where the checkers stand. */
  readonly checkerRegions: readonly string[];
}

export interface CalculatedCheck extends Switches {
  readonly kind: "calculated";
  readonly children: readonly string[];
  readonly healthThreshold: number;
}

export type HealthCheckConfig = EndpointCheck | CalculatedCheck;

export type ReadConfig =
  | { readonly ok: true; readonly config: HealthCheckConfig }
  | { readonly ok: false; readonly problems: readonly string[] };

const childrenMax = 255;
const regionsMin = 3;
const failureThresholdMax = 10;
const portMax = 65_535;
const searchStringMax = 255;
const allRegions: readonly string[] = Object.values(HealthCheckRegion);

export function readHealthCheckConfig(shape: ConfigShape): ReadConfig {
  const kind = kindOf(shape.Type ?? "");
  if (kind === undefined) {
    const known = "HTTP, HTTP_STR_MATCH, TCP, CALCULATED";
    return { ok: false, problems: [`Type ${shape.Type} is not in the lab, which has ${known}`] };
  }
  const problems = kind === "calculated" ? calculatedProblems(shape) : endpointProblems(shape);
  if (problems.length > 0) return { ok: false, problems };
  const switches = { isDisabled: shape.Disabled === true, isInverted: shape.Inverted === true };
  if (kind !== "calculated") return { ok: true, config: { ...switches, ...endpoint(kind, shape) } };
  const { ChildHealthChecks: children = [], HealthThreshold: healthThreshold = 0 } = shape;
  return { ok: true, config: { kind, ...switches, children, healthThreshold } };
}

function kindOf(type: string): HealthCheckConfig["kind"] | undefined {
  switch (type) {
    case "HTTP":
      return "http";
    case "HTTP_STR_MATCH":
      return "http-match";
    case "TCP":
      return "tcp";
    case "CALCULATED":
      return "calculated";
    default:
      return undefined;
  }
}

function endpoint(
  kind: EndpointCheck["kind"],
  shape: ConfigShape,
): Omit<EndpointCheck, keyof Switches> {
  const { Port: port = 80, RequestInterval: intervalSeconds = 30 } = shape;
  const { ResourcePath: path = "/", SearchString: searchString = "" } = shape;
  return {
    kind,
    address: shape.IPAddress,
    hostname: shape.FullyQualifiedDomainName,
    port,
    path: path.startsWith("/") ? path : `/${path}`,
    searchString,
    intervalSeconds,
    failureThreshold: shape.FailureThreshold ?? 3,
    checkerRegions:
      shape.Regions === undefined || shape.Regions.length === 0 ? allRegions : shape.Regions,
  };
}

type Rule = (shape: ConfigShape) => string | null;

const endpointRules: readonly Rule[] = [
  function addressOrName({ IPAddress, FullyQualifiedDomainName }) {
    const named = IPAddress !== undefined || FullyQualifiedDomainName !== undefined;
    return named ? null : "Either IPAddress or FullyQualifiedDomainName must be specified";
  },
  function address({ IPAddress }) {
    return IPAddress === undefined || isIP(IPAddress) !== 0
      ? null
      : `Invalid IP address ${IPAddress}`;
  },
  function domainName({ FullyQualifiedDomainName: name }) {
    const valid = name === undefined || isDomainName(name) || isIP(name) !== 0;
    return valid ? null : `Invalid fully qualified domain name ${name}`;
  },
  function port({ Port, Type }) {
    if (Port === undefined) return Type === "TCP" ? "Port must be specified for TCP" : null;
    return isWithin(Port, 1, portMax) ? null : `Port must be between 1 and ${portMax}`;
  },
  function interval({ RequestInterval }) {
    return RequestInterval === undefined || [10, 30].includes(RequestInterval)
      ? null
      : "RequestInterval must be one of [10, 30]";
  },
  function threshold({ FailureThreshold: threshold }) {
    return threshold === undefined || isWithin(threshold, 1, failureThresholdMax)
      ? null
      : `FailureThreshold must be between 1 and ${failureThresholdMax}`;
  },
  function searchString({ Type, SearchString }) {
    const length = SearchString?.length ?? 0;
    if (Type !== "HTTP_STR_MATCH") return length > 0 ? "SearchString needs HTTP_STR_MATCH" : null;
    return isWithin(length, 1, searchStringMax)
      ? null
      : `SearchString must have 1 to ${searchStringMax} characters`;
  },
  function regions({ Regions }) {
    if (Regions === undefined || Regions.length === 0) return null;
    const unknown = Regions.filter((region) => !allRegions.includes(region));
    if (unknown.length > 0) return `Regions has no checkers in [${unknown.join(", ")}]`;
    return Regions.length < regionsMin ? `Regions must name at least ${regionsMin}` : null;
  },
  function childrenOfEndpoint({ ChildHealthChecks }) {
    return (ChildHealthChecks?.length ?? 0) > 0 ? "ChildHealthChecks needs CALCULATED" : null;
  },
];

const calculatedRules: readonly Rule[] = [
  function children({ ChildHealthChecks }) {
    const count = new Set(ChildHealthChecks).size;
    const valid = isWithin(count, 1, childrenMax) && count === ChildHealthChecks?.length;
    return valid ? null : `ChildHealthChecks must name 1 to ${childrenMax} different checks`;
  },
  function threshold({ HealthThreshold }) {
    return HealthThreshold !== undefined && isWithin(HealthThreshold, 0, childrenMax + 1)
      ? null
      : `HealthThreshold must be between 0 and ${childrenMax + 1}`;
  },
  function noEndpoint({ IPAddress, FullyQualifiedDomainName, Port, ResourcePath }) {
    const members = [IPAddress, FullyQualifiedDomainName, Port, ResourcePath];
    return members.every((member) => member === undefined)
      ? null
      : "a CALCULATED health check has no endpoint";
  },
];

function endpointProblems(shape: ConfigShape): string[] {
  return endpointRules.map((rule) => rule(shape)).filter((problem) => problem !== null);
}

function calculatedProblems(shape: ConfigShape): string[] {
  return calculatedRules.map((rule) => rule(shape)).filter((problem) => problem !== null);
}

function isWithin(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}
