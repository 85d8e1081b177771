//! What a drill may ask of a running lab.

import type { LabDescriptor } from "./descriptor.ts";
import type { ActiveFault, Fault } from "./faults/faults.ts";
import type { Route53Call } from "./route53/entrance.ts";
import type { RogueCounts } from "./world/rogue-writers.ts";
import type { Witnessed } from "./world/witness.ts";

export interface Lab {
  readonly descriptor: LabDescriptor;
  inject(fault: Fault): Promise<ActiveFault>;
  heal(id: string): Promise<void>;
  activeFaults(): readonly ActiveFault[];
  /**
   * Starts only the PostgreSQL of a lost region again, still fenced and cut off, so that a checker
   * can read which rows it holds. Frees its disk or wakes it where a fault is in the way; does
   * nothing when it runs.
   */
  exhume(region: string): Promise<void>;
  /** What only the lab itself can tell of what has happened in it. */
  observations(): LabObservations;
  /** Stops every process and removes `.switchback/lab.json`. Safe to call twice. */
  stop(): Promise<void>;
}

export interface LabObservations extends Witnessed {
  /** The newest calls of the Route 53 API, the oldest of them first; no more than 10,000. */
  readonly route53Calls: readonly Route53Call[];
  /** All calls since the start by action, refused ones included. */
  readonly route53CallCounts: Readonly<Record<string, number>>;
  /** Attempts by region, for regions that have or had a rogue writer. */
  readonly rogueWriters: Readonly<Record<string, RogueCounts>>;
}

export interface LabOptions {
  readonly folder: string;
  /** Called for each thing that has come up, for a progress display. */
  readonly onProgress?: (step: string) => void;
  /** Gives up coming up, and takes down again what is up. */
  readonly signal?: AbortSignal;
}
