//! The on-call's first question as a small table: who serves, who may write, what is broken.

import * as z from "zod";
import type { LabDescriptor } from "../descriptor.ts";

export interface RegionStatus {
  readonly name: string;
  /** What the app answers at `/region`, or "no answer". */
  readonly region: unknown;
  /** What the operator answers at `/status`, or "no answer". */
  readonly operator: unknown;
}

const appSchema = z.object({ region: z.string(), role: z.string() });

const operatorSchema = z.object({
  verdict: z.object({ kind: z.string(), because: z.array(z.string()) }),
  lease: z.union([z.literal("unknown"), z.object({ holder: z.string(), epoch: z.number() })]),
  database: z.union([
    z.literal("unreachable"),
    z.object({
      role: z.string(),
      lease: z.union([z.literal("none"), z.object({ live: z.boolean() })]),
    }),
  ]),
});

const faultsSchema = z.array(z.object({ id: z.string(), text: z.string() }));

export function statusTable(
  { hostname }: LabDescriptor,
  regions: readonly RegionStatus[],
  faults: unknown,
): string {
  const rows = [["region", "app", "database", "may write", "lease seen", "verdict"]];
  for (const status of regions) rows.push(rowOf(status));
  const active = faultsSchema.safeParse(faults);
  const broken = active.success ? active.data.map(({ id, text }) => `  ${id}: ${text}`) : [];
  return [
    hostname,
    "",
    ...aligned(rows),
    "",
    ...(broken.length === 0 ? ["no fault is active"] : ["active faults:", ...broken]),
  ].join("\n");
}

function rowOf({ name, operator, region }: RegionStatus): string[] {
  const app = appSchema.safeParse(region);
  const seen = operatorSchema.safeParse(operator);
  const role = app.success ? app.data.role : "no answer";
  if (!seen.success) return [name, role, "?", "?", "?", "no answer"];
  const { database, lease, verdict } = seen.data;
  const live = database !== "unreachable" && database.lease !== "none" && database.lease.live;
  return [
    name,
    role,
    database === "unreachable" ? "unreachable" : database.role,
    live ? "yes" : "no",
    lease === "unknown" ? "unknown" : `${lease.holder}, epoch ${lease.epoch}`,
    verdict.kind,
  ];
}

function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
