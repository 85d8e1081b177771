//! Reads a fault from outside (the fault API, a command line) and says everything that is wrong with
//! it: what was given, what is allowed.

import * as z from "zod";
import type { Fault } from "./faults.ts";

export interface Places {
  readonly regions: readonly string[];
  readonly sites: readonly string[];
}

export type FaultReading =
  | { readonly ok: true; readonly fault: Fault }
  | { readonly ok: false; readonly problems: readonly string[] };

export function readFault(given: unknown, { regions, sites }: Places): FaultReading {
  const schema = schemaOf(regions, sites);
  const parsed = schema.safeParse(given);
  if (parsed.success) {
    const fault = parsed.data;
    if (!("from" in fault) || fault.from !== fault.to) return { ok: true, fault };
    return { ok: false, problems: [`to: must be another site than from, given "${fault.to}"`] };
  }
  return {
    ok: false,
    problems: parsed.error.issues.map(({ path, message }) => {
      const where = path.length === 0 ? "fault" : path.join(".");
      return `${where}: ${message}, given ${JSON.stringify(memberOf(given, path[0]))}`;
    }),
  };
}

function schemaOf(regions: readonly string[], sites: readonly string[]) {
  const region = z.enum(regions);
  const site = z.enum(sites);
  const process = z.enum(["operator", "app", "postgres"]);
  const latencyMs = z.number().min(0).max(60_000);
  const link = { from: site, to: site };
  return z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("region-loss"), region }),
    z.strictObject({ kind: z.literal("region-freeze"), region }),
    z.strictObject({ kind: z.literal("link-cut"), ...link, oneWay: z.boolean().default(false) }),
    z.strictObject({ kind: z.literal("link-slow"), ...link, latencyMs }),
    z.strictObject({ kind: z.literal("process-kill"), process, region }),
    z.strictObject({ kind: z.literal("process-down"), process, region }),
    z.strictObject({ kind: z.literal("process-freeze"), process, region }),
    z.strictObject({
      kind: z.literal("app-errors"),
      region,
      percent: z.int().min(1).max(100),
      audience: z.enum(["everyone", "peer"]).default("everyone"),
    }),
    z.strictObject({ kind: z.literal("app-slow"), region, latencyMs }),
    z.strictObject({ kind: z.literal("replay-paused"), region }),
    z.strictObject({ kind: z.literal("disk-full"), region }),
    z.strictObject({ kind: z.literal("rogue-writer"), region }),
    z.strictObject({ kind: z.literal("route53-control-plane-down") }),
    z.strictObject({ kind: z.literal("arbiter-down") }),
  ]);
}

function memberOf(value: unknown, key: PropertyKey | undefined): unknown {
  if (key === undefined || typeof value !== "object" || value === null) return value;
  return Reflect.get(value, key);
}
