//! What a verdict is made from: the lease as last read, what each vantage said, and the state of the
//! standby, all with the time they were true.

import type { RegionName, Topology } from "../topology/topology.ts";
import type { LeaseWatch } from "./lease.ts";

/** Four independent ways to look at the region that serves. */
export type Vantage = "probe" | "world" | "self" | "data";

/** `silent` means "we do not know": our own network may be out. It never counts as failing. */
export type Health = "serving" | "failing" | "silent";

export interface Reading {
  readonly vantage: Vantage;
  /** Monotonic milliseconds of the moment the answer was there. */
  readonly atMs: number;
  /** Since when this vantage has said so without a break, on the same clock. */
  readonly sinceMs: number;
  readonly health: Health;
  readonly detail: string;
}

export interface StandbyState {
  /** `last-holder`: a primary on which nobody else has written since it let the lease go. */
  readonly database: "replica" | "last-holder" | "old-primary" | "unreachable";
  /** How far the replica was behind at the holder's last renewal, on the holder's own clock. */
  readonly lagMs: number | "unknown";
  readonly appsReady: number | "unknown";
}

export interface Observations {
  /** The region of the operator that looks. */
  readonly region: RegionName;
  readonly nowMs: number;
  readonly wallMs: number;
  readonly lease: LeaseWatch | "unknown";
  readonly readings: readonly Reading[];
  readonly standby: StandbyState;
}

export type Policy = Pick<
  Topology,
  "lease" | "detection" | "mode" | "blockPeriodSeconds" | "replicaLagMsMax" | "strategy"
>;
