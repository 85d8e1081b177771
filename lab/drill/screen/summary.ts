//! The end of a drill on one screen of 80 columns: the verdict, where the time went, what was lost
//! and who still has it, and where the evidence lies. Pure.

import { phaseNames } from "../phases.ts";
import type { DrillReport } from "../report.ts";
import type { DrillResult } from "../verdicts/evidence.ts";
import { grouped, milliseconds, plural, seconds } from "./numbers.ts";
import { widthOf, wrap, type Paint, type Tone } from "./style.ts";

const columns = 80;
const labelWidth = 17;
const barWidth = 40;
const lostShown = 10;

export function renderSummary(report: DrillReport, paint: Paint): string {
  const lines = [
    "",
    ...verdictBox(report, paint),
    "",
    ...recoverySection(report, paint),
    "",
    ...lossSection(report, paint),
    ...requestSection(report, paint),
    ...wrongRegionSection(report, paint),
    field("evidence", paint("quiet", report.evidence), paint),
    "",
  ];
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}

export const resultTones: Readonly<Record<DrillResult, Tone>> = {
  pass: "good",
  fail: "bad",
  unknown: "doubt",
};

function verdictBox(report: DrillReport, paint: Paint): string[] {
  const tone = resultTones[report.result];
  const inner = columns - 4;
  const way = report.from === null ? "" : `${report.from} → ${report.to ?? "nobody"}`;
  const head = `${report.result.toUpperCase()}  ${report.scenario}`;
  const body = [
    `${paint(tone, head)}${way.padStart(inner - head.length)}`,
    ...report.reasons.flatMap((reason) =>
      wrap(reason, inner - 2).map((line, i) => (i === 0 ? `· ${line}` : `  ${line}`)),
    ),
  ];
  const edge = "─".repeat(columns - 2);
  const side = paint(tone, "│");
  return [
    paint(tone, `╭${edge}╮`),
    ...body.map((line) => `${side} ${line}${" ".repeat(inner - widthOf(line))} ${side}`),
    paint(tone, `╰${edge}╯`),
  ];
}

/** Each phase's bar begins where the last one ended: a staircase from the fault to the recovery. */
function recoverySection(report: DrillReport, paint: Paint): string[] {
  const { rtoMs, objective, phases, firstWriteMs } = report;
  if (!report.measuresRto) return pauseSection(report, paint);
  const within = rtoMs !== null && rtoMs <= objective.rtoSeconds * 1_000;
  const value = paint(within ? "strong" : "bad", seconds(rtoMs).padStart(8));
  const lines = [
    field("recovery (RTO)", `${value}  ${paint("quiet", `of ${objective.rtoSeconds} s`)}`, paint),
  ];
  const durations = phaseNames.map((name) => phases[`${name}Ms`]);
  const totalMs = durations.reduce<number>((sum, ms) => sum + (ms ?? 0), 0);
  let beforeMs = 0;
  for (const [i, name] of phaseNames.entries()) {
    const ms = durations[i] ?? null;
    const bar = paint("users", stair(beforeMs, ms ?? 0, totalMs));
    lines.push(field(`  ${name}`, `${seconds(ms).padStart(8)}  ${bar}`, paint));
    beforeMs += ms ?? 0;
  }
  lines.push(field("first write", seconds(firstWriteMs).padStart(8), paint));
  return lines;
}

/** Where nothing is to recover: what users noticed of it all the same. */
function pauseSection(report: DrillReport, paint: Paint): string[] {
  const { commands, failovers, heldAtMs, planned, writePauseMs } = report;
  const over = planned === null ? "the whole drill" : "the planned move";
  const pause = `${milliseconds(writePauseMs).padStart(8)}  ${paint("quiet", `in ${over}`)}`;
  const moved =
    failovers === null
      ? "unknown"
      : plural(failovers, "change of the writer", "changes of the writer");
  return [
    ...commands.map((text) => field("asked", text, paint)),
    ...(heldAtMs === null ? [] : [field("held", "a failover was due and forbidden", paint)]),
    field("write pause", pause, paint),
    field("moved", moved, paint),
  ];
}

export function stair(beforeMs: number, ms: number, totalMs: number): string {
  if (totalMs <= 0 || ms <= 0) return "";
  const from = Math.min(barWidth - 1, Math.round((beforeMs / totalMs) * barWidth));
  const to = Math.max(from + 1, Math.round(((beforeMs + ms) / totalMs) * barWidth));
  return `${" ".repeat(from)}${"█".repeat(to - from)}`;
}

function lossSection(report: DrillReport, paint: Paint): string[] {
  const { lost, lostRows, lostSeconds, objective, twoWritersMs } = report;
  const lines: string[] = [];
  if (lostRows === null) {
    lines.push(field("lost (RPO)", paint("doubt", "unknown"), paint));
  } else {
    const span = seconds((lostSeconds ?? 0) * 1_000);
    const text = `${plural(lostRows, "acknowledged row")}, ${span} `;
    const limit = paint("quiet", `of ${objective.rpoSeconds} s`);
    lines.push(field("lost (RPO)", `${text}${limit}`, paint));
  }
  for (const row of lost.slice(0, lostShown)) {
    const holder = row.heldBy.length === 0 ? paint("bad", "held by nobody") : heldBy(row.heldBy);
    lines.push(field("", `${row.key}  ${holder}`, paint));
  }
  const more = lost.length - lostShown;
  if (more > 0)
    lines.push(field("", paint("quiet", `and ${grouped(more)} more in the evidence`), paint));
  const one = twoWritersMs === 0;
  const writers = twoWritersMs === null ? "unknown" : milliseconds(Math.ceil(twoWritersMs));
  lines.push(field("two writers", one ? writers : paint("bad", writers), paint));
  return lines;
}

function heldBy(regions: readonly string[]): string {
  return `held by ${regions.join(", ")}`;
}

function requestSection(report: DrillReport, paint: Paint): string[] {
  const sent = report.userWrites?.sent ?? null;
  const failed = `${grouped(report.failedRequests)} of users, ${grouped(sent)} writes sent`;
  const lines = [field("failed requests", failed, paint)];
  const errors = Object.entries(report.errors).sort(([, a], [, b]) => b - a);
  const text = errors.map(([name, count]) => `${grouped(count)} ${name}`).join(", ");
  if (text !== "") {
    for (const line of wrap(text, columns - labelWidth - 4)) {
      lines.push(field("", paint("quiet", line), paint));
    }
  }
  return lines;
}

function wrongRegionSection(report: DrillReport, paint: Paint): string[] {
  return report.wrongRegionWrites.map(({ region, accepted, sqlstate, error }) => {
    if (accepted) return field("write by SQL", paint("bad", `${region} accepted it`), paint);
    const refusal = sqlstate === null ? (error ?? "unknown") : `refused, SQLSTATE ${sqlstate}`;
    return field("write by SQL", `${region}: ${refusal}`.slice(0, columns - labelWidth - 4), paint);
  });
}

function field(label: string, value: string, paint: Paint): string {
  return `  ${paint("quiet", label.padEnd(labelWidth))}${value}`;
}
