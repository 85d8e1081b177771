//! What the verdicts are computed from, and what they say. Plain values: the checker reads them
//! from files and databases, the tests doctor them.

import type { Fault } from "../../faults/faults.ts";
import type { Ledger } from "../ledger.ts";

export interface FaultRecord {
  readonly fault: Fault;
  readonly text: string;
  readonly injectedAtMs: number;
  readonly healedAtMs: number | null;
  /** The fault that the recovery is measured from; exactly one of a drill's faults is. */
  readonly main: boolean;
}

export interface Objective {
  readonly rtoSeconds: number;
  readonly rpoSeconds: number;
  /** How many times another region should have begun to accept writes. */
  readonly failovers: number;
  /** Fewer acknowledged user writes before or after the fault than this prove nothing. */
  readonly acknowledgedMin: number;
}

export interface StoredRow {
  readonly key: string;
  readonly item: string;
  readonly quantity: number;
  readonly region: string;
  readonly epoch: number;
  readonly acceptedAtMs: number;
}

export type DatabaseReading =
  | { readonly region: string; readonly reachable: false; readonly error: string }
  | {
      readonly region: string;
      readonly reachable: true;
      readonly inRecovery: boolean;
      readonly rows: readonly StoredRow[];
    };

export interface Evidence {
  readonly ledger: Ledger;
  readonly faults: readonly FaultRecord[];
  readonly databases: readonly DatabaseReading[];
  readonly objective: Objective;
}

/** An acknowledged write, whoever asked for it. */
export interface Acknowledgement {
  readonly kind: "user" | "canary";
  readonly seq: number;
  readonly key: string;
  readonly region: string;
  readonly epoch: number | null;
  readonly sentAtMs: number;
  readonly doneAtMs: number;
  readonly item: string | undefined;
  readonly quantity: number | undefined;
}

export interface LostRow {
  readonly kind: "user" | "canary";
  readonly seq: number;
  readonly key: string;
  readonly region: string;
  readonly epoch: number | null;
  readonly acknowledgedAtMs: number;
  /** Databases that still hold the row, from where it can be salvaged. */
  readonly heldBy: readonly string[];
}

export type DrillResult = "pass" | "fail" | "unknown";

export interface RequestCounts {
  readonly sent: number;
  readonly acknowledged: number;
  readonly refused: number;
  readonly unknown: number;
  readonly failed: number;
}

export interface CheckerReport {
  readonly result: DrillResult;
  readonly reasons: readonly string[];
  /** The region that served when the main fault came, and the one that serves at the end. */
  readonly from: string | null;
  readonly to: string | null;
  readonly faultAtMs: number | null;
  readonly lastGoodAtMs: number | null;
  readonly recoveredAtMs: number | null;
  readonly rtoMs: number | null;
  readonly firstWriteMs: number | null;
  readonly lost: readonly LostRow[] | null;
  readonly lostSeconds: number | null;
  readonly twoWritersMs: number | null;
  /** The same question asked of the databases: rows accepted under an epoch that was over. */
  readonly storedOverlapMs: number | null;
  readonly failovers: number;
  readonly needlessFailovers: number;
  readonly acknowledgedBefore: number;
  readonly acknowledgedAfter: number;
  readonly userWrites: RequestCounts;
  readonly userReads: RequestCounts;
  readonly userObjects: RequestCounts;
  readonly canaryWrites: Readonly<Record<string, RequestCounts>>;
  /** Requests of users that were sent and not answered with success. */
  readonly failedRequests: number;
  readonly skippedRequests: number;
  readonly longestGapMs: number | null;
  readonly errors: Readonly<Record<string, number>>;
  readonly phantomKeys: readonly string[];
  readonly duplicateKeys: readonly string[];
  readonly alteredKeys: readonly string[];
  readonly refusedYetStoredKeys: readonly string[];
  readonly unreachable: readonly { readonly region: string; readonly error: string }[];
}
