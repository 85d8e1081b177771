//! What a region says of itself, for the page and for programs, and what its peer says of itself.

import * as z from "zod";
import type { Parts } from "./parts.ts";
import type { LedgerSummary, Role } from "./ports.ts";
import { epochOf } from "./serving.ts";

export interface RegionReport {
  readonly region: string;
  readonly role: Role;
  /** Why it does not serve; null while it does. */
  readonly because: string | null;
  readonly epoch: number | null;
  /** How far this region's replica is behind; null where there is no replica or no word of it. */
  readonly replicationLagMs: number | null;
  readonly build: string;
}

export interface OwnReport extends RegionReport {
  readonly ledger: LedgerSummary | "unknown";
}

export type PeerReport =
  | { readonly kind: "none" }
  | { readonly kind: "silent"; readonly url: string }
  | { readonly kind: "told"; readonly url: string; readonly report: RegionReport };

export async function ownReport(
  { leases, region, build }: Parts,
  summary: () => Promise<LedgerSummary | "unknown">,
): Promise<OwnReport> {
  const state = await leases.current();
  const replayLagMs = state.role === "standby" ? state.replayLagMs : "unknown";
  return {
    region,
    role: state.role,
    because: state.role === "serving" ? null : state.because,
    epoch: epochOf(state),
    replicationLagMs: replayLagMs === "unknown" ? null : Math.round(replayLagMs),
    build,
    ledger: await summary(),
  };
}

/** Asks for the peer's own words. It is told not to forward, and asks nobody in turn. */
export async function peerReport({ peer }: Parts): Promise<PeerReport> {
  if (peer === "none") return { kind: "none" };
  const { url } = peer;
  const forwarded = await peer.forward({
    method: "GET",
    path: "/",
    headers: { accept: "application/json", "x-switchback-forward": "never" },
    body: Buffer.alloc(0),
    clientAddress: "peer",
  });
  if (forwarded.kind !== "answered" || forwarded.status !== 200) return { kind: "silent", url };
  const report = reportSchema.safeParse(jsonOf(forwarded.body));
  return report.success ? { kind: "told", url, report: report.data } : { kind: "silent", url };
}

/** The peer may run another build: only what the page shows is read, and it is checked. */
const reportSchema = z.object({
  region: z.string().max(63),
  role: z.enum(["serving", "standby", "fenced", "unknown"]),
  because: z.string().max(500).nullable().catch(null),
  epoch: z.number().nullable().catch(null),
  replicationLagMs: z.number().nullable().catch(null),
  build: z.string().max(100).catch("unknown"),
});

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8")) as unknown;
  } catch {
    return undefined;
  }
}
