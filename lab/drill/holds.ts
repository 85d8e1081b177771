//! When which operator said that a failover is due and a guard forbids it, as its status page shows
//! it to anybody.

import type { OperatorAnswers } from "./journal.ts";

export interface HoldRecord {
  readonly region: string;
  readonly fromMs: number;
  /** Null when it still said so when last asked. */
  readonly toMs: number | null;
  readonly because: readonly string[];
}

/** Takes what the status pages show at one moment. An operator that is silent changes nothing. */
export function noteHolds(holds: HoldRecord[], { raw }: OperatorAnswers, atMs: number): void {
  for (const [region, status] of Object.entries(raw)) {
    const verdict = verdictOf(status);
    if (verdict === null) continue;
    const open = holds.findIndex((hold) => hold.region === region && hold.toMs === null);
    const record = holds[open];
    if (verdict.kind !== "hold") {
      if (record !== undefined) holds[open] = { ...record, toMs: atMs };
    } else if (record === undefined) {
      holds.push({ region, fromMs: atMs, toMs: null, because: verdict.because });
    }
  }
}

/** How many status pages with a verdict there were. */
export function statusPagesIn({ raw }: OperatorAnswers): number {
  return Object.values(raw).filter((status) => verdictOf(status) !== null).length;
}

interface ShownVerdict {
  readonly kind: string;
  readonly because: readonly string[];
}

function verdictOf(status: unknown): ShownVerdict | null {
  const verdict = fieldsOf(fieldsOf(status)["verdict"]);
  const { kind, because } = verdict;
  if (typeof kind !== "string") return null;
  const reasons: readonly unknown[] = Array.isArray(because) ? because : [];
  return { kind, because: reasons.filter((reason) => typeof reason === "string") };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
