//! A drill's report: the one value that the screen, `report.json`, `report.md` and `--json` show.

import type { CommandRecord } from "./verdicts/command.ts";
import type { JournalEntry } from "./journal.ts";
import { noPhases, phasesOf, type Phases } from "./phases.ts";
import { readOnlySqlState, type WrongRegionWrite } from "./postgres.ts";
import type {
  CheckerReport,
  DrillResult,
  FaultRecord,
  LostRow,
  Objective,
  PlannedLeg,
  RequestCounts,
  RogueFindings,
  SalvageFindings,
} from "./verdicts/evidence.ts";

export interface DrillReport extends Measures {
  readonly version: 1;
  readonly scenario: string;
  readonly title: string;
  readonly seed: number;
  readonly startedAt: string;
  /** From the empty machine to the report. */
  readonly tookMs: number;
  readonly result: DrillResult;
  /** Why it is not a pass; empty when it is. */
  readonly reasons: readonly string[];
  readonly faults: readonly string[];
  readonly commands: readonly string[];
  readonly objective: { readonly rtoSeconds: number; readonly rpoSeconds: number };
  /** False where nothing recovers because nothing fails, or because it is held on purpose. */
  readonly measuresRto: boolean;
  readonly phases: Phases;
  readonly wrongRegionWrites: readonly WrongRegionWrite[];
  readonly evidence: string;
}

/** What the checker measured; null where it could not, never zero in its place. */
export interface Measures {
  readonly from: string | null;
  readonly to: string | null;
  /** Last good write of a user before the fault to the first good one of the durable recovery. */
  readonly rtoMs: number | null;
  /** Zero to the first write that another region acknowledged, DNS or not. */
  readonly firstWriteMs: number | null;
  readonly lostRows: number | null;
  readonly lost: readonly LostRow[];
  readonly lostSeconds: number | null;
  /** Acknowledged objects that the serving region's bucket does not have. */
  readonly lostObjects: number | null;
  readonly twoWritersMs: number | null;
  readonly failovers: number | null;
  readonly needlessFailovers: number | null;
  readonly failedRequests: number | null;
  readonly skippedRequests: number | null;
  readonly userWrites: RequestCounts | null;
  readonly longestGapMs: number | null;
  /** Of the planned move, or null where there was none. */
  readonly planned: PlannedLeg | null;
  /** Of the planned move where there was one, otherwise of the whole drill. */
  readonly writePauseMs: number | null;
  readonly heldAtMs: number | null;
  readonly rogue: RogueFindings | null;
  readonly salvage: SalvageFindings | null;
  readonly route53CallsBeforeService: number | null;
  readonly recordsSwapped: boolean | null;
  readonly replicaStreams: boolean | null;
  readonly errors: Readonly<Record<string, number>>;
}

export interface ReportProps {
  readonly scenario: { readonly name: string; readonly title: string };
  readonly seed: number;
  readonly startedAt: string;
  readonly tookMs: number;
  readonly faults: readonly FaultRecord[];
  readonly commands: readonly CommandRecord[];
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
    tookMs: props.tookMs,
    ...resultOf(props),
    faults: props.faults.map((fault) => fault.text),
    commands: props.commands.map((command) => command.text),
    objective: { rtoSeconds: objective.rtoSeconds, rpoSeconds: objective.rpoSeconds },
    measuresRto: objective.rtoObjective,
    phases:
      checker === null || !objective.rtoObjective
        ? noPhases
        : phasesOf(props.journal, checker.faultAtMs, checker.recoveredAtMs),
    ...measuresOf(checker),
    wrongRegionWrites: props.wrongRegionWrites,
    evidence: props.evidence,
  };
}

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
  lostObjects: null,
  planned: null,
  writePauseMs: null,
  heldAtMs: null,
  rogue: null,
  salvage: null,
  route53CallsBeforeService: null,
  recordsSwapped: null,
  replicaStreams: null,
  errors: {},
};

function measuresOf(checker: CheckerReport | null): Measures {
  if (checker === null) return nothingMeasured;
  const names = Object.keys(nothingMeasured) as (keyof Measures)[];
  const measured = {
    ...checker,
    lost: checker.lost ?? [],
    lostRows: checker.lost?.length ?? null,
    lostObjects: checker.lostObjects?.length ?? null,
    writePauseMs: checker.planned === null ? checker.longestGapMs : checker.planned.writePauseMs,
  };
  return Object.fromEntries(names.map((name) => [name, measured[name]])) as unknown as Measures;
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
