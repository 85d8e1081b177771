//! What the verdicts are computed from, and what they say. Plain values: the checker reads them
//! from files and databases, the tests doctor them.

import type { Fault } from "../../faults/faults.ts";
import type { Ledger } from "../ledger.ts";
import type { CommandRecord } from "./command.ts";
import type { Criteria } from "./criteria.ts";
import type { LeaseTiming, OrderFindings, Witnessed } from "./order.ts";

export interface FaultRecord {
  readonly fault: Fault;
  readonly text: string;
  readonly injectedAtMs: number;
  readonly healedAtMs: number | null;
  /** The fault that the recovery is measured from; exactly one of a drill's faults is. */
  readonly main: boolean;
}

/** What a drill is judged by: the promise of the topology, and what the scenario needs. */
export interface Objective extends Criteria {
  readonly rtoSeconds: number;
  readonly rpoSeconds: number;
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

/** The keys in a region's bucket, without what Switchback itself keeps there. */
export type BucketReading =
  | { readonly region: string; readonly reachable: false; readonly error: string }
  | { readonly region: string; readonly reachable: true; readonly keys: readonly string[] };

/** What a salvage left behind in the bucket of the region that serves. */
export interface SalvageReading {
  readonly name: string;
  readonly missingKeys: readonly string[];
  readonly conflictingKeys: readonly string[];
  readonly missingObjects: readonly string[];
}

/** Null where the records could not be read. */
export interface RecordsReading {
  /** The region whose address the PRIMARY record of the service's name holds. */
  readonly primary: string | null;
  readonly error: string | null;
}

export interface RogueWrite {
  readonly atMs: number;
  readonly doneAtMs: number;
  readonly key: string;
  readonly outcome: "accepted" | "refused" | "unreachable";
  readonly sqlstate: string | null;
  /** Into which region's database. */
  readonly database: string;
  /** Of the lease that the database believed in, when it was accepted. */
  readonly epoch: number | null;
}

export interface Route53Call {
  readonly atMs: number;
  readonly action: string;
  readonly answered: boolean;
}

/** What was seen of the operators from outside while the drill ran. */
export interface Watched {
  /** When a status page first showed a failover that is due and forbidden. */
  readonly heldAtMs: number | null;
  /** How many status pages were read. */
  readonly statusPages: number;
}

/** Null: it was not looked for, or it could not be read. */
export interface Evidence {
  readonly ledger: Ledger;
  readonly faults: readonly FaultRecord[];
  readonly commands: readonly CommandRecord[];
  readonly databases: readonly DatabaseReading[];
  readonly buckets: readonly BucketReading[];
  readonly salvages: readonly SalvageReading[] | null;
  readonly records: RecordsReading | null;
  readonly route53Calls: readonly Route53Call[] | null;
  readonly rogueWrites: readonly RogueWrite[] | null;
  readonly watched: Watched | null;
  readonly witnessed: Witnessed | null;
  /** Of the topology that was drilled. */
  readonly leaseTiming: LeaseTiming | null;
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

export interface LostObject {
  readonly key: string;
  readonly acknowledgedAtMs: number;
  /** Buckets of other regions that hold it. */
  readonly heldBy: readonly string[];
  /** Whether a salvage names it as missing. */
  readonly listed: boolean;
}

/** From the last command for a planned move to the end; null where there was none. */
export interface PlannedLeg {
  readonly beganAtMs: number;
  /** The first acknowledgement of the epoch that was to be moved. */
  readonly sinceMs: number;
  readonly failedRequests: number;
  /** Null when there is no surviving database to look into. */
  readonly lostRows: number | null;
  readonly writePauseMs: number | null;
}

export interface SalvageFindings {
  /** Lost rows that no salvage lists. */
  readonly unlisted: readonly string[];
  /** Rows that a salvage lists as missing and that the surviving database has. */
  readonly needless: readonly string[];
  readonly listed: number;
}

export interface RogueFindings {
  readonly acceptedBefore: number;
  /** After the first acknowledgement of a newer epoch, where the older one was at home. */
  readonly acceptedAfter: number;
  readonly refusedAfter: number;
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
  /** Zero: the main fault, or the first command where there is no fault. */
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
  readonly planned: PlannedLeg | null;
  /** Acknowledged objects that the serving region's bucket does not have; null: not to be told. */
  readonly lostObjects: readonly LostObject[] | null;
  readonly rogue: RogueFindings | null;
  /** The salvage compared with what is lost; null where there is none. */
  readonly salvage: SalvageFindings | null;
  readonly route53CallsBeforeService: number | null;
  /** Whether the PRIMARY record names the region that serves at the end. */
  readonly recordsSwapped: boolean | null;
  /** Whether another region's database follows and has the newest row. */
  readonly replicaStreams: boolean | null;
  readonly heldAtMs: number | null;
  readonly order: OrderFindings | null;
  readonly failovers: number;
  readonly needlessFailovers: number;
  /** From the last acknowledged write of a user to the end of the load. */
  readonly silentAtEndMs: number;
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
