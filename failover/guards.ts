//! Why a failover that is due must still wait. All guards are asked, so that a person sees every
//! objection at once. A new one is one function here, one row in its test table, one line in
//! docs/safety.md.

import type { Observations, Policy } from "./observations.ts";

/** A reason to hold, or `null` when there is no objection. */
export type Guard = (seen: Observations, policy: Policy) => string | null;

export const guards: readonly Guard[] = [
  function arbiterStale({ lease, nowMs }, policy) {
    if (lease === "unknown") return "the arbiter has not been read yet";
    const ageMs = nowMs - lease.lastReadMs;
    const ageMsMax = policy.detection.readingAgeMsMax;
    return ageMs > ageMsMax ? `the arbiter was last read ${Math.round(ageMs)} ms ago` : null;
  },

  function standbyDatabaseUnready({ standby }) {
    if (standby.database === "unreachable") return "this region's database does not answer";
    // It lacks whatever the holder has written since.
    if (standby.database === "old-primary") {
      return "this region's database is an old primary, not a replica: rebuild it first";
    }
    return null;
  },

  function lagUnknown({ standby }) {
    if (standby.database !== "replica") return null;
    return standby.lagMs === "unknown" ? "how far the replica is behind is not known" : null;
  },

  function lagOverMaximum({ standby }, policy) {
    if (standby.lagMs === "unknown" || standby.lagMs <= policy.replicaLagMsMax) return null;
    return `the replica is ${Math.round(standby.lagMs)} ms behind, more than ${policy.replicaLagMsMax} ms`;
  },

  function standbyWithoutApps({ standby }, policy) {
    if (policy.strategy === "pilot-light" || standby.appsReady !== 0) return null;
    return `no app is ready here, and strategy ${policy.strategy} promises some`;
  },

  function coolingDown({ lease, wallMs }, policy) {
    // Epoch 1 was opened at the first start: nothing has failed over yet. And a lease that was let go
    // is nobody's: holding back would only leave everybody without service.
    if (lease === "unknown" || lease.item.epoch === 1 || lease.item.holder === "nobody")
      return null;
    const sinceSeconds = (wallMs - lease.item.sinceMs) / 1_000;
    if (sinceSeconds >= policy.blockPeriodSeconds) return null;
    return `the last change of holder was ${Math.round(sinceSeconds)} s ago, less than ${policy.blockPeriodSeconds} s`;
  },

  function approvalNeeded(_seen, policy) {
    return policy.mode === "approve" ? "mode approve: a human must approve it" : null;
  },
];
