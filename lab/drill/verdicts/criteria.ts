//! What a scenario needs to pass, beyond what every drill needs: one writer, nothing lost that no
//! database holds, no phantom, no duplicate, users who can write at the end.

export interface Criteria {
  /** Changes of the writing region or of its epoch: exactly so many, or to `failoversMax`. */
  readonly failovers: number;
  /** Where the drill itself may cause more. @default `failovers` */
  readonly failoversMax?: number;
  /** Fewer acknowledged user writes before zero, or after the recovery, prove nothing. */
  readonly acknowledgedMin: number;
  /** Whether the recovery is held to the objective. Where nothing fails, nothing recovers. */
  readonly rtoObjective: boolean;
  /** @default only the RPO of the topology holds */
  readonly lostRowsMax?: number;
  /** @default only the RPO of the topology holds */
  readonly lostSecondsMax?: number;
  /** Of users, in the whole drill. @default unlimited: a region that dies fails requests */
  readonly failedRequestsMax?: number;
  /** The longest time without an acknowledged write of a user must reach this. */
  readonly writePauseMsMin?: number;
  /** From the drill's last command for a planned move to its end. */
  readonly planned?: PlannedCriteria;
  /** An operator must have said that a failover is due and forbidden. @default false */
  readonly holds?: boolean;
  /** Calls of the Route 53 API from zero to the first write elsewhere. */
  readonly route53CallsBeforeServiceMax?: number;
  /** The PRIMARY record must name the region that serves at the end. @default false */
  readonly recordsSwapped?: boolean;
  /** A writer that knows of no lease must have been refused after the takeover. @default false */
  readonly rogueRefused?: boolean;
  /** The salvage must list every lost row, and no row that survived. @default false */
  readonly salvage?: boolean;
  /** Plans that may be begun from zero on. @default unlimited */
  readonly plansMax?: number;
  /** At the end the other region must follow again. @default false */
  readonly replicaStreams?: boolean;
}

export interface PlannedCriteria {
  readonly lostRowsMax: number;
  /** @default unlimited */
  readonly failedRequestsMax?: number;
  /** @default unlimited */
  readonly writePauseMsMax?: number;
}

/** What a planned move promises. */
export const plannedPromise: PlannedCriteria = {
  lostRowsMax: 0,
  failedRequestsMax: 0,
  writePauseMsMax: 1_000,
};
