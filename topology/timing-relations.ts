//! Rules about time: what keeps two regions from writing at once, and what keeps a lost message
//! from looking like a lost region.

import type { Problem } from "./problem.ts";
import type { Relation } from "./relation.ts";
import type { Topology } from "./topology.ts";

export const timingRelations: readonly Relation[] = [
  {
    rule: "lease.leaseMs > 3 * lease.renewMs",
    reads: ["lease.leaseMs", "lease.renewMs"],
    check: leaseOutlastsThreeRenewals,
  },
  {
    rule: "lease.marginMs >= lease.driftPpm / 1,000,000 * lease.leaseMs + lease.commitGapMs",
    reads: ["lease.marginMs", "lease.driftPpm", "lease.leaseMs", "lease.commitGapMs"],
    check: marginCoversDriftAndCommitGap,
  },
  {
    rule: "1 <= lease.ackWithinMs <= lease.commitGapMs",
    reads: ["lease.ackWithinMs", "lease.commitGapMs"],
    check: acknowledgementFitsTheCommitGap,
  },
  {
    rule: "lease.operationTimeoutMs < lease.leaseMs - lease.renewMs",
    reads: ["lease.operationTimeoutMs", "lease.leaseMs", "lease.renewMs"],
    check: lostCallLeavesTimeForAnother,
  },
  {
    rule: "detection.readingAgeMsMax >= 2 * detection.probeMs + detection.probeTimeoutMs",
    reads: ["detection.readingAgeMsMax", "detection.probeMs", "detection.probeTimeoutMs"],
    check: readingOutlastsTwoProbes,
  },
  {
    rule: "detection.pollMs < lease.leaseMs",
    reads: ["detection.pollMs", "lease.leaseMs"],
    check: pollIsShorterThanTheLease,
  },
  {
    rule: "replicaLagMsMax <= objectives.rpoSeconds * 1,000",
    reads: ["replicaLagMsMax", "objectives.rpoSeconds"],
    check: replicaLagKeepsTheObjective,
  },
];

export function leaseOutlastsThreeRenewals({ lease }: Topology): Problem | null {
  const { leaseMs, renewMs } = lease;
  if (leaseMs > 3 * renewMs) return null;
  return {
    path: "lease.leaseMs",
    problem: "must be more than three times lease.renewMs, so that two renewals may be lost",
    given: `${leaseMs}, and renewMs ${renewMs}`,
    allowed: `${3 * renewMs + 1} or more${orLess("renewMs", Math.ceil(leaseMs / 3) - 1)}`,
  };
}

/** Smallest margin that outlasts what the old holder could still commit. */
export function marginMsMin({ lease }: Topology): number {
  const { driftPpm, leaseMs, commitGapMs } = lease;
  // The product is whole, so the division cannot push an exact result over the next integer.
  return Math.ceil((driftPpm * leaseMs) / 1_000_000) + commitGapMs;
}

export function marginCoversDriftAndCommitGap(topology: Topology): Problem | null {
  const { marginMs, driftPpm, leaseMs, commitGapMs } = topology.lease;
  const marginMin = marginMsMin(topology);
  if (marginMs >= marginMin) return null;
  return {
    path: "lease.marginMs",
    problem:
      "must cover clock drift over one lease and the commit gap, or both regions could write",
    given: `${marginMs}, with driftPpm ${driftPpm}, leaseMs ${leaseMs}, commitGapMs ${commitGapMs}`,
    allowed: `${marginMin} or more`,
  };
}

export function acknowledgementFitsTheCommitGap({ lease }: Topology): Problem | null {
  const { ackWithinMs, commitGapMs } = lease;
  if (ackWithinMs >= 1 && ackWithinMs <= commitGapMs) return null;
  return {
    path: "lease.ackWithinMs",
    problem: "must not exceed lease.commitGapMs: a later acknowledgement could follow a takeover",
    given: `${ackWithinMs}, and commitGapMs ${commitGapMs}`,
    allowed: `1 to ${commitGapMs}`,
  };
}

export function lostCallLeavesTimeForAnother({ lease }: Topology): Problem | null {
  const { operationTimeoutMs, leaseMs, renewMs } = lease;
  if (operationTimeoutMs < leaseMs - renewMs) return null;
  const most = leaseMs - renewMs - 1;
  return {
    path: "lease.operationTimeoutMs",
    problem: "must be less than leaseMs - renewMs: a lost call must leave time for another",
    given: `${operationTimeoutMs}, with leaseMs ${leaseMs}, renewMs ${renewMs}`,
    allowed: most >= 1 ? `1 to ${most}` : "none: leaseMs is too short or renewMs too long",
  };
}

export function readingOutlastsTwoProbes({ detection }: Topology): Problem | null {
  const { readingAgeMsMax, probeMs, probeTimeoutMs } = detection;
  const least = 2 * probeMs + probeTimeoutMs;
  if (readingAgeMsMax >= least) return null;
  return {
    path: "detection.readingAgeMsMax",
    problem: "must outlast two probes and a timeout, or one lost probe would silence a vantage",
    given: `${readingAgeMsMax}, with probeMs ${probeMs}, probeTimeoutMs ${probeTimeoutMs}`,
    allowed: `${least} or more`,
  };
}

export function pollIsShorterThanTheLease({ detection, lease }: Topology): Problem | null {
  if (detection.pollMs < lease.leaseMs) return null;
  return {
    path: "detection.pollMs",
    problem: "must be less than lease.leaseMs: a challenger must see that the lease is renewed",
    given: `${detection.pollMs}, and leaseMs ${lease.leaseMs}`,
    allowed: lease.leaseMs > 1 ? `1 to ${lease.leaseMs - 1}` : "none: leaseMs is too short",
  };
}

/**
 * It may never be larger: up to this lag a failover goes ahead without asking anybody, so a larger
 * value would let the operator break the objective on its own. A human may still approve more.
 */
export function replicaLagKeepsTheObjective(topology: Topology): Problem | null {
  const { replicaLagMsMax, objectives } = topology;
  const objectiveMs = Math.floor(objectives.rpoSeconds * 1_000);
  if (replicaLagMsMax <= objectiveMs) return null;
  const raise = `raise objectives.rpoSeconds to ${replicaLagMsMax / 1_000}`;
  return {
    path: "replicaLagMsMax",
    problem:
      "must not exceed objectives.rpoSeconds: up to this lag a failover goes ahead by itself, " +
      "and replication is asynchronous, so that much may be lost",
    given: `${replicaLagMsMax}, and rpoSeconds ${objectives.rpoSeconds}`,
    allowed: objectiveMs >= 1 ? `1 to ${objectiveMs}, or ${raise}` : `none: ${raise} or more`,
  };
}

function orLess(field: string, most: number): string {
  return most >= 1 ? `, or ${field} ${most} or less` : "";
}
