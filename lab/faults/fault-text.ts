//! Faults as a person writes them ("process-kill operator standby"), and placeholders turned into the
//! names of a running lab.

import type { LabDescriptor } from "../descriptor.ts";
import type { Fault, FaultProcess } from "./faults.ts";
import { nearestName } from "../../topology/nearest.ts";

export type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

export const faultGrammar: Readonly<Record<Fault["kind"], string>> = {
  "region-loss": "REGION",
  "link-cut": "FROM TO [one-way]",
  "link-slow": "FROM TO MILLISECONDS",
  "process-kill": "operator|app|postgres REGION",
  "process-freeze": "operator|app|postgres REGION",
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

const readers: Readonly<Record<Fault["kind"], (words: readonly string[]) => Fault | null>> = {
  "region-loss": ([region, ...more]) =>
    region === undefined || more.length > 0 ? null : { kind: "region-loss", region },
  "link-cut": ([from, to, way, ...more]) => {
    if (from === undefined || to === undefined || more.length > 0) return null;
    if (way === undefined) return { kind: "link-cut", from, to };
    return way === "one-way" ? { kind: "link-cut", from, to, oneWay: true } : null;
  },
  "link-slow": ([from, to, latency = "", ...more]) => {
    if (from === undefined || to === undefined || more.length > 0) return null;
    return /^\d{1,5}$/.test(latency) && Number(latency) <= 60_000
      ? { kind: "link-slow", from, to, latencyMs: Number(latency) }
      : null;
  },
  "process-kill": (words) => processFault("process-kill", words),
  "process-freeze": (words) => processFault("process-freeze", words),
  "route53-control-plane-down": (words) =>
    words.length === 0 ? { kind: "route53-control-plane-down" } : null,
  "arbiter-down": (words) => (words.length === 0 ? { kind: "arbiter-down" } : null),
};

function processFault(
  kind: "process-kill" | "process-freeze",
  [process, region, ...more]: readonly string[],
): Fault | null {
  if (process === undefined || region === undefined || more.length > 0) return null;
  return isProcess(process) ? { kind, process, region } : null;
}

function isProcess(word: string): word is FaultProcess {
  return word === "operator" || word === "app" || word === "postgres";
}

function wrong(problem: string): { readonly ok: false; readonly problem: string } {
  return { ok: false, problem };
}
