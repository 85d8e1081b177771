//! The changes that shorten a failover, cheapest first. A lever takes no more than is needed and
//! stops where a relation would break; whether the result is accepted is proven elsewhere.

import { marginMsMin } from "./timing-relations.ts";
import type { Topology } from "./topology.ts";

export interface FieldChange {
  readonly path: string;
  readonly from: string | number;
  readonly to: string | number;
}

export interface Lever {
  readonly name: string;
  /** What it costs, in money and in other things. */
  readonly cost: string;
  /** The fields to change in order to save `neededMs`, or as much of it as this lever can. */
  readonly pull: (topology: Topology, neededMs: number) => readonly FieldChange[];
}

/** In the order of their cost. Raising the objective is not one of them: it is the last resort. */
export const levers: readonly Lever[] = [
  {
    name: "shorter TTL",
    cost: "free; resolvers ask more often",
    pull: ({ dns }, neededMs) =>
      lowered("dns.ttlSeconds", dns.ttlSeconds, neededMs / 1_000, ttlSecondsFloor),
  },
  {
    name: "more frequent probes",
    cost: "free; the vantages ask more often",
    pull: ({ detection }, neededMs) =>
      lowered("detection.probeMs", detection.probeMs, neededMs, probeMsFloor),
  },
  {
    name: "fast health checks",
    cost: "paid option: about USD 1 a month for each endpoint",
    pull: ({ dns }) =>
      changed("dns.healthCheckIntervalSeconds", dns.healthCheckIntervalSeconds, 10),
  },
  {
    name: "lower health check threshold",
    cost: "free; fewer failed checks in a row move traffic, so a short hiccup may",
    pull: lowerThreshold,
  },
  {
    name: "shorter lease",
    cost: "free; a shorter outage of the arbiter stops writes",
    pull: shorterLease,
  },
  {
    name: "smaller margin",
    cost: "free; nothing is left beyond clock drift and commit gap",
    pull: (topology, neededMs) => {
      const floor = marginMsMin(topology);
      return lowered("lease.marginMs", topology.lease.marginMs, neededMs, floor);
    },
  },
  {
    name: "warm standby",
    cost:
      "nodes and at least one app pod run in the standby region all the time; " +
      "scaleMsExpected is then an estimate, to be measured in a drill",
    pull: warmStandby,
  },
  {
    name: "hot standby",
    cost: "the standby region runs as many app pods as the active one all the time",
    pull: hotStandby,
  },
];

/** Below this many resolvers keep an answer longer than they were told. */
const ttlSecondsFloor = 10;
const probeMsFloor = 1_000;

/** Pods on nodes that run already: pull the image, start, become ready. Drills correct it. */
export const warmScaleMs = 60_000;

function lowerThreshold({ dns, lab }: Topology, neededMs: number): readonly FieldChange[] {
  const checkMs = (dns.healthCheckIntervalSeconds * 1_000) / (lab?.healthCheckSpeedup ?? 1);
  const threshold = dns.healthCheckFailureThreshold;
  return lowered("dns.healthCheckFailureThreshold", threshold, neededMs / checkMs, 1);
}

/** As short as renewals, a lost call and the challenger's polls allow. */
function shorterLease({ lease, detection }: Topology, neededMs: number): readonly FieldChange[] {
  const { leaseMs, renewMs, operationTimeoutMs } = lease;
  const floor = 1 + Math.max(3 * renewMs, renewMs + operationTimeoutMs, detection.pollMs);
  return lowered("lease.leaseMs", leaseMs, neededMs, floor);
}

function warmStandby({ strategy, capacity, promotion }: Topology): readonly FieldChange[] {
  if (strategy !== "pilot-light") return [];
  const { scaleMsExpected } = promotion;
  return [
    ...changed("strategy", strategy, "warm-standby"),
    ...changed("capacity.standbyReplicas", capacity.standbyReplicas, capacity.standbyReplicas || 1),
    ...lowered("promotion.scaleMsExpected", scaleMsExpected, scaleMsExpected, warmScaleMs),
  ];
}

function hotStandby({ strategy, capacity }: Topology): readonly FieldChange[] {
  if (strategy === "hot-standby") return [];
  const { standbyReplicas, activeReplicas } = capacity;
  const replicas = Math.max(standbyReplicas, activeReplicas);
  return [
    ...changed("strategy", strategy, "hot-standby"),
    ...changed("capacity.standbyReplicas", standbyReplicas, replicas),
  ];
}

/** `from` less what is needed, in whole units and not under the floor. */
function lowered(
  path: string,
  from: number,
  needed: number,
  floor: number,
): readonly FieldChange[] {
  const to = Math.max(from - Math.ceil(needed), floor);
  return to < from ? [{ path, from, to }] : [];
}

function changed(path: string, from: string | number, to: string | number): readonly FieldChange[] {
  return from === to ? [] : [{ path, from, to }];
}
