//! What a scenario says: which load, which faults when, when it is over and what a pass needs.
//! Declarative, and without names of regions: `active` and `standby` are found when it runs.

import type { Fault } from "../../faults/faults.ts";

export interface PlannedFault {
  /** On the drill's time line, whose zero is the scenario's first own fault. May be negative. */
  readonly atMs: number;
  /** Regions may be placeholders: `active`, `standby`; sites also `witness` and `internet`. */
  readonly fault: Fault;
  /** @default the fault stays to the end of the drill */
  readonly healAfterMs?: number;
}

export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly load: { readonly writesPerSecond: number; readonly clients: number };
  readonly faults: readonly PlannedFault[];
  /**
   * `failed-over`: the plan awaits serving no more and users write again. `quiet`: nothing is
   * expected to move, the drill only watches for `settleMs`.
   */
  readonly until: "failed-over" | "quiet";
  /** How long the load goes on after that, so that a relapse would be seen. */
  readonly settleMs: number;
  readonly criteria: {
    readonly failovers: number;
    readonly acknowledgedMin: number;
  };
}
