//! One claim that a drill makes, and how a figure is held against its limit. Pure.

import { grouped } from "../screen/numbers.ts";
import type { CheckerReport, DrillResult, Objective } from "../verdicts/evidence.ts";

export interface Claim {
  readonly claim: string;
  readonly measured: string;
  readonly limit: string;
  readonly verdict: DrillResult;
}

export interface Checked {
  readonly checker: Partial<CheckerReport>;
  readonly objective: Partial<Objective>;
  /** How many status pages of operators were read; null when nobody says. */
  readonly statusPages: number | null;
}

/** Null where the scenario does not make the claim. */
export type ClaimRule = (checked: Checked) => Claim | null;

export function atMost(value: number | null | undefined, max: number): DrillResult {
  if (value === null || value === undefined) return "unknown";
  return value <= max ? "pass" : "fail";
}

export function yesOrNo(value: boolean | null | undefined): string {
  return value === null || value === undefined ? "unknown" : value ? "yes" : "no";
}

/** At most so many, or it is a breach. */
export function countClaim(claim: string, count: number | undefined, max: number): Claim {
  const verdict = atMost(count, max);
  return { claim, measured: grouped(count ?? null), limit: grouped(max), verdict };
}
