//! What the time line says, as one value: rows of spans and marks with their sentences. The picture
//! and the table beside it are both made from it, so that they cannot differ. Pure.

import { plansOf } from "./account.ts";
import { commandMarks, faultRows } from "./causes.ts";
import { listFrom, type PictureInput } from "./evidence.ts";
import { phaseSpans } from "./phase-spans.ts";
import { planGroups } from "./plan-rows.ts";
import { regionGroups } from "./regions.ts";
import { requestLane, type RequestLane } from "./requests.ts";

export type Tone =
  | "fault"
  | "command"
  | "serving"
  | "writes"
  | "stale"
  | "refuses"
  | "silent"
  | "lease"
  | "hold"
  | "step"
  | "open"
  | "refused"
  | "lost"
  | "milestone"
  | "phase-1"
  | "phase-2"
  | "phase-3"
  | "phase-4"
  | "phase-5";

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
  readonly tone: Tone;
  /** Short, drawn with the span; "" for none. */
  readonly label: string;
  /** The whole sentence, without times. */
  readonly told: string;
}

export interface Mark {
  readonly atMs: number;
  readonly tone: Tone;
  readonly label: string;
  readonly told: string;
}

export interface Row {
  readonly name: string;
  readonly spans: readonly Span[];
  readonly marks: readonly Mark[];
  /** Drawn where there is nothing else to draw. */
  readonly note: string;
}

export interface Group {
  readonly title: string;
  readonly subtitle: string;
  readonly rows: readonly Row[];
}

export interface Picture {
  readonly zeroAtMs: number;
  /** What happened at zero. */
  readonly zeroLabel: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly milestones: readonly Mark[];
  readonly faults: readonly Row[];
  readonly commands: readonly Mark[];
  readonly regions: readonly Group[];
  /** Null when the load left no ledger. */
  readonly requests: RequestLane | null;
  readonly phases: readonly Span[];
  readonly plans: readonly Group[];
}

export interface Extent {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Of a picture without anything in it; an axis needs a length. */
const emptyMs = 1_000;

export interface PictureProps {
  /** Over the stretch that is drawn, at most so many. */
  readonly buckets: number;
  /** @default all of the drill */
  readonly window: Extent | undefined;
}

export function pictureOf(input: PictureInput, { buckets, window }: PictureProps): Picture {
  const zero = zeroOf(input);
  const extent = extentOf(input, zero.atMs);
  const plans = plansOf(input.journals);
  return {
    zeroAtMs: zero.atMs,
    zeroLabel: zero.label,
    ...extent,
    milestones: milestonesOf(input, zero),
    faults: faultRows(input.faults, extent.toMs),
    commands: commandMarks(input.commands),
    regions: regionGroups(input, plans, extent),
    requests: requestLane(input, { zeroAtMs: zero.atMs, extent: window ?? extent, buckets }),
    phases: phaseSpans(input, plans),
    plans: planGroups(plans, extent.toMs),
  };
}

interface Zero {
  readonly atMs: number;
  readonly label: string;
}

/** The main fault; without one the command that the drill is about; else the start. */
export function zeroOf({ faults, commands, ledger, report }: PictureInput): Zero {
  const fault = faults.find((one) => one.main);
  if (fault !== undefined) return { atMs: fault.injectedAtMs, label: "the main fault" };
  const command = commands.find((one) => one.main) ?? commands[0];
  if (command !== undefined) return { atMs: command.sentAtMs, label: "the command" };
  const started = ledger?.start?.startedAtMs ?? ledger?.requests[0]?.sentAtMs;
  if (started !== undefined) return { atMs: started, label: "the load's start" };
  const reportMs = Date.parse(report.startedAt);
  return { atMs: Number.isFinite(reportMs) ? reportMs : 0, label: "the drill's start" };
}

/** From the load's first request to the last thing that anybody tells of. */
function extentOf(input: PictureInput, zeroAtMs: number): Extent {
  const { ledger, faults, commands } = input;
  const times = [
    zeroAtMs,
    ledger?.start?.startedAtMs,
    ledger?.end?.endedAtMs,
    ...(ledger?.requests ?? []).map((line) => line.sentAtMs),
    ...faults.flatMap((fault) => [fault.injectedAtMs, fault.healedAtMs]),
    ...commands.map((command) => command.sentAtMs),
    ...plansSince(input, zeroAtMs),
  ].filter((atMs) => typeof atMs === "number");
  const fromMs = times.reduce((a, b) => Math.min(a, b), zeroAtMs);
  const toMs = times.reduce((a, b) => Math.max(a, b), zeroAtMs);
  return { fromMs, toMs: Math.max(toMs, fromMs + emptyMs) };
}

/** Journals may reach back to when the lab came up; the picture begins with the load. */
function plansSince({ journals, ledger }: PictureInput, zeroAtMs: number): number[] {
  const sinceMs = ledger?.start?.startedAtMs ?? zeroAtMs;
  return Object.values(journals)
    .flatMap(listFrom)
    .map((entry) => (entry as { readonly atMs?: unknown } | null)?.atMs)
    .filter((atMs) => typeof atMs === "number")
    .filter((atMs) => Number.isFinite(atMs) && atMs >= sinceMs);
}

function milestonesOf({ report, checker }: PictureInput, zero: Zero): Mark[] {
  const at = (atMs: number, label: string): Mark => ({
    atMs,
    tone: "milestone",
    label,
    told: label,
  });
  const marks = [at(zero.atMs, zero.label)];
  const faultAtMs = checker?.faultAtMs ?? null;
  if (faultAtMs !== null && report.firstWriteMs !== null) {
    marks.push(at(faultAtMs + report.firstWriteMs, "first write elsewhere"));
  }
  const recoveredAtMs = checker?.recoveredAtMs ?? null;
  // Where nothing was interrupted the next good write after the fault is no news.
  const interrupted = (report.rtoMs ?? 0) > interruptedMsMin;
  if (recoveredAtMs !== null && interrupted) marks.push(at(recoveredAtMs, "users write again"));
  return marks;
}

const interruptedMsMin = 250;
