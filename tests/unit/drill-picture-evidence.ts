//! Evidence for the tests of the picture: the clean region loss of the verdicts' tests as a drill.

import type { PictureInput } from "../../lab/drill/picture/evidence.ts";
import { reportOf } from "../../lab/drill/report.ts";
import { judge } from "../../lab/drill/verdicts.ts";
import type { CheckerReport, Objective } from "../../lab/drill/verdicts/evidence.ts";
import { cleanEvidence, east, faultAtMs, west } from "./drill-evidence.ts";

/** Steps as `[name, intendedAtMs, doneAtMs]`, from the fault on; null for what did not happen. */
type StepTimes = readonly [string, number | null, number | null];

export interface PlanTimes {
  readonly kind: string;
  readonly from: string;
  readonly to: string;
  readonly epoch: number;
  readonly startedAtMs: number;
  readonly suspectedAtMs: number;
  readonly because: readonly string[];
  readonly steps: readonly StepTimes[];
  readonly finishedAtMs: number | null;
}

/** The entries that an operator would have written. */
export function journalOf(plan: PlanTimes, zeroAtMs = faultAtMs): Record<string, unknown>[] {
  const planId = `${plan.kind}-${plan.epoch}`;
  const { kind, from, to, epoch, because } = plan;
  const stages = plan.steps.map(([step]) => [{ kind: step }]);
  const at = (ms: number): number => zeroAtMs + ms;
  const entries: Record<string, unknown>[] = [
    {
      kind: "plan-started",
      atMs: at(plan.startedAtMs),
      planId,
      plan: { id: planId, kind, from, to, epoch, stages },
      because,
      suspectedAtMs: at(plan.suspectedAtMs),
    },
  ];
  for (const [step, intendedMs, doneMs] of plan.steps) {
    if (intendedMs !== null) {
      entries.push({ kind: "step-intended", atMs: at(intendedMs), planId, step });
    }
    if (doneMs !== null) entries.push({ kind: "step-done", atMs: at(doneMs), planId, step });
  }
  if (plan.finishedAtMs !== null) {
    entries.push({ kind: "plan-finished", atMs: at(plan.finishedAtMs), planId, because: [] });
  }
  return entries;
}

export const failoverPlan: PlanTimes = {
  kind: "failover",
  from: east,
  to: west,
  epoch: 2,
  startedAtMs: 1_500,
  suspectedAtMs: 500,
  because: ["lease: no renewal for 1500 ms", "world: health checkers see <the region> & fail"],
  steps: [
    ["take-lease", 1_500, 1_600],
    ["promote-database", 1_600, 1_800],
    ["scale-up", 1_600, 1_650],
    ["grant-writes", 1_800, 1_900],
    ["await-serving", 1_900, 2_400],
    ["announce", 2_400, 2_500],
    ["record-roles", 2_400, 2_600],
  ],
  finishedAtMs: 2_600,
};

export function lossInput(changes: Partial<PictureInput> = {}): PictureInput {
  const evidence = cleanEvidence();
  const input = inputOf({
    checker: judge(evidence),
    objective: evidence.objective,
    faults: evidence.faults,
    journals: { [east]: null, [west]: journalOf(failoverPlan) },
    ledger: evidence.ledger,
  });
  return { ...input, ...changes };
}

interface Drilled extends Partial<Omit<PictureInput, "checker" | "objective">> {
  readonly checker: CheckerReport | null;
  readonly objective: Objective;
}

/** What `readEvidence` would read of such a drill. */
export function inputOf(drilled: Drilled): PictureInput {
  const { checker, objective, faults = [], commands = [], journals = {} } = drilled;
  const report = reportOf({
    scenario: { name: "region-loss", title: "The active region is lost" },
    seed: 7,
    startedAt: "2026-01-02T03:04:05.000Z",
    tookMs: 12_000,
    faults,
    commands,
    journal: [],
    objective,
    checker,
    wrongRegionWrites: [],
    problems: [],
    evidence: ".switchback/drills/made-up",
  });
  const phases = { detectMs: 500, leaseMs: 1_100, promoteMs: 200, grantMs: 100, dnsMs: 1_100 };
  return {
    report: { ...report, phases },
    description: "Everything of the active region is gone, while users write.",
    also: [],
    statusPages: 12,
    statuses: {},
    holds: [],
    ledger: null,
    versions: { node: "v20.20.2", postgres: "PostgreSQL 18.4" },
    topologyHash: "0".repeat(64),
    files: [{ name: "ledger.ndjson", bytes: 224_678 }],
    ...drilled,
    faults,
    commands,
    journals,
  };
}
