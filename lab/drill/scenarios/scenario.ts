//! What a scenario says: which load, which faults and commands when, when it is over and what a pass
//! needs. Declarative, and without names of regions: `active` and `standby` are found when it runs.

import type { DrillCommand } from "../verdicts/command.ts";
import type { Criteria } from "../verdicts/criteria.ts";
import type { Fault } from "../../faults/faults.ts";

/** What a drill can wait for. Each is told from outside: by journals, status pages and faults. */
export const drillEvents = [
  /** A forced failover has been seen to serve. */
  "failed-over",
  /** A region that was asked has yielded, and the other one has been seen to serve. */
  "handed-over",
  /** A planned switchover is finished, the new replica included. */
  "switched-over",
  /** The same, with the region that was active at first serving again. */
  "failed-back",
  /** The lost region is a replica again, by whichever plan. */
  "protected",
  /** An operator says that a failover is due and a guard forbids it. */
  "held",
  /** Of the faults so far, every one that is to be healed is healed. */
  "healed",
  /** A plan that began after zero is finished. */
  "finished",
] as const;
export type DrillEventName = (typeof drillEvents)[number];

/**
 * When something is to happen: so long after zero, which is the main fault or, where there is none,
 * the first command; or so long after the last of some events.
 */
export interface Cue {
  /** May be negative only when counted from zero. */
  readonly atMs: number;
  /** @default counted from zero */
  readonly after?: readonly DrillEventName[];
}

export interface PlannedFault extends Cue {
  /** Regions may be placeholders: `active`, `standby`; sites also `witness` and `internet`. */
  readonly fault: Fault;
  /** From the injection. @default the fault stays to the end of the drill */
  readonly healAfterMs?: number;
  /** In place of `healAfterMs`. */
  readonly heal?: Cue;
}

/** Sent to an operator as a person would send it. */
export interface PlannedCommand extends Cue {
  readonly command: DrillCommand;
}

export interface Load {
  readonly writesPerSecond: number;
  readonly clients: number;
  /**
   * Requests under way at most: what is due while as many hang is not sent.
   * @default as many as pile up in two timeouts
   */
  readonly connections?: number;
  /** One request in so many puts an object; 0: none does. @default 40 */
  readonly objectEvery?: number;
  /** A DNS cache that never expires. @default false */
  readonly ignoresTtl?: boolean;
}

export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly load: Load;
  /** The first one is the main fault, at zero. */
  readonly faults: readonly PlannedFault[];
  /** @default none */
  readonly commands?: readonly PlannedCommand[];
  /** SIGKILL to the operators that run a plan, whenever a step of it is begun. @default false */
  readonly killOperatorAtEachStep?: boolean;
  /** All of these must be seen and users must write again. Empty: nothing is expected to move. */
  readonly until: readonly DrillEventName[];
  /** How long the load goes on after that, so that a relapse would be seen. */
  readonly settleMs: number;
  readonly criteria: Criteria;
}
