//! Faults as a person writes them ("process-kill operator standby"), and placeholders turned into the
//! names of a running lab.

import type { LabDescriptor } from "../descriptor.ts";
import type { Fault, FaultProcess, ProcessFault } from "./faults.ts";
import { nearestName } from "../../topology/nearest.ts";

export type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

export const faultGrammar: Readonly<Record<Fault["kind"], string>> = {
  "region-loss": "REGION",
  "region-freeze": "REGION",
  "link-cut": "FROM TO [one-way]",
  "link-slow": "FROM TO MILLISECONDS",
  "process-kill": "operator|app|postgres REGION",
  "process-down": "operator|app|postgres REGION",
  "process-freeze": "operator|app|postgres REGION",
  "app-errors": "REGION PERCENT [peer]",
  "app-slow": "REGION MILLISECONDS",
  "replay-paused": "REGION",
  "disk-full": "REGION",
  "rogue-writer": "REGION",
  "route53-control-plane-down": "",
  "arbiter-down": "",
};

/** `KIND ARGUMENTS`. */
export function parseFault(text: string): Parsed<Fault> {
  const [kind = "", ...words] = text.trim().split(/\s+/);
  if (!isFaultKind(kind)) {
    const meant = nearestName(kind, Object.keys(faultGrammar));
    const hint = meant ?? Object.keys(faultGrammar).join(", ");
    return wrong(
      `no fault is called "${kind}"; ${meant === null ? "there are" : "nearest"}: ${hint}`,
    );
  }
  const fault = readers[kind](words);
  if (fault === null) return wrong(`write it as: ${kind} ${faultGrammar[kind]}`.trim());
  return { ok: true, value: fault };
}

/** What a fault may name. */
export interface Roles {
  readonly active: string;
  readonly standby: string;
  readonly witness: string;
}

export function rolesOf({ initialActive, initialStandby, arbiter }: LabDescriptor): Roles {
  return { active: initialActive, standby: initialStandby, witness: arbiter.witnessRegion };
}

/** The fault with the names of this lab, or what is wrong with it. */
export function resolveFault(fault: Fault, roles: Roles): Parsed<Fault> {
  const { active, standby, witness } = roles;
  const regions = [active, standby];
  const sites = [...regions, witness, "internet"];
  const names: Readonly<Record<string, string>> = { active, standby, witness };
  const named = (name: string): string => (Object.hasOwn(names, name) ? names[name] : name) ?? name;
  if ("region" in fault) {
    const region = named(fault.region);
    if (regions.includes(region)) return { ok: true, value: { ...fault, region } };
    return wrong(`"${fault.region}" is none of ${regions.join(", ")}, active, standby`);
  }
  if ("from" in fault) {
    const [from, to] = [named(fault.from), named(fault.to)];
    const stranger = [from, to].find((site) => !sites.includes(site));
    if (stranger !== undefined) {
      return wrong(`"${stranger}" is none of ${sites.join(", ")}, active, standby, witness`);
    }
    if (from === to)
      return wrong(`a link leads from one site to another, not from ${from} to itself`);
    return { ok: true, value: { ...fault, from, to } };
  }
  return { ok: true, value: fault };
}

function isFaultKind(kind: string): kind is Fault["kind"] {
  return Object.hasOwn(faultGrammar, kind);
}

type Words = readonly string[];

/** By kind; null when the words do not fit it. */
const readers: Readonly<Record<Fault["kind"], (words: Words) => Fault | null>> = {
  "region-loss": (words) => regionFault("region-loss", words),
  "region-freeze": (words) => regionFault("region-freeze", words),
  "link-cut": ([from, to, way, ...more]) => {
    if (from === undefined || to === undefined || more.length > 0) return null;
    if (way === undefined) return { kind: "link-cut", from, to };
    return way === "one-way" ? { kind: "link-cut", from, to, oneWay: true } : null;
  },
  "link-slow": ([from, to, latency, ...more]) => {
    const latencyMs = wholeNumber(latency, latencyMsMax);
    if (from === undefined || to === undefined || latencyMs === null || more.length > 0)
      return null;
    return { kind: "link-slow", from, to, latencyMs };
  },
  "process-kill": (words) => processFault("process-kill", words),
  "process-down": (words) => processFault("process-down", words),
  "process-freeze": (words) => processFault("process-freeze", words),
  "app-errors": ([region, share, audience, ...more]) => {
    const percent = wholeNumber(share, 100);
    if (region === undefined || percent === null || percent < 1 || more.length > 0) return null;
    if (audience === undefined) return { kind: "app-errors", region, percent };
    return audience === "peer" ? { kind: "app-errors", region, percent, audience } : null;
  },
  "app-slow": ([region, latency, ...more]) => {
    const latencyMs = wholeNumber(latency, latencyMsMax);
    if (region === undefined || latencyMs === null || more.length > 0) return null;
    return { kind: "app-slow", region, latencyMs };
  },
  "replay-paused": (words) => regionFault("replay-paused", words),
  "disk-full": (words) => regionFault("disk-full", words),
  "rogue-writer": (words) => regionFault("rogue-writer", words),
  "route53-control-plane-down": (words) =>
    words.length === 0 ? { kind: "route53-control-plane-down" } : null,
  "arbiter-down": (words) => (words.length === 0 ? { kind: "arbiter-down" } : null),
};

const latencyMsMax = 60_000;

function wholeNumber(word: string | undefined, max: number): number | null {
  if (word === undefined || !/^\d{1,5}$/.test(word)) return null;
  return Number(word) <= max ? Number(word) : null;
}

/** The kinds that name a region and nothing else. */
type OnlyRegion = Extract<
  Fault["kind"],
  "region-loss" | "region-freeze" | "replay-paused" | "disk-full" | "rogue-writer"
>;

function regionFault(kind: OnlyRegion, [region, ...more]: Words): Fault | null {
  return region === undefined || more.length > 0 ? null : { kind, region };
}

function processFault(kind: ProcessFault["kind"], [process, region, ...more]: Words): Fault | null {
  if (process === undefined || region === undefined || more.length > 0) return null;
  return isProcess(process) ? { kind, process, region } : null;
}

function isProcess(word: string): word is FaultProcess {
  return word === "operator" || word === "app" || word === "postgres";
}

function wrong(problem: string): { readonly ok: false; readonly problem: string } {
  return { ok: false, problem };
}
