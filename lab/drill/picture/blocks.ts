//! The parts of the picture that are more than rows: milestones and axis, flags, phases, requests.

import { relativeSeconds } from "../screen/numbers.ts";
import { fitText, packLabels, textWidth, type Anchored } from "./labels.ts";
import type { Group, Mark, Span } from "./picture.ts";
import { lengthOf } from "./plan-rows.ts";
import type { Bucket, RequestLane } from "./requests.ts";
import { ticksOf } from "./scale.ts";
import { blockOf, boxOf, rowBlock, rowName, spanTimes, type Block, type Sketch } from "./sketch.ts";
import { bracket, flag } from "./shapes.ts";
import { element, textAt, tooltip } from "./svg.ts";
import { labelSize, tickSize } from "./theme.ts";

const lineHeight = 15;

export interface Milestones {
  readonly block: Block;
  /** From each label down through the whole picture. */
  readonly lines: (bottom: number) => string[];
}

/** Words above the axis, on poles. Drawn at the very top. */
export function milestonePart(marks: readonly Mark[], sketch: Sketch): Milestones {
  const { scale, zeroAtMs } = sketch;
  const labels = marks.map((mark): Anchored => {
    const when = mark.atMs === zeroAtMs ? "" : ` ${relativeSeconds(mark.atMs - zeroAtMs)}`;
    return { x: scale.x(mark.atMs), text: `${mark.label}${when}` };
  });
  const packed = packLabels(labels, { from: scale.left, to: scale.right }, labelSize);
  const rows = Math.max(0, ...packed.map((label) => label.row + 1));
  const isZero = (i: number): boolean => marks[i]?.atMs === zeroAtMs;
  const block = blockOf(rows * lineHeight, (top) =>
    packed.map(({ text, x, anchor, row }, i) => {
      const y = top + (rows - row) * lineHeight - 4;
      return textAt(text, { x, y, className: isZero(i) ? "strong" : "", anchor });
    }),
  );
  const lines = (bottom: number): string[] =>
    packed.map(({ leaderX: x, row }, i) => {
      const className = isZero(i) ? "zero" : "milestone";
      const y1 = (rows - row - 1) * lineHeight + 2;
      return element("line", { x1: x, x2: x, y1, y2: bottom, class: className });
    });
  return { block, lines };
}

export function axisBlock(sketch: Sketch): Block {
  const { scale, zeroAtMs } = sketch;
  return blockOf(16, (top) =>
    ticksOf(scale, zeroAtMs).flatMap((tick) => {
      const width = textWidth(tick.label, tickSize);
      // Whole numbers at the very edge move in a little rather than out of the picture.
      const x = Math.min(scale.x(tick.atMs), sketch.width - width / 2);
      const behind = { x: x - width / 2 - 2, y: top + 2, width: width + 4, height: 13 };
      return [
        element("rect", { ...behind, class: "background" }),
        textAt(tick.label, { x, y: top + 12, className: "tick", anchor: "middle" }),
      ];
    }),
  );
}

export function gridLines(sketch: Sketch, top: number, height: number): string[] {
  return ticksOf(sketch.scale, sketch.zeroAtMs).map((tick) => {
    const x = sketch.scale.x(tick.atMs);
    return element("line", { x1: x, x2: x, y1: top, y2: top + height, class: "grid" });
  });
}

export function groupBlocks({ title, subtitle, rows }: Group, sketch: Sketch): Block[] {
  const head = blockOf(20, (top) => {
    const shown = fitText(title, sketch.width, labelSize);
    const x = textWidth(shown, labelSize) + 12;
    const rest = fitText(subtitle, sketch.width - x, labelSize);
    return [
      textAt(shown, { x: 0, y: top + 14, className: "strong" }),
      textAt(rest, { x, y: top + 14, className: "quiet" }),
    ];
  });
  return [head, ...rows.map((row) => rowBlock(row, sketch))];
}

/** Flags on poles, each with its words. */
export function flagBlock(name: string, marks: readonly Mark[], sketch: Sketch): Block {
  const { scale, zeroAtMs } = sketch;
  const labels = marks.map((mark) => ({ x: scale.x(mark.atMs), reach: 8, text: mark.label }));
  const packed = packLabels(labels, { from: scale.left, to: scale.right }, labelSize);
  const rows = Math.max(1, ...packed.map((label) => label.row + 1));
  const height = rows * lineHeight + 6;
  return blockOf(height, (top) => [
    rowName(name, top + lineHeight / 2, sketch),
    ...packed.map((label, i) => {
      const mark = marks[i];
      const middle = top + label.row * lineHeight + lineHeight / 2;
      const title = tooltip(
        `${mark?.told ?? ""}: ${relativeSeconds((mark?.atMs ?? zeroAtMs) - zeroAtMs)}`,
      );
      const x = label.leaderX;
      const pole = { x1: x, x2: x, y1: middle - 5, y2: top + height, class: "command" };
      const { text, anchor } = label;
      const refused = mark?.tone === "refused" ? "failed" : "command";
      return element(
        "g",
        {},
        title,
        element("line", pole),
        element("path", { d: flag(x, middle), class: refused }),
        textAt(text, { x: label.x, y: middle + 4, className: "", anchor }),
      );
    }),
  ]);
}

/** Spans that follow each other; what does not fit into one stands below it, on a leader. */
export function phaseBlock(spans: readonly Span[], sketch: Sketch): Block {
  const { scale } = sketch;
  const named = spans.map((span) => {
    const box = boxOf(span, sketch);
    const text = `${span.label} ${lengthOf(span.toMs - span.fromMs)}`;
    const fits = textWidth(text, labelSize) + 8 <= box.to - box.from;
    return { span, box, text, fits };
  });
  const below = named.filter((one) => !one.fits);
  const labels = below.map(({ box, text }) => ({ x: (box.from + box.to) / 2, text }));
  const packed = packLabels(labels, { from: scale.left, to: scale.right }, labelSize);
  const rows = Math.max(0, ...packed.map((label) => label.row + 1));
  return blockOf(24 + rows * lineHeight, (top) => [
    rowName("phases", top + 11, sketch),
    ...named.map(({ span, box, text, fits }) =>
      element(
        "g",
        {},
        tooltip(`${span.told}: ${spanTimes(span, sketch.zeroAtMs)}`),
        element("rect", rectOf(box.from, top + 3, box.to - box.from, span.tone)),
        fits ? textAt(text, { x: box.from + 5, y: top + 15, className: "on-soft" }) : "",
      ),
    ),
    ...packed.flatMap(({ leaderX, row, x, text, anchor }) => [
      element("line", {
        x1: leaderX,
        x2: leaderX,
        y1: top + 17,
        y2: top + 23 + row * lineHeight + 8,
        class: "leader",
      }),
      textAt(text, { x, y: top + 23 + row * lineHeight + 9, className: "quiet", anchor }),
    ]),
  ]);
}

function rectOf(x: number, y: number, width: number, className: string) {
  return { x, y, width, height: 16, class: className };
}

const plotHeight = 54;
const gapHeight = 18;

export function requestBlocks(lane: RequestLane, sketch: Sketch): Block[] {
  const top = lane.buckets.reduce((most, { good, failed }) => Math.max(most, good + failed), 0);
  const bars = blockOf(gapHeight + plotHeight + 2, (y) => {
    const base = y + gapHeight + plotHeight;
    const per = `per ${lane.bucketMs / 1_000} s, up to ${top}`;
    return [
      rowName("requests of", y + gapHeight + 8, sketch),
      rowName("users", y + gapHeight + 22, sketch),
      textAt(fitText(per, sketch.gutter - 6, labelSize), {
        x: 0,
        y: y + gapHeight + 40,
        className: "tick",
      }),
      element("line", {
        x1: sketch.scale.left,
        x2: sketch.scale.right,
        y1: base,
        y2: base,
        class: "track",
      }),
      ...lane.buckets.map((bucket) => drawBucket(bucket, { lane, base, top, sketch })),
      ...(lane.gap === null ? [] : drawGap(lane.gap, y, sketch)),
    ];
  });
  return [bars, rowBlock(lane.lost, sketch)];
}

interface BarProps {
  readonly lane: RequestLane;
  readonly base: number;
  readonly top: number;
  readonly sketch: Sketch;
}

function drawBucket(bucket: Bucket, { lane, base, top, sketch }: BarProps): string {
  const { scale, zeroAtMs, idPrefix } = sketch;
  const x = scale.x(bucket.fromMs);
  const width = Math.max(0.8, scale.x(bucket.fromMs + lane.bucketMs) - x - 0.8);
  const [good, failed] = [bucket.good, bucket.failed].map(
    (n) => (n / Math.max(1, top)) * plotHeight,
  );
  const goodHeight = good ?? 0;
  const failedHeight = failed ?? 0;
  const at = { x, width, y: base - goodHeight - failedHeight, height: failedHeight };
  return element(
    "g",
    {},
    tooltip(`${relativeSeconds(bucket.fromMs - zeroAtMs)}: ${bucketText(bucket)}`),
    goodHeight === 0
      ? ""
      : element("rect", { x, width, y: base - goodHeight, height: goodHeight, class: "good" }),
    failedHeight === 0 ? "" : element("rect", { ...at, class: "failed" }),
    failedHeight === 0 ? "" : element("rect", { ...at, fill: `url(#${idPrefix}hatch)` }),
  );
}

export function bucketText({ good, failed, errors }: Bucket): string {
  const named = Object.entries(errors).map(([name, count]) => `${count} ${name}`);
  return `${good} good, ${failed} failed${named.length === 0 ? "" : ` (${named.join(", ")})`}`;
}

function drawGap(gap: Span, top: number, sketch: Sketch): string[] {
  const { from, to } = boxOf(gap, sketch);
  const y = top + 12;
  const text = `${gap.label} ${lengthOf(gap.toMs - gap.fromMs)}`;
  const width = textWidth(text, labelSize);
  const { left, right } = sketch.scale;
  // In the middle of the bracket if there is room, else beside it; the bracket gives way to words.
  const start = width + 24 <= to - from ? (from + to - width) / 2 : to + 6;
  const x = Math.max(left, start + width <= right ? start : from - 6 - width);
  const path = bracket(y, { from, to, gapFrom: x - 4, gapTo: x + width + 4 });
  const title = tooltip(`${gap.told}: ${spanTimes(gap, sketch.zeroAtMs)}`);
  return [
    element("path", { d: path, class: "bracket" }, title),
    textAt(text, { x, y: y + 4, className: "" }),
  ];
}
