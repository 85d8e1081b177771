//! What every part of the picture needs to draw itself, and how a row of spans and marks is drawn.

import { relativeSeconds } from "../screen/numbers.ts";
import { fitText, placeBeside, type Box } from "./labels.ts";
import type { Mark, Row, Span, Tone } from "./picture.ts";
import { lengthOf } from "./plan-rows.ts";
import type { Scale } from "./scale.ts";
import { cross, diamond } from "./shapes.ts";
import { element, textAt, tooltip } from "./svg.ts";
import { labelSize } from "./theme.ts";

export interface Sketch {
  readonly width: number;
  /** Where the plot begins; names of rows stand to the left of it. */
  readonly gutter: number;
  readonly scale: Scale;
  readonly zeroAtMs: number;
  /** Keeps ids apart where two pictures are on one page. */
  readonly idPrefix: string;
}

/** A part of the picture: as high as it says, drawn wherever it is put. */
export interface Block {
  readonly height: number;
  readonly draw: (top: number) => string[];
}

export const rowHeight = 18;
const barHeight = 11;
/** A moment is a sliver, not nothing. */
const spanWidthMin = 2;

export function rowBlock(row: Row, sketch: Sketch): Block {
  return {
    height: rowHeight,
    draw: (top) => {
      const middle = top + rowHeight / 2;
      const { left, right } = sketch.scale;
      return [
        rowName(row.name, middle, sketch),
        element("line", { x1: left, x2: right, y1: middle, y2: middle, class: "track" }),
        ...row.spans.map((span) => drawSpan(span, middle, sketch)),
        ...row.marks.map((mark) => drawMark(mark, middle, sketch)),
        ...rowLabels(row, middle, sketch),
        textAt(row.note, { x: left + 4, y: middle + 4, className: "quiet" }),
      ];
    },
  };
}

export function rowName(name: string, middle: number, { gutter }: Sketch): string {
  const shown = fitText(name, gutter - 8, labelSize);
  const text = textAt(shown, { x: 0, y: middle + 4, className: "quiet" });
  return shown === name ? text : element("g", {}, text, tooltip(name));
}

export function blockOf(height: number, draw: Block["draw"]): Block {
  return { height, draw };
}

/** `+1.20 s to +3.40 s (2.20 s)` */
export function spanTimes(
  { fromMs, toMs }: Pick<Span, "fromMs" | "toMs">,
  zeroAtMs: number,
): string {
  const [from, to] = [relativeSeconds(fromMs - zeroAtMs), relativeSeconds(toMs - zeroAtMs)];
  return `${from} to ${to} (${lengthOf(toMs - fromMs)})`;
}

export function boxOf({ fromMs, toMs }: Pick<Span, "fromMs" | "toMs">, { scale }: Sketch): Box {
  const from = Math.min(scale.x(fromMs), scale.right - spanWidthMin);
  return { from, to: Math.max(scale.x(toMs), from + spanWidthMin) };
}

function drawSpan(span: Span, middle: number, sketch: Sketch): string {
  const { from, to } = boxOf(span, sketch);
  const title = tooltip(`${span.told}: ${spanTimes(span, sketch.zeroAtMs)}`);
  if (span.tone === "silent") {
    // The line alone would be hard to point at.
    const target = { x: from, y: middle - 5, width: to - from, height: 10, fill: "transparent" };
    const line = { x1: from, x2: to, y1: middle, y2: middle, class: "silent" };
    return element("g", {}, title, element("line", line), element("rect", target));
  }
  const height = span.tone === "refuses" ? 3 : barHeight;
  const box = { x: from, y: middle - height / 2, width: to - from, height, rx: 2 };
  return element("rect", { ...box, class: span.tone }, title);
}

function drawMark(mark: Mark, middle: number, { scale, zeroAtMs }: Sketch): string {
  const title = tooltip(`${mark.told}: ${relativeSeconds(mark.atMs - zeroAtMs)}`);
  const x = Math.min(scale.right - 4, Math.max(scale.left + 4, scale.x(mark.atMs)));
  if (mark.tone === "lost") {
    const line = { x1: x, x2: x, y1: middle - 5, y2: middle + 5, class: "lost" };
    return element("line", line, title);
  }
  if (mark.tone !== "refused") {
    return element("path", { d: diamond(x, middle), class: mark.tone }, title);
  }
  // On a bar of a step the cross alone would be hard to see.
  const behind = element("path", { d: cross(x, middle), class: "behind" });
  return element(
    "g",
    {},
    title,
    behind,
    element("path", { d: cross(x, middle), class: "refused" }),
  );
}

/** Whose words belong into the bar, and are left out where they do not fit. */
const onBar: ReadonlySet<Tone> = new Set(["writes", "lease", "stale"]);
const onSoft: ReadonlySet<Tone> = new Set(["fault", "hold"]);

function rowLabels(row: Row, middle: number, sketch: Sketch): string[] {
  const inBars = row.spans.filter((span) => onBar.has(span.tone));
  const beside = [...row.spans, ...row.marks].find(
    (one) => !onBar.has(one.tone) && one.label !== "",
  );
  const drawn = inBars.map((span) => {
    const { from, to } = boxOf(span, sketch);
    const label = fitText(span.label, to - from - 8, labelSize);
    const whole = label === span.label ? label : "";
    return textAt(whole, { x: from + 5, y: middle + 4, className: "on-bar" });
  });
  if (beside === undefined) return drawn;
  const { left, right } = sketch.scale;
  const extent = extentOf(row, sketch);
  const label = placeBeside(
    beside.label,
    extent,
    { from: left, to: right },
    {
      size: labelSize,
      inside: onSoft.has(beside.tone),
    },
  );
  const soft = label.inside && onSoft.has(beside.tone);
  const className = soft ? "on-soft" : beside.tone === "fault" ? "" : "quiet";
  const { x, anchor, text } = label;
  return [...drawn, textAt(text, { x, y: middle + 4, className, anchor })];
}

/** From the first to the last thing in the row: words stand beside all of it. */
function extentOf({ spans, marks }: Row, sketch: Sketch): Box {
  const boxes = [
    ...spans.map((span) => boxOf(span, sketch)),
    ...marks.map(({ atMs }) => ({ from: sketch.scale.x(atMs) - 5, to: sketch.scale.x(atMs) + 5 })),
  ];
  return {
    from: boxes.reduce((least, box) => Math.min(least, box.from), Infinity),
    to: boxes.reduce((most, box) => Math.max(most, box.to), -Infinity),
  };
}
