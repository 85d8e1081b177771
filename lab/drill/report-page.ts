//! The report as a page for people (`report.md`) and the time line as plain text. Pure.

import { phaseNames, type PhaseName } from "./phases.ts";
import type { DrillReport } from "./report.ts";
import { milliseconds, relativeSeconds, seconds } from "./screen/numbers.ts";
import type { Moment } from "./time-line.ts";
import type { LostRow } from "./verdicts/evidence.ts";

export function renderReportPage(
  report: DrillReport,
  moments: readonly Moment[],
  zeroAtMs: number | null,
): string {
  const { objective } = report;
  const rows: readonly Row[] = [
    ...(report.measuresRto ? recoveryRows(report) : []),
    ["First write in another region", seconds(report.firstWriteMs)],
    ["Lost acknowledged rows", countOf(report.lostRows)],
    ["Lost seconds (RPO)", `${lostText(report)} of ${objective.rpoSeconds} s`],
    ["Two writers at once", milliseconds(report.twoWritersMs)],
    [
      "Failovers, needless ones",
      `${countOf(report.failovers)}, ${countOf(report.needlessFailovers)}`,
    ],
    ["Failed requests of users", countOf(report.failedRequests)],
    ["Longest time without a good write", seconds(report.longestGapMs)],
    ["Lost acknowledged objects", countOf(report.lostObjects)],
    ...plannedRows(report),
    ...surroundingRows(report),
    ...report.wrongRegionWrites.map(
      ({ region, sqlstate, accepted, error }): readonly [string, string] => [
        `Write by SQL in ${region}`,
        accepted ? "**accepted**" : `refused: ${sqlstate ?? error ?? "unknown"}`,
      ],
    ),
  ];
  return [
    `# ${report.title}: ${report.result}`,
    `Scenario \`${report.scenario}\`, seed ${report.seed}, started ${report.startedAt}.`,
    report.reasons.map((reason) => `- ${reason}`).join("\n"),
    table(["Measure", "Value"], rows),
    "## Time line",
    "![Time line of the drill](timeline.svg)",
    `\`\`\`\n${renderTimeLine(moments, zeroAtMs)}\`\`\``,
    ...lostSection(report.lost),
    "## What this rests on",
    "`ledger.ndjson` holds every request and its answer, `checker.json` what was computed from it " +
      "and from the databases, `journal.json` the operators' own account, `faults.json` what was " +
      "injected when, `versions.json` the programs.",
  ]
    .filter((part) => part !== "")
    .join("\n\n")
    .concat("\n");
}

export function renderTimeLine(moments: readonly Moment[], zero: number | null): string {
  const zeroAtMs = zero ?? moments[0]?.atMs ?? 0;
  return moments
    .toSorted((a, b) => a.atMs - b.atMs)
    .map((moment) => `${relativeSeconds(moment.atMs - zeroAtMs).padStart(10)}  ${moment.text}\n`)
    .join("");
}

type Row = readonly [string, string];

function recoveryRows(report: DrillReport): Row[] {
  const { rtoMs, objective } = report;
  return [
    ["Users could not write (RTO)", `${seconds(rtoMs)} of ${objective.rtoSeconds} s`],
    ...phaseNames.map((name) => phaseRow(report, name)),
  ];
}

function plannedRows({ planned }: DrillReport): Row[] {
  if (planned === null) return [];
  return [
    ["Planned move: lost rows", countOf(planned.lostRows)],
    ["Planned move: failed requests", countOf(planned.failedRequests)],
    ["Planned move: longest write pause", milliseconds(planned.writePauseMs)],
  ];
}

/** Only what was looked for. */
function surroundingRows(report: DrillReport): Row[] {
  const { rogue, salvage, recordsSwapped, replicaStreams, route53CallsBeforeService } = report;
  const rows: readonly (readonly [string, string | null])[] = [
    ["Failover held", report.heldAtMs === null ? null : "yes"],
    ["Rows that the salvage lists", salvage === null ? null : String(salvage.listed)],
    [
      "Writes past the lease after the takeover",
      rogue === null ? null : `${rogue.acceptedAfter} accepted, ${rogue.refusedAfter} refused`,
    ],
    [
      "Route 53 API calls before service",
      route53CallsBeforeService === null ? null : String(route53CallsBeforeService),
    ],
    ["PRIMARY record names who serves", recordsSwapped === null ? null : yesNo(recordsSwapped)],
    ["A replica follows at the end", replicaStreams === null ? null : yesNo(replicaStreams)],
  ];
  return rows.flatMap(([name, value]): Row[] => (value === null ? [] : [[name, value]]));
}

function yesNo(value: boolean): string {
  return value ? "yes" : "no";
}

function phaseRow(report: DrillReport, name: PhaseName): readonly [string, string] {
  return [`… of which ${name}`, seconds(report.phases[`${name}Ms`])];
}

function lostText({ lostSeconds }: DrillReport): string {
  return seconds(lostSeconds === null ? null : lostSeconds * 1_000);
}

function lostSection(lost: readonly LostRow[]): string[] {
  if (lost.length === 0) return [];
  const rows = lost.map((row) => [
    `\`${row.key}\``,
    row.region,
    String(row.epoch ?? "unknown"),
    new Date(row.acknowledgedAtMs).toISOString(),
    row.heldBy.join(", ") || "nobody",
  ]);
  return [
    "## Acknowledged and lost",
    table(["Key", "Acknowledged by", "Epoch", "At", "Still held by"], rows),
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map(tableLine).join("\n");
}

function tableLine(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function countOf(count: number | null): string {
  return count === null ? "unknown" : String(count);
}
