//! Topologies for the tests of `topology/`: a valid one to change field by field, and random ones
//! that have the right form and keep every relation, whatever their objective is.

import * as fc from "fast-check";
import { productionTopologies } from "../../topology/production.ts";
import type { Topology } from "../../topology/topology.ts";

/** Fields by path; `undefined` removes one. Segments are split at dots, so no dotted names. */
export type Fields = Readonly<Record<string, unknown>>;

/** A deep copy with these fields set. */
export function withFields(topology: unknown, fields: Fields): Topology {
  const copy = structuredClone(topology) as Record<string, unknown>;
  for (const [path, value] of Object.entries(fields)) {
    const names = path.split(".");
    const last = names.pop() ?? "";
    let node = copy;
    for (const name of names) node = node[name] as Record<string, unknown>;
    if (value === undefined) delete node[last];
    else node[last] = value;
  }
  return copy as unknown as Topology;
}

/** Every relation holds; objectives and budget are free, so some can keep their RTO and some not. */
export const relatedTopology: fc.Arbitrary<Topology> = fc
  .record({
    base: fc.constantFrom(...Object.values(productionTopologies)),
    renewMs: fc.integer({ min: 1, max: 20_000 }),
    leaseExtraMs: fc.integer({ min: 1, max: 60_000 }),
    driftPpm: fc.integer({ min: 0, max: 10_000 }),
    commitGapMs: fc.integer({ min: 1, max: 10_000 }),
    marginExtraMs: fc.integer({ min: 1, max: 20_000 }),
    ackShare: fc.double({ min: 0, max: 1, noNaN: true }),
    timeoutShare: fc.double({ min: 0, max: 0.99, noNaN: true }),
    pollShare: fc.double({ min: 0, max: 0.99, noNaN: true }),
    probeMs: fc.integer({ min: 1, max: 60_000 }),
    probeTimeoutMs: fc.integer({ min: 1, max: 60_000 }),
    promoteMsExpected: fc.integer({ min: 1, max: 900_000 }),
    scaleMsExpected: fc.integer({ min: 0, max: 1_800_000 }),
    strategy: fc.constantFrom("pilot-light", "warm-standby", "hot-standby"),
    activeReplicas: fc.integer({ min: 1, max: 20 }),
    standbyReplicas: fc.integer({ min: 0, max: 20 }),
    ttlSeconds: fc.integer({ min: 1, max: 300 }),
    healthCheckIntervalSeconds: fc.constantFrom(10, 30),
    healthCheckFailureThreshold: fc.integer({ min: 1, max: 10 }),
    propagationSeconds: fc.double({ min: 0, max: 120, noNaN: true }),
    rtoSeconds: fc.double({ min: 0.001, max: 2_000, noNaN: true }),
    speedup: fc.option(fc.double({ min: 1, max: 100, noNaN: true }), { nil: undefined }),
  })
  .map((drawn) => {
    const { renewMs, leaseExtraMs, driftPpm, commitGapMs, strategy, activeReplicas } = drawn;
    const leaseMs = 3 * renewMs + leaseExtraMs;
    const marginMs =
      Math.ceil((driftPpm * leaseMs) / 1_000_000) + commitGapMs + drawn.marginExtraMs;
    const standbyReplicas = {
      "pilot-light": drawn.standbyReplicas,
      "warm-standby": drawn.standbyReplicas + 1,
      "hot-standby": drawn.standbyReplicas + activeReplicas,
    }[strategy];
    return withFields(drawn.base, {
      lease: {
        leaseMs,
        renewMs,
        marginMs,
        driftPpm,
        commitGapMs,
        ackWithinMs: 1 + Math.floor(drawn.ackShare * (commitGapMs - 1)),
        operationTimeoutMs: Math.max(1, Math.floor(drawn.timeoutShare * (leaseMs - renewMs))),
      },
      "detection.pollMs": Math.max(1, Math.floor(drawn.pollShare * leaseMs)),
      "detection.probeMs": drawn.probeMs,
      "detection.probeTimeoutMs": drawn.probeTimeoutMs,
      "detection.readingAgeMsMax": 2 * drawn.probeMs + drawn.probeTimeoutMs,
      "promotion.promoteMsExpected": drawn.promoteMsExpected,
      "promotion.scaleMsExpected": drawn.scaleMsExpected,
      strategy,
      capacity: { activeReplicas, standbyReplicas },
      "dns.ttlSeconds": drawn.ttlSeconds,
      "dns.healthCheckIntervalSeconds": drawn.healthCheckIntervalSeconds,
      "dns.healthCheckFailureThreshold": drawn.healthCheckFailureThreshold,
      "dns.propagationSeconds": drawn.propagationSeconds,
      "objectives.rtoSeconds": drawn.rtoSeconds,
      lab:
        drawn.speedup === undefined
          ? undefined
          : { healthCheckSpeedup: drawn.speedup, roundTripMs: 1 },
    });
  });
