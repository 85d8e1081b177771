//! What a drill may ask of a running lab.

import type { LabDescriptor } from "./descriptor.ts";
import type { ActiveFault, Fault } from "./faults/faults.ts";

export interface Lab {
  readonly descriptor: LabDescriptor;
  inject(fault: Fault): Promise<ActiveFault>;
  heal(id: string): Promise<void>;
  activeFaults(): readonly ActiveFault[];
  /**
   * Starts only the PostgreSQL of a lost region again, still fenced and cut off, so that a checker
   * can read which rows it holds. Does nothing when it runs.
   */
  exhume(region: string): Promise<void>;
  /** Stops every process and removes `.switchback/lab.json`. Safe to call twice. */
  stop(): Promise<void>;
}

export interface LabOptions {
  readonly folder: string;
  /** Called for each thing that has come up, for a progress display. */
  readonly onProgress?: (step: string) => void;
  /** Gives up coming up, and takes down again what is up. */
  readonly signal?: AbortSignal;
}
