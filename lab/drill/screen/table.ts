//! Many drills on one screen of 80 columns: a row each, then why some did not pass and where the
//! evidence lies. Pure.

import type { DrillReport } from "../report.ts";
import type { DrillResult } from "../verdicts/evidence.ts";
import { worst } from "./runs.ts";
import { wrap, type Paint } from "./style.ts";
import { resultTones } from "./summary.ts";

export interface AllReport {
  readonly version: 1;
  /** The worst of all: `fail` before `unknown` before `pass`. What was not run is unknown. */
  readonly result: DrillResult;
  readonly counts: Readonly<Record<DrillResult, number>>;
  readonly seconds: number;
  readonly interrupted: boolean;
  /** Scenarios that were asked for and not begun. */
  readonly notRun: readonly string[];
  readonly drills: readonly DrillReport[];
}

export interface AllProps {
  readonly asked: readonly string[];
  readonly drills: readonly DrillReport[];
  readonly seconds: number;
  readonly interrupted: boolean;
}

export function allReport({ asked, drills, seconds, interrupted }: AllProps): AllReport {
  const begun = new Set(drills.map(({ scenario }) => scenario));
  const notRun = asked.filter((name) => !begun.has(name));
  const count = (result: DrillResult): number =>
    drills.filter((drill) => drill.result === result).length;
  const found = worst(drills);
  return {
    version: 1,
    result: found === "pass" && (notRun.length > 0 || interrupted) ? "unknown" : found,
    counts: { pass: count("pass"), fail: count("fail"), unknown: count("unknown") },
    seconds,
    interrupted,
    notRun,
    drills,
  };
}

const head = ["scenario", "result", "first", "DNS", "lost", "failed", "two", "pause", "s"];
const columns = 80;

export function renderAll(all: AllReport, paint: Paint): string {
  const rows = all.drills.map(rowOf);
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((text, column) =>
        column < 2 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0),
      )
      .join("  ");
  const body = all.drills.map(({ result }, i) =>
    // After the name, which may hold the word as well.
    line(rows[i] ?? []).replace(`  ${result}`, `  ${paint(resultTones[result], result)}`),
  );
  return [
    "",
    paint("quiet", line(head)),
    ...body,
    "",
    ...all.drills.flatMap((drill) => reasonsOf(drill, paint)),
    paint("strong", totalOf(all)),
    ...wrap(explanation, columns).map((text) => paint("quiet", text)),
    "",
    ...all.drills.map(({ evidence }) => paint("quiet", evidence)),
    "",
  ]
    .map((text) => `${text.trimEnd()}\n`)
    .join("");
}

const explanation =
  "first: seconds to the first write elsewhere; DNS: to users' writes; two: milliseconds with two " +
  "writers; pause: longest time without a good write, of the planned move where there is one.";

function rowOf(drill: DrillReport): readonly string[] {
  return [
    drill.scenario,
    drill.result,
    drill.failovers === 0 ? "-" : inSeconds(drill.firstWriteMs),
    drill.measuresRto ? inSeconds(drill.rtoMs) : "-",
    countOf(drill.lostRows),
    countOf(drill.failedRequests),
    countOf(drill.twoWritersMs),
    inSeconds(drill.writePauseMs),
    String(Math.round(drill.tookMs / 1_000)),
  ];
}

/** One drill among many, as soon as it is over. */
export function renderOne(drill: DrillReport, paint: Paint): string {
  const tone = resultTones[drill.result];
  const took = `${Math.round(drill.tookMs / 1_000)} s`;
  const reasons = drill.reasons.flatMap((reason) => wrap(reason, columns - 6));
  return [
    `  ${paint(tone, drill.result.toUpperCase())}  ${drill.scenario}, ${took}`,
    ...reasons.map((text) => `      ${text}`),
    "",
  ]
    .map((text) => `${text}\n`)
    .join("");
}

function reasonsOf({ scenario, result, reasons }: DrillReport, paint: Paint): string[] {
  if (reasons.length === 0) return [];
  const lines = reasons.flatMap((reason) => wrap(reason, columns - 2)).map((text) => `  ${text}`);
  return [paint(resultTones[result], `${scenario}: ${result}`), ...lines, ""];
}

function totalOf({ counts, interrupted, notRun, seconds }: AllReport): string {
  const minutes = `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  const left = notRun.length === 0 ? "" : `, ${notRun.length} not run`;
  const broken = interrupted ? ", interrupted" : "";
  const { pass, fail, unknown } = counts;
  return `${pass} pass, ${fail} fail, ${unknown} unknown${left}${broken}, in ${minutes}`;
}

function inSeconds(ms: number | null): string {
  return ms === null ? "?" : (ms / 1_000).toFixed(2);
}

function countOf(count: number | null): string {
  return count === null ? "?" : String(Math.ceil(count));
}
