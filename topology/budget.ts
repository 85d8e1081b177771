//! Can this topology keep what it promised? The recovery time phase by phase against the RTO, the
//! tolerated replica lag against the RPO. Pure; a refusal carries the sum and a way out of it.

import { overlapNotes, phasesOf, sumMs, type Budget, type LossBound } from "./phases.ts";
import { spoken, type Problem } from "./problem.ts";
import type { Relation } from "./relation.ts";
import { phaseTable, suggestionLines } from "./report.ts";
import { suggest, type Suggestion } from "./suggestion.ts";
import { replicaLagKeepsTheObjective } from "./timing-relations.ts";
import type { Topology } from "./topology.ts";

export type { Budget, LossBound, Phase, PhaseName } from "./phases.ts";

/** The recovery time objective and what it has to cover. */
export function budget(topology: Topology): Budget {
  const phases = phasesOf(topology);
  const sum = sumMs(phases);
  const objectiveMs = Math.floor(topology.objectives.rtoSeconds * 1_000);
  return { phases, sumMs: sum, objectiveMs, meets: sum <= objectiveMs, overlaps: overlapNotes };
}

export type Feasibility =
  | { readonly ok: true; readonly rto: Budget; readonly rpo: LossBound }
  | {
      readonly ok: false;
      readonly rto: Budget;
      readonly rpo: LossBound;
      readonly problems: readonly Problem[];
      /** Changes that make the topology acceptable; `null` when other problems come first. */
      readonly suggestion: Suggestion | null;
    };

/** Whether both objectives can be kept. Expects a topology whose form has been checked. */
export function feasible(topology: Topology): Feasibility {
  const rto = budget(topology);
  const rpo = lossBound(topology);
  const suggestion = rto.meets ? null : suggest(topology);
  const problems = [
    recoveryTimeProblem(topology, suggestion),
    replicaLagKeepsTheObjective(topology),
  ].filter((problem) => problem !== null);
  return problems.length === 0
    ? { ok: true, rto, rpo }
    : { ok: false, rto, rpo, problems, suggestion };
}

/** The fields of the sum. Where one has the wrong form there is no sum to show. */
export const budgetReads: Relation["reads"] = [
  "objectives.rtoSeconds",
  "strategy",
  "dns.ttlSeconds",
  "dns.healthCheckIntervalSeconds",
  "dns.healthCheckFailureThreshold",
  "dns.propagationSeconds",
  "lease.leaseMs",
  "lease.marginMs",
  "detection.probeMs",
  "detection.probeTimeoutMs",
  "promotion.promoteMsExpected",
  "promotion.scaleMsExpected",
  "lab",
];

/** The refusal of a sum over the objective, with the sum and, if there is one, the suggestion. */
export function recoveryTimeProblem(
  topology: Topology,
  suggestion: Suggestion | null,
): Problem | null {
  const sum = budget(topology);
  if (sum.meets) return null;
  return {
    path: "objectives.rtoSeconds",
    problem: `the phases of a failover add up to ${spoken(sum.sumMs)}, more than the objective`,
    given: `${topology.objectives.rtoSeconds} (${spoken(sum.sumMs - sum.objectiveMs)} too short)`,
    allowed: `${sum.sumMs / 1_000} or more for this topology`,
    details: [
      ...phaseTable(sum),
      "",
      ...(suggestion === null
        ? ["No change is suggested before the other problems are solved."]
        : suggestionLines(suggestion)),
    ],
  };
}

function lossBound({ replicaLagMsMax, objectives }: Topology): LossBound {
  const objectiveMs = Math.floor(objectives.rpoSeconds * 1_000);
  return {
    boundMs: replicaLagMsMax,
    objectiveMs,
    meets: replicaLagMsMax <= objectiveMs,
    how: "replicaLagMsMax: a failover with more lag waits for a human",
  };
}
