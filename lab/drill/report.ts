//! A drill's report: the one value that the screen, `report.json`, `report.md` and `--json` show.

import type { JournalEntry } from "./journal.ts";
import { noPhases, phasesOf, type Phases } from "./phases.ts";
import { readOnlySqlState, type WrongRegionWrite } from "./postgres.ts";
import type {
  CheckerReport,
  DrillResult,
  FaultRecord,
  LostRow,
  Objective,
  RequestCounts,
} from "./verdicts/evidence.ts";

export interface DrillReport {
  readonly version: 1;
  readonly scenario: string;
  readonly title: string;
  readonly seed: number;
  readonly startedAt: string;
  readonly result: DrillResult;
  /** Why it is not a pass; empty when it is. */
  readonly reasons: readonly string[];
  readonly from: string | null;
  readonly to: string | null;
  readonly faults: readonly string[];
  readonly objective: { readonly rtoSeconds: number; readonly rpoSeconds: number };
  /** Last good write of a user before the fault to the first good one of the durable recovery. */
  readonly rtoMs: number | null;
  /** Fault to the first write that another region acknowledged, DNS or not. */
  readonly firstWriteMs: number | null;
  readonly phases: Phases;
  readonly lostRows: number | null;
  readonly lost: readonly LostRow[];
  readonly lostSeconds: number | null;
  readonly twoWritersMs: number | null;
  readonly failovers: number | null;
  readonly needlessFailovers: number | null;
  readonly failedRequests: number | null;
  readonly skippedRequests: number | null;
  readonly userWrites: RequestCounts | null;
  readonly longestGapMs: number | null;
  readonly errors: Readonly<Record<string, number>>;
  readonly wrongRegionWrites: readonly WrongRegionWrite[];
  readonly evidence: string;
}

export interface ReportProps {
  readonly scenario: { readonly name: string; readonly title: string };
  readonly seed: number;
  readonly startedAt: string;
  readonly faults: readonly FaultRecord[];
  readonly journal: readonly JournalEntry[];
  readonly objective: Objective;
  /** Null when the checker did not get to an end. */
  readonly checker: CheckerReport | null;
  readonly wrongRegionWrites: readonly WrongRegionWrite[];
  /** What went wrong with the drill itself, so that nothing may be said. */
  readonly problems: readonly string[];
  readonly evidence: string;
}

export function reportOf(props: ReportProps): DrillReport {
  const { checker, objective } = props;
  return {
    version: 1,
    scenario: props.scenario.name,
    title: props.scenario.title,
    seed: props.seed,
    startedAt: props.startedAt,
    ...resultOf(props),
    faults: props.faults.map((fault) => fault.text),
    objective: { rtoSeconds: objective.rtoSeconds, rpoSeconds: objective.rpoSeconds },
    phases:
      checker === null
        ? noPhases
        : phasesOf(props.journal, checker.faultAtMs, checker.recoveredAtMs),
    ...measuresOf(checker),
    wrongRegionWrites: props.wrongRegionWrites,
    evidence: props.evidence,
  };
}

type Measures = Omit<
  DrillReport,
  | "version"
  | "scenario"
  | "title"
  | "seed"
  | "startedAt"
  | "result"
  | "reasons"
  | "faults"
  | "objective"
  | "phases"
  | "wrongRegionWrites"
  | "evidence"
>;

const nothingMeasured: Measures = {
  from: null,
  to: null,
  rtoMs: null,
  firstWriteMs: null,
  lostRows: null,
  lost: [],
  lostSeconds: null,
  twoWritersMs: null,
  failovers: null,
  needlessFailovers: null,
  failedRequests: null,
  skippedRequests: null,
  userWrites: null,
  longestGapMs: null,
  errors: {},
};

function measuresOf(checker: CheckerReport | null): Measures {
  if (checker === null) return nothingMeasured;
  return {
    from: checker.from,
    to: checker.to,
    rtoMs: checker.rtoMs,
    firstWriteMs: checker.firstWriteMs,
    lostRows: checker.lost?.length ?? null,
    lost: checker.lost ?? [],
    lostSeconds: checker.lostSeconds,
    twoWritersMs: checker.twoWritersMs,
    failovers: checker.failovers,
    needlessFailovers: checker.needlessFailovers,
    failedRequests: checker.failedRequests,
    skippedRequests: checker.skippedRequests,
    userWrites: checker.userWrites,
    longestGapMs: checker.longestGapMs,
    errors: checker.errors,
  };
}

/** The checker's verdict, made worse by what the drill itself saw. Never made better. */
function resultOf(props: ReportProps): Pick<DrillReport, "result" | "reasons"> {
  const verdict = props.checker ?? noVerdict;
  const accepted = props.wrongRegionWrites.filter((write) => write.accepted);
  const fails = accepted.map(({ region }) => `${region} waits, and accepted a write by SQL`);
  const unclear = props.wrongRegionWrites
    .filter((write) => !write.accepted && write.sqlstate !== readOnlySqlState)
    .map(({ region, error }) => `a write by SQL in ${region} was answered: ${error}`);
  const reasons = [...fails, ...props.problems, ...verdict.reasons, ...unclear];
  if (fails.length > 0 || verdict.result === "fail") return { result: "fail", reasons };
  const unsure = props.problems.length > 0 || unclear.length > 0;
  return { result: unsure ? "unknown" : verdict.result, reasons };
}

const noVerdict: Pick<CheckerReport, "result" | "reasons"> = {
  result: "unknown",
  reasons: ["the checker came to no verdict"],
};
