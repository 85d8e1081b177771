//! The recovery time of a topology as a sum of phases. Arithmetic only: what it adds up is an
//! upper bound for a region that is lost at once, since the phases before the promotion overlap.

import { spoken } from "./problem.ts";
import type { Topology } from "./topology.ts";

export type PhaseName = "detect" | "lease" | "margin" | "promote" | "shift";

export interface Phase {
  readonly phase: PhaseName;
  readonly ms: number;
  /** Where the number comes from, with the fields' names and values. */
  readonly how: string;
}

export interface Budget {
  readonly phases: readonly Phase[];
  readonly sumMs: number;
  readonly objectiveMs: number;
  readonly meets: boolean;
  /** Which phases overlap, and what is not counted. */
  readonly overlaps: readonly string[];
}

/** The recovery point objective and the lag up to which a failover goes ahead by itself. */
export interface LossBound {
  readonly boundMs: number;
  readonly objectiveMs: number;
  readonly meets: boolean;
  readonly how: string;
}

/** In the order in which they happen. */
export function phasesOf(topology: Topology): readonly Phase[] {
  return [detect(topology), ...fence(topology), promote(topology), shift(topology)];
}

export function sumMs(phases: readonly Phase[]): number {
  return phases.reduce((sum, { ms }) => sum + ms, 0);
}

/** Why the sum is an upper bound, and under which condition; for the reader of a report. */
export const overlapNotes: readonly string[] = [
  "detect runs while the lease runs out: the challenger watches both, so the sum counts it twice",
  "lease begins at the last renewal, which is up to renewMs before the region was lost",
  "reading the lease is not counted: it fits into detect while 2 x pollMs + operationTimeoutMs <= " +
    "probeMs + probeTimeoutMs",
  "a slower vantage (Route 53's own checkers: interval x threshold) delays the rest only by what it " +
    "needs beyond detect + lease + margin",
  "promote takes the longer of promotion and scaling: they run side by side",
  "shift counts a full TTL: only a resolver that asked just before the change waits that long",
];

/** The failing probe may start a whole interval after the failure, and then has to time out. */
function detect({ detection }: Topology): Phase {
  const { probeMs, probeTimeoutMs } = detection;
  return {
    phase: "detect",
    ms: probeMs + probeTimeoutMs,
    how: `probeMs ${spoken(probeMs)} + probeTimeoutMs ${spoken(probeTimeoutMs)}`,
  };
}

function fence({ lease }: Topology): readonly Phase[] {
  const { leaseMs, marginMs } = lease;
  return [
    { phase: "lease", ms: leaseMs, how: `leaseMs ${spoken(leaseMs)}` },
    { phase: "margin", ms: marginMs, how: `marginMs ${spoken(marginMs)}` },
  ];
}

/** Both steps start together, and writes are granted when both are done. */
function promote({ promotion, strategy }: Topology): Phase {
  const { promoteMsExpected, scaleMsExpected } = promotion;
  if (strategy === "hot-standby") {
    const how = `promoteMsExpected ${spoken(promoteMsExpected)}; a hot standby need not scale`;
    return { phase: "promote", ms: promoteMsExpected, how };
  }
  return {
    phase: "promote",
    ms: Math.max(promoteMsExpected, scaleMsExpected),
    how:
      `the longer of promoteMsExpected ${spoken(promoteMsExpected)} ` +
      `and scaleMsExpected ${spoken(scaleMsExpected)}`,
  };
}

/** The health check turns, the change reaches the name servers, the old answers expire. */
function shift(topology: Topology): Phase {
  const { healthCheckFailureThreshold, propagationSeconds, ttlSeconds } = topology.dns;
  const { healthCheckIntervalSeconds } = topology.dns;
  const speedup = topology.lab?.healthCheckSpeedup ?? 1;
  const faster = speedup === 1 ? "" : ` / ${speedup} (lab)`;
  return {
    phase: "shift",
    ms: wholeMs(healthCheckMs(topology) + (propagationSeconds + ttlSeconds) * 1_000),
    how:
      `health check ${healthCheckIntervalSeconds} s x ${healthCheckFailureThreshold}${faster} ` +
      `+ propagation ${propagationSeconds} s + TTL ${ttlSeconds} s`,
  };
}

function healthCheckMs({ dns, lab }: Topology): number {
  const seconds = dns.healthCheckIntervalSeconds * dns.healthCheckFailureThreshold;
  return (seconds * 1_000) / (lab?.healthCheckSpeedup ?? 1);
}

/** Rounds up, but not for what is only noise of binary fractions such as 1140.0000000000002. */
function wholeMs(ms: number): number {
  return Math.ceil(Number(ms.toFixed(3)));
}
