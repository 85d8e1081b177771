//! The picture in words: every span and mark with its times, by lane, and the requests by bucket. It
//! is made from the same value as the picture. Pure.

import { relativeSeconds } from "../screen/numbers.ts";
import { joinMarkup, table, type Markup } from "./html.ts";
import type { Mark, Picture, Row, Span } from "./picture.ts";
import { lengthOf } from "./plan-rows.ts";

const rowsMax = 1_000;

export function tableOfEverything(picture: Picture): Markup {
  const { zeroAtMs, requests } = picture;
  const time = (atMs: number): string => relativeSeconds(atMs - zeroAtMs);
  const rows = linesOf(picture).map(({ lane, told, fromMs, toMs }) => [
    time(fromMs),
    toMs === null ? "" : time(toMs),
    toMs === null ? "" : lengthOf(toMs - fromMs),
    lane,
    told,
  ]);
  const buckets = (requests?.buckets ?? []).map((bucket) => [
    time(bucket.fromMs),
    String(bucket.good),
    String(bucket.failed),
    Object.entries(bucket.errors)
      .map(([name, count]) => `${count} ${name}`)
      .join(", "),
  ]);
  const bucketText =
    requests === null ? "" : ` (each ${requests.bucketMs} ms, by when it was sent)`;
  return joinMarkup([
    table({
      caption: "Everything in the picture",
      head: ["From", "Until", "Length", "Lane", "What"],
      rows,
      figures: [0, 1, 2],
      rowsMax,
    }),
    table({
      caption: `Requests of users${bucketText}`,
      head: ["From", "Good", "Failed", "Errors"],
      rows: buckets,
      figures: [0, 1, 2],
      rowsMax,
    }),
  ]);
}

interface Line {
  readonly lane: string;
  readonly told: string;
  readonly fromMs: number;
  /** Null for a moment. */
  readonly toMs: number | null;
}

/** By time; what began together stays in the order of the lanes. */
export function linesOf(picture: Picture): Line[] {
  const { milestones, faults, commands, regions, requests, phases, plans } = picture;
  const groups = [...regions, ...plans].flatMap(({ title, rows }) =>
    rows.flatMap((row) => rowLines(`${title}: ${row.name}`, row)),
  );
  const lines = [
    ...milestones.map(markLine("milestones")),
    ...faults.flatMap((row) => rowLines("faults", row)),
    ...commands.map(markLine("commands")),
    ...phases.map(spanLine("phases")),
    ...(requests?.gap === null || requests === null ? [] : [spanLine("requests")(requests.gap)]),
    ...(requests === null ? [] : rowLines("lost rows", requests.lost)),
    ...groups,
  ];
  return lines.sort((a, b) => a.fromMs - b.fromMs);
}

function rowLines(lane: string, { spans, marks }: Row): Line[] {
  return [...spans.map(spanLine(lane)), ...marks.map(markLine(lane))];
}

function spanLine(lane: string): (span: Span) => Line {
  return ({ fromMs, toMs, told }) => ({ lane, told, fromMs, toMs });
}

function markLine(lane: string): (mark: Mark) => Line {
  return ({ atMs, told }) => ({ lane, told, fromMs: atMs, toMs: null });
}
