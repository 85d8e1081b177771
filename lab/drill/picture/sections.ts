//! The shorter parts of the page: phases, lost rows, faults and commands, origin, files. Pure.

import { phaseNames } from "../phases.ts";
import { relativeSeconds, seconds } from "../screen/numbers.ts";
import { answerOf } from "./causes.ts";
import { textFrom, type PictureInput } from "./evidence.ts";
import { runAgainCommand } from "./fault-words.ts";
import { joinMarkup, table, tag, type Content, type Markup } from "./html.ts";
import { phaseSentences } from "./phase-spans.ts";
import { zeroOf } from "./time-frame.ts";
import { lengthOf } from "./plan-rows.ts";

const lostShown = 50;

export function phaseSection({ report }: PictureInput): Markup {
  const { measuresRto = true } = report;
  const title = tag("h2", "", "Phases");
  if (!measuresRto) {
    return joinMarkup([title, tag("p", "", "Not measured: nothing had to recover.")]);
  }
  const known = phaseNames.map((name) => report.phases?.[`${name}Ms`] ?? null);
  const totalMs = known.reduce<number>((sum, ms) => sum + (ms ?? 0), 0);
  const rows = phaseNames.map((name, i) => {
    const ms = known[i] ?? null;
    const share = ms === null || totalMs === 0 ? "–" : `${Math.round((ms / totalMs) * 100)} %`;
    return [name, ms === null ? "unknown" : lengthOf(ms), share, phaseSentences[name]];
  });
  const whole = known.includes(null) ? "unknown" : lengthOf(totalMs);
  return joinMarkup([
    title,
    table({
      head: ["Phase", "Took", "Share", "It ends"],
      rows: [...rows, ["from zero to the recovery", whole, "", ""]],
      figures: [1, 2],
      isShort: true,
    }),
    tag(
      "p",
      "quiet",
      "The marks are the operators' own; they explain, and no verdict rests on them.",
    ),
  ]);
}

export function lostSection(input: PictureInput): Markup {
  const { report } = input;
  const zeroAtMs = zeroOf(input).atMs;
  const rows = (report.lost ?? []).map((row) => [
    tag("code", "", row.key),
    row.region,
    String(row.epoch ?? "unknown"),
    relativeSeconds(row.acknowledgedAtMs - zeroAtMs),
    row.heldBy.join(", ") || "nobody",
  ]);
  const head = ["Key", "Acknowledged by", "Epoch", "At", "Still held by"];
  const none =
    (report.lostRows ?? null) === null
      ? "Unknown: there was no database to hold the acknowledgements against."
      : "None.";
  return joinMarkup([
    tag("h2", "", "Acknowledged rows that were lost"),
    rows.length === 0
      ? tag("p", "", none)
      : table({
          head,
          rows,
          figures: [2, 3],
          isShort: true,
          rowsMax: lostShown,
          restIn: "report.json",
        }),
  ]);
}

export function causeSection(input: PictureInput): Markup {
  const { faults, commands, holds } = input;
  const zeroAtMs = zeroOf(input).atMs;
  const at = (atMs: number | null): string =>
    atMs === null ? "–" : relativeSeconds(atMs - zeroAtMs);
  const rows: readonly (readonly [number, ...string[]])[] = [
    ...faults.map((fault): [number, ...string[]] => [
      fault.injectedAtMs,
      fault.main ? "main fault" : "fault",
      fault.text,
      (fault.healedAtMs ?? null) === null ? "not healed" : `healed at ${at(fault.healedAtMs)}`,
    ]),
    ...commands.map((command): [number, ...string[]] => [
      command.sentAtMs,
      "command",
      command.text,
      answerOf(command),
    ]),
    ...holds.map((hold): [number, ...string[]] => [
      hold.fromMs,
      "hold",
      `${hold.region}: ${hold.because?.join("; ") || "no reason told"}`,
      hold.toMs === null ? "to the end" : `until ${at(hold.toMs)}`,
    ]),
  ];
  const sorted = rows.toSorted(([a], [b]) => a - b);
  const cells = sorted.map(([atMs, ...rest]) => [at(atMs), ...rest]);
  return joinMarkup([
    tag("h2", "", holds.length === 0 ? "Faults and commands" : "Faults, commands and holds"),
    rows.length === 0
      ? tag("p", "", "None: nothing was broken, and nobody asked for anything.")
      : table({ head: ["At", "Kind", "What", "Then"], rows: cells, figures: [0], isShort: true }),
  ]);
}

function hash(text: string): Markup {
  return tag("code", "hash", text);
}

export function originSection({ report, versions, topologyHash, also }: PictureInput): Markup {
  const rows: readonly (readonly Content[])[] = [
    ["Seed", String(report.seed)],
    ["Started", report.startedAt],
    ["Took", seconds(report.tookMs ?? null)],
    ["topology.json", hash(topologyHash === null ? "unknown" : `sha256:${topologyHash}`)],
    ...Object.entries(versions).map(([name, version]): Content[] => [
      name,
      hash(textFrom(version) ?? JSON.stringify(version) ?? "unknown"),
    ]),
  ];
  return joinMarkup([
    tag("h2", "", "Versions, and how to run it again"),
    tag("pre", "", runAgainCommand(report.scenario, report.seed, also)),
    tag(
      "p",
      "quiet",
      "A seed repeats what is sent and when the fault comes, not the timing of the machine.",
    ),
    table({ head: ["What", "Which"], rows }),
  ]);
}

/** A note for each file that is known; others are listed all the same. */
const fileNotes: Readonly<Record<string, string>> = {
  "checker.json": "everything that the checker computed",
  "commands.json": "what was asked of the operators in the name of a person",
  "events.json": "what the drill waited for, and when it came",
  "faults.json": "what was injected and healed, when",
  "holds.json": "when an operator said that a failover is due and forbidden",
  "journal.json": "each operator's journal",
  "lab.json": "the addresses of that lab",
  "ledger.ndjson": "every request and its answer, one JSON object a line",
  "objective.json": "what the drill was judged by",
  "observations.json": "what the lab saw around the operators",
  "plans.json": "the plans as they were written down",
  "report.json": "the report as one value",
  "report.md": "the report for people, as text",
  "scenario.json": "what was planned",
  "status.json": "each operator's status at the end",
  "timeline.json": "the moments of the time line",
  "timeline.svg": "the picture",
  "timeline.txt": "the time line as text",
  "topology.json": "the topology",
  "versions.json": "the programs",
  "watched.json": "what was seen of the status pages",
};

export function fileSection({ report, files }: PictureInput): Markup {
  const rows = files.map(({ name, bytes }): Content[] => [
    tag("code", "", name),
    sizeOf(bytes),
    fileNotes[name] ?? "",
  ]);
  return joinMarkup([
    tag("h2", "", "What this rests on"),
    tag("p", "quiet", `Everything lies beside this page, in ${report.evidence ?? "its folder"}.`),
    table({
      head: ["File", "Size", "What it holds"],
      rows,
      figures: [1],
      isShort: true,
      rowsMax: 200,
    }),
  ]);
}

export function sizeOf(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
