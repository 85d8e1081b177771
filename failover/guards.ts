//! Why a change that is due must still wait. All guards are asked, so that a person sees every
//! objection at once. A new one is one function here, one row in its test table, one line in
//! docs/safety.md.

import type { Observations, Policy } from "./observations.ts";

export interface Guard {
  /** A reason to hold, or `null` when there is no objection. */
  readonly objects: (seen: Observations, policy: Policy) => string | null;
  /** Whether the approval of a person overrides it. */
  readonly overridable: boolean;
  /** Whether it also stands in the way of a change that a person planned. */
  readonly planned: boolean;
}

export const guards = {
  arbiterStale: {
    overridable: false,
    planned: true,
    objects({ lease, nowMs }, policy) {
      if (lease === "unknown") return "the arbiter has not been read yet";
      const ageMs = nowMs - lease.lastReadMs;
      const ageMsMax = policy.detection.readingAgeMsMax;
      return ageMs > ageMsMax ? `the arbiter was last read ${Math.round(ageMs)} ms ago` : null;
    },
  },

  humanPause: {
    overridable: false,
    planned: true,
    objects({ lease }) {
      if (lease === "unknown" || lease.item.control.paused === "no") return null;
      // What nobody holds serves nobody: a pause is for changes, not for an outage.
      if (lease.item.holder === "nobody") return null;
      return `paused by a person: ${lease.item.control.paused.because}`;
    },
  },

  standbyDatabaseUnready: {
    overridable: false,
    planned: true,
    objects({ standby }) {
      if (standby.database === "unreachable") return "this region's database does not answer";
      // It lacks whatever the holder has written since.
      if (standby.database === "old-primary") {
        return "this region's database is an old primary, not a replica: rebuild it first";
      }
      return null;
    },
  },

  lagUnknown: {
    overridable: true,
    planned: true,
    objects({ standby }) {
      if (standby.database !== "replica") return null;
      return standby.lagMs === "unknown" ? "how far the replica is behind is not known" : null;
    },
  },

  lagOverMaximum: {
    overridable: true,
    planned: true,
    objects({ standby }, policy) {
      if (standby.lagMs === "unknown" || standby.lagMs <= policy.replicaLagMsMax) return null;
      return `the replica is ${Math.round(standby.lagMs)} ms behind, more than ${policy.replicaLagMsMax} ms`;
    },
  },

  standbyWithoutApps: {
    overridable: true,
    planned: false,
    objects({ standby }, policy) {
      if (policy.strategy === "pilot-light" || standby.appsReady !== 0) return null;
      return `no app is ready here, and strategy ${policy.strategy} promises some`;
    },
  },

  coolingDown: {
    overridable: true,
    planned: false,
    objects({ lease, wallMs }, policy) {
      // A lease that was let go is nobody's: holding back would only leave everybody without service.
      if (lease === "unknown" || lease.item.holder === "nobody") return null;
      // Epoch 1 was opened at the first start, and one that began with a token was handed over in
      // order: neither is a sign that failovers chase each other.
      if (lease.item.epoch === 1 || lease.item.token !== "none") return null;
      const sinceSeconds = (wallMs - lease.item.sinceMs) / 1_000;
      if (sinceSeconds >= policy.blockPeriodSeconds) return null;
      return `the last change of holder was ${Math.round(sinceSeconds)} s ago, less than ${policy.blockPeriodSeconds} s`;
    },
  },

  approvalNeeded: {
    overridable: true,
    planned: false,
    objects({ lease, standby }, policy) {
      if (policy.mode !== "approve") return null;
      // Who let go and was not relieved takes back what was its own: that changes nothing.
      const isReleased = lease !== "unknown" && lease.item.holder === "nobody";
      if (isReleased && standby.database === "last-holder") return null;
      return "mode approve: a human must approve it";
    },
  },
} as const satisfies Readonly<Record<string, Guard>>;

/** Every reason against an automatic change; an approval for this epoch takes some of them away. */
export function objections(seen: Observations, policy: Policy): readonly string[] {
  const approved = isApproved(seen);
  return reasons((guard) => !(approved && guard.overridable), seen, policy);
}

/** Every reason against a change that a person planned. */
export function plannedObjections(seen: Observations, policy: Policy): readonly string[] {
  return reasons((guard) => guard.planned, seen, policy);
}

export function isApproved({ lease }: Observations): boolean {
  if (lease === "unknown") return false;
  const { control, epoch } = lease.item;
  return control.approval !== "none" && control.approval.epoch === epoch;
}

function reasons(
  asked: (guard: Guard) => boolean,
  seen: Observations,
  policy: Policy,
): readonly string[] {
  return Object.values<Guard>(guards)
    .filter(asked)
    .map((guard) => guard.objects(seen, policy))
    .filter((text) => text !== null);
}
