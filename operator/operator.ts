//! What one region's operator is made of, for its loop: who it is, what it may, where it keeps what.

import type { RunningPlan } from "../failover/journal.ts";
import type { Observations, Policy } from "../failover/observations.ts";
import type { Clock, Journal } from "../failover/ports.ts";
import type { Verdict } from "../failover/verdict.ts";
import type { RegionName } from "../topology/topology.ts";
import type { Episode } from "./episode.ts";
import type { StepPorts } from "./steps/handler.ts";

export interface Operator {
  readonly region: RegionName;
  /** The other region. */
  readonly peer: RegionName;
  readonly service: string;
  readonly policy: Policy;
  /** App pods that this region needs once it serves. */
  readonly replicas: number;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly ports: StepPorts;
  readonly episode: Episode;
  observe(): Observations;
  /** `unread`: the journal did not answer, so what was known of a plan still stands. */
  report(verdict: Verdict, running: RunningPlan | "idle" | "unread"): void;
}
