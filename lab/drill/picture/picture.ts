//! What the time line says, as one value: rows of spans and marks with their sentences. The picture
//! and the table beside it are both made from it, so that they cannot differ. Pure.

import { plansOf } from "./account.ts";
import { commandMarks, faultRows } from "./causes.ts";
import type { PictureInput } from "./evidence.ts";
import { extentOf, zeroOf, type Zero } from "./time-frame.ts";
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
    phases: phaseSpans(input),
    plans: planGroups(plans, extent.toMs),
  };
}

function milestonesOf(input: PictureInput, zero: Zero): Mark[] {
  const { firstWriteMs = null } = input.report;
  const faultAtMs = input.checker?.faultAtMs ?? null;
  const first =
    faultAtMs === null || firstWriteMs === null
      ? []
      : [milestone(faultAtMs + firstWriteMs, "first write elsewhere")];
  return [milestone(zero.atMs, zero.label), ...first, ...recoveryMilestone(input)];
}

/** Where nothing was interrupted the next good write after the fault is no news. */
function recoveryMilestone({ report, checker }: PictureInput): Mark[] {
  const recoveredAtMs = checker?.recoveredAtMs ?? null;
  if (recoveredAtMs === null || (report.rtoMs ?? 0) <= interruptedMsMin) return [];
  return [milestone(recoveredAtMs, "users write again")];
}

function milestone(atMs: number, label: string): Mark {
  return { atMs, tone: "milestone", label, told: label };
}

const interruptedMsMin = 250;
