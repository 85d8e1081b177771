//! What a drill needs, what it tells while it runs, and what it has found so far.

import type { Lab, LabOptions } from "../lab.ts";
import type { EventBoard } from "./event-board.ts";
import type { EvidenceFolder } from "./evidence-folder.ts";
import type { HoldRecord } from "./holds.ts";
import type { JournalLog } from "./journal.ts";
import type { Command } from "./load-process.ts";
import type { WrongRegionWrite } from "./postgres.ts";
import type { PlannedFault, Scenario } from "./scenarios/scenario.ts";
import type { Moment } from "./time-line.ts";
import type { CommandRecord } from "./verdicts/command.ts";
import type { CheckerReport, FaultRecord, Objective } from "./verdicts/evidence.ts";
import type { LeaseTiming } from "./verdicts/order.ts";

export interface DrillRequest {
  readonly scenario: Scenario;
  /** Faults beside the scenario's own, on the same time line. */
  readonly also: readonly PlannedFault[];
  readonly seed: number;
  /** Kept as evidence. Of it the drill itself only reads the objectives, its checker the lease. */
  readonly topology: {
    readonly lease: LeaseTiming;
    readonly objectives: { readonly rtoSeconds: number; readonly rpoSeconds: number };
  };
  readonly labFolder: string;
  readonly drillsFolder: string;
}

export type DrillEvent =
  /** What is being waited for, before the time line begins and after it ends. */
  | { readonly kind: "progress"; readonly text: string }
  /** `zeroAtMs` is the main fault, or the first command where there is no fault. */
  | { readonly kind: "moment"; readonly moment: Moment; readonly zeroAtMs: number };

export interface DrillPorts {
  readonly startLab: (options: LabOptions) => Promise<Lab>;
  readonly load: Command;
  readonly checker: Command;
  /** Whose hash goes into the evidence: the operator that was drilled. */
  readonly operatorBundle: string;
  readonly nowMs: () => number;
  readonly tell: (event: DrillEvent) => void;
  readonly signal: AbortSignal;
  readonly limits: DrillLimits;
}

export interface DrillLimits {
  readonly steadyMsMin: number;
  readonly steadyMsMax: number;
  /** How long to wait for the recovery: `rtoSeconds` times this, plus a constant. */
  readonly recoveryFactor: number;
  readonly recoveryExtraMs: number;
  readonly exhumeMsMax: number;
  readonly checkerMsMax: number;
}

export const defaultLimits: DrillLimits = {
  steadyMsMin: 2_000,
  steadyMsMax: 60_000,
  recoveryFactor: 3,
  recoveryExtraMs: 10_000,
  exhumeMsMax: 30_000,
  checkerMsMax: 60_000,
};

/** Filled while the drill runs, so that a drill that breaks off still says what it found. */
export interface Findings {
  readonly startedAt: Date;
  readonly evidence: EvidenceFolder;
  readonly objective: Objective;
  readonly faults: FaultRecord[];
  readonly commands: CommandRecord[];
  readonly holds: HoldRecord[];
  readonly events: EventBoard;
  readonly journal: JournalLog;
  readonly wrongRegionWrites: WrongRegionWrite[];
  /** What went wrong with the drill itself. */
  readonly problems: string[];
  /** How many status pages of operators were read. */
  statusPages: number;
  moments: readonly Moment[];
  checker: CheckerReport | null;
}

/** The drill's zero, once it has come. */
export function zeroOf({ faults, commands }: Pick<Findings, "faults" | "commands">): number | null {
  const fault = faults.find((each) => each.main)?.injectedAtMs;
  return fault ?? commands.find((each) => each.main)?.sentAtMs ?? null;
}

/** One running drill, handed from stage to stage. */
export interface Drill {
  readonly request: DrillRequest;
  readonly ports: DrillPorts;
  readonly lab: Lab;
  readonly findings: Findings;
}
