//! The time line of a drill as one SVG: faults, commands, regions, requests, phases and plans over
//! seconds from the main fault. The same evidence always makes the same picture. Pure.

import {
  axisBlock,
  flagBlock,
  gridLines,
  groupBlocks,
  milestonePart,
  phaseBlock,
  requestBlocks,
  type Milestones,
} from "./blocks.ts";
import type { PictureInput } from "./evidence.ts";
import { legendBlock } from "./legend.ts";
import { pictureOf, type Extent, type Picture } from "./picture.ts";
import { scaleOf } from "./scale.ts";
import { blockOf, rowBlock, type Block, type Sketch } from "./sketch.ts";
import { summaryOf } from "./summary.ts";
import { element, escapeText } from "./svg.ts";
import { colourCss, pictureCss } from "./theme.ts";
import { windowed } from "./window.ts";

export interface TimelineOptions {
  /** In units of the view box, which are pixels where nothing scales it. @default 1000 */
  readonly width?: number;
  /** @default all of the drill */
  readonly window?: Extent;
  /** Needed where several pictures are on one page. @default "drill-" */
  readonly idPrefix?: string;
  /** The page around it brings the styles. @default the picture brings its own */
  readonly embedded?: boolean;
}

export const wideWidth = 1_000;
export const narrowWidth = 372;
const margin = 8;

function innerWidth({ width }: TimelineOptions): number {
  return (width ?? wideWidth) - 2 * margin;
}

export function renderTimelineSvg(input: PictureInput, options: TimelineOptions = {}): string {
  const width = innerWidth(options);
  const idPrefix = options.idPrefix ?? "drill-";
  const { picture, sketch } = sketchOf(input, options);
  const blocks = blocksOf(picture, sketch);
  const height = Math.ceil(heightOf(blocks));
  const ids = { title: `${idPrefix}title`, desc: `${idPrefix}desc` };
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `${-margin} ${-margin} ${width + 2 * margin} ${height + 2 * margin}`,
      class: "drill",
      role: "img",
      "aria-labelledby": `${ids.title} ${ids.desc}`,
    },
    element(
      "title",
      { id: ids.title },
      escapeText(`Time line of the drill ${input.report.scenario}`),
    ),
    element("desc", { id: ids.desc }, escapeText(summaryOf(input))),
    options.embedded === true ? "" : element("style", {}, colourCss + pictureCss),
    hatch(idPrefix),
    element("rect", {
      x: -margin,
      y: -margin,
      width: width + 2 * margin,
      height: height + 2 * margin,
      class: "background",
    }),
    ...drawAll(blocks, sketch),
  ).concat("\n");
}

function sketchOf(input: PictureInput, options: TimelineOptions) {
  const width = innerWidth(options);
  const isNarrow = width < 600;
  const whole = pictureOf(input, { buckets: isNarrow ? 60 : 120, window: options.window });
  const picture = windowed(whole, options.window ?? whole);
  const gutter = isNarrow ? 112 : 158;
  const sketch: Sketch = {
    width,
    gutter,
    scale: scaleOf(picture, gutter, width - 10),
    zeroAtMs: picture.zeroAtMs,
    idPrefix: options.idPrefix ?? "drill-",
  };
  return { picture, sketch };
}

interface Blocks {
  readonly milestones: Milestones;
  readonly head: readonly Block[];
  readonly body: readonly Block[];
  readonly foot: readonly Block[];
}

const space = blockOf(10, () => []);

function blocksOf(picture: Picture, sketch: Sketch): Blocks {
  const { faults, commands, regions, requests, phases, plans } = picture;
  const sections: readonly (readonly Block[])[] = [
    faults.map((row) => rowBlock(row, sketch)),
    commands.length === 0 ? [] : [flagBlock("commands", commands, sketch)],
    ...regions.map((group) => groupBlocks(group, sketch)),
    requests === null ? [] : requestBlocks(requests, sketch),
    phases.length === 0 ? [] : [phaseBlock(phases, sketch)],
    ...plans.map((group) => groupBlocks(group, sketch)),
  ];
  const milestones = milestonePart(picture.milestones, sketch);
  return {
    milestones,
    head: [milestones.block, axisBlock(sketch)],
    body: sections
      .filter((section) => section.length > 0)
      .flatMap((section) => [...section, space]),
    foot: [axisBlock(sketch), space, legendBlock(picture, sketch)],
  };
}

/** Lines first, so that everything else lies over them. */
function drawAll(blocks: Blocks, sketch: Sketch): string[] {
  const [headHeight, bodyHeight] = [sumOf(blocks.head), sumOf(blocks.body)];
  let top = 0;
  const parts: string[] = [];
  for (const block of [...blocks.head, ...blocks.body, ...blocks.foot]) {
    parts.push(...block.draw(top));
    top += block.height;
  }
  return [
    ...gridLines(sketch, headHeight, bodyHeight),
    ...blocks.milestones.lines(headHeight + bodyHeight),
    ...parts,
  ];
}

function heightOf({ head, body, foot }: Blocks): number {
  return sumOf(head) + sumOf(body) + sumOf(foot);
}

function sumOf(blocks: readonly Block[]): number {
  return blocks.reduce((total, block) => total + block.height, 0);
}

/** Failed requests are hatched: red and blue are not for everybody. */
function hatch(idPrefix: string): string {
  const line = element("line", { x1: 0, y1: 0, x2: 0, y2: 5, class: "hatch" });
  const pattern = {
    id: `${idPrefix}hatch`,
    width: 5,
    height: 5,
    patternUnits: "userSpaceOnUse",
    patternTransform: "rotate(45)",
  };
  return element("defs", {}, element("pattern", pattern, line));
}
