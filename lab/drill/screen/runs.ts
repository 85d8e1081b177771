//! Several drills one after another: a row each and the medians. Pure.

import { phaseNames, type Phases } from "../phases.ts";
import type { DrillReport } from "../report.ts";
import type { DrillResult } from "../verdicts/evidence.ts";
import { median } from "./numbers.ts";
import { resultTones } from "./summary.ts";
import type { Paint } from "./style.ts";

export interface RunsReport {
  readonly version: 1;
  readonly scenario: string;
  /** The worst of the runs: `fail` before `unknown` before `pass`. */
  readonly result: DrillResult;
  /** Over the runs that measured the value; null when none did. */
  readonly medians: Readonly<Record<RunsMeasure, number | null>>;
  readonly runs: readonly DrillReport[];
}

const measures = [
  "rtoMs",
  "firstWriteMs",
  "detectMs",
  "leaseMs",
  "promoteMs",
  "grantMs",
  "dnsMs",
  "lostRows",
  "lostSeconds",
  "twoWritersMs",
  "failedRequests",
] as const;
type RunsMeasure = (typeof measures)[number];

export function runsReport(scenario: string, runs: readonly DrillReport[]): RunsReport {
  const medians = Object.fromEntries(
    measures.map((name) => [name, median(runs.map(valueOf(name)).filter((v) => v !== null))]),
  ) as Record<RunsMeasure, number | null>;
  return { version: 1, scenario, result: worst(runs), medians, runs };
}

export function renderRuns({ runs, medians }: RunsReport, paint: Paint): string {
  const names = ["rtoMs", ...phaseNames.map((name) => `${name}Ms` as const), "lostRows"] as const;
  const head = ["run", "result", "RTO", ...phaseNames, "lost", "two", "failed"];
  const shown = [...names, "twoWritersMs", "failedRequests"] as const;
  const rows = runs.map((run, i) => [
    String(i + 1),
    run.result,
    ...shown.map((name) => cell(name, valueOf(name)(run))),
  ]);
  rows.push(["median", "", ...shown.map((name) => cell(name, medians[name]))]);
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((text, column) =>
        column < 2 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0),
      )
      .join("  ");
  const body = rows.map((row, i) => {
    const result = runs[i]?.result;
    if (result === undefined) return paint("strong", line(row));
    return line(row).replace(result, paint(resultTones[result], result));
  });
  const note = paint("quiet", "times in seconds, two = milliseconds with two writers");
  return ["", paint("quiet", line(head)), ...body, "", note, ""]
    .map((text) => `  ${text}`.trimEnd().concat("\n"))
    .join("");
}

function cell(name: RunsMeasure, value: number | null): string {
  if (value === null) return "?";
  const inSeconds = name !== "twoWritersMs" && name.endsWith("Ms");
  return inSeconds ? (value / 1_000).toFixed(2) : String(Math.ceil(value));
}

function valueOf(name: RunsMeasure): (run: DrillReport) => number | null {
  return (run) => (isPhase(name, run.phases) ? run.phases[name] : run[name]);
}

function isPhase(name: RunsMeasure, phases: Phases): name is keyof Phases {
  return Object.hasOwn(phases, name);
}

/** What was not run passed nothing. */
export function worst(runs: readonly DrillReport[]): DrillResult {
  if (runs.some((run) => run.result === "fail")) return "fail";
  return runs.length > 0 && runs.every((run) => run.result === "pass") ? "pass" : "unknown";
}
