//! How single probes become the status of a health check. Pure: one checker's opinion, and what
//! Route 53 makes of all of them.

import type { HealthCheckConfig } from "./health-config.ts";

export interface Opinion {
  readonly isHealthy: boolean;
  /** Results in a row that speak against `isHealthy`. */
  readonly contrary: number;
}

/** A new health check is healthy until enough probes have failed. */
export const initialOpinion: Opinion = { isHealthy: true, contrary: 0 };

/** Flips, in either direction, only after `failureThreshold` results in a row that say so. */
export function nextOpinion(
  { isHealthy, contrary }: Opinion,
  succeeded: boolean,
  failureThreshold: number,
): Opinion {
  if (succeeded === isHealthy) return { isHealthy, contrary: 0 };
  const streak = contrary + 1;
  return streak < failureThreshold
    ? { isHealthy, contrary: streak }
    : { isHealthy: succeeded, contrary: 0 };
}

/** An endpoint is healthy if more than this share of the checkers says so, and not at it. */
const healthyShareMin = 0.18;

export interface Judgement {
  readonly isHealthy: boolean;
  readonly because: string;
}

export interface Evidence {
  readonly opinions: readonly Opinion[];
  readonly isChildHealthy: (healthCheckId: string) => boolean;
}

export function judge(config: HealthCheckConfig, evidence: Evidence): Judgement {
  if (config.isDisabled) return { isHealthy: true, because: "disabled, so always healthy" };
  const measured = config.kind === "calculated" ? calculated(config, evidence) : counted(evidence);
  return config.isInverted
    ? { isHealthy: !measured.isHealthy, because: `inverted: ${measured.because}` }
    : measured;
}

function counted({ opinions }: Evidence): Judgement {
  const healthy = opinions.filter((opinion) => opinion.isHealthy).length;
  return {
    isHealthy: healthy / opinions.length > healthyShareMin,
    because: `${healthy} of ${opinions.length} checkers say healthy`,
  };
}

/** A threshold of zero is always met; one above the number of children never is. */
function calculated(
  { children, healthThreshold }: Extract<HealthCheckConfig, { kind: "calculated" }>,
  { isChildHealthy }: Evidence,
): Judgement {
  const healthy = children.filter((child) => isChildHealthy(child)).length;
  return {
    isHealthy: healthy >= healthThreshold,
    because: `${healthy} of ${children.length} children healthy, ${healthThreshold} needed`,
  };
}
