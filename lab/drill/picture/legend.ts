//! What the colours and shapes mean: only of what is in the picture, in as many lines as it takes.

import { textWidth } from "./labels.ts";
import type { Picture, Tone } from "./picture.ts";
import { blockOf, type Block, type Sketch } from "./sketch.ts";
import { cross, flag } from "./shapes.ts";
import { element, textAt } from "./svg.ts";
import { isDrawn } from "./window.ts";
import { labelSize } from "./theme.ts";

type Kind = Tone | "good" | "failed";

const meanings: readonly (readonly [Kind, string])[] = [
  ["fault", "fault, until healed"],
  ["command", "command of a person"],
  ["serving", "users reached it through DNS"],
  ["writes", "acknowledged writes"],
  ["stale", "wrote after a newer epoch began"],
  ["refuses", "answers, and refuses to write"],
  ["silent", "asked, without a certain answer"],
  ["lease", "lease, by the operators' own account"],
  ["hold", "a guard forbids what is due"],
  ["good", "good requests"],
  ["failed", "failed requests"],
  ["lost", "acknowledged and lost"],
  ["step", "step, from intended to done"],
  ["open", "step not done"],
  ["refused", "refused"],
];

const lineHeight = 18;
const swatchWidth = 16;
const between = 18;

export function legendBlock(picture: Picture, { width, idPrefix }: Sketch): Block {
  const present = kindsIn(picture);
  const items: { readonly kind: Kind; readonly text: string; x: number; line: number }[] = [];
  let [x, line] = [0, 0];
  for (const [kind, text] of meanings.filter(([one]) => present.has(one))) {
    const itemWidth = swatchWidth + 6 + textWidth(text, labelSize);
    if (x > 0 && x + itemWidth > width) [x, line] = [0, line + 1];
    items.push({ kind, text, x, line });
    x += itemWidth + between;
  }
  return blockOf((line + 1) * lineHeight + 4, (top) =>
    items.flatMap(({ kind, text, x: left, line: row }) => {
      const middle = top + row * lineHeight + lineHeight / 2;
      const textX = left + swatchWidth + 6;
      return [
        ...swatch(kind, left, middle, idPrefix),
        textAt(text, { x: textX, y: middle + 4, className: "quiet" }),
      ];
    }),
  );
}

function kindsIn({ faults, commands, regions, requests, plans }: Picture): ReadonlySet<Kind> {
  const rows = [...faults, ...[...regions, ...plans].flatMap((group) => group.rows)];
  const kinds = new Set<Kind>(
    rows.flatMap(({ spans, marks }) => [...spans, ...marks].map((one) => one.tone)),
  );
  for (const { tone } of commands) kinds.add(tone);
  if (requests === null) return kinds;
  if (requests.buckets.some(({ good }) => good > 0)) kinds.add("good");
  if (requests.buckets.some(({ failed }) => failed > 0)) kinds.add("failed");
  if (isDrawn(requests.lost)) kinds.add("lost");
  return kinds;
}

function swatch(kind: Kind, x: number, middle: number, idPrefix: string): string[] {
  const right = x + swatchWidth;
  const line = { x1: x, x2: right, y1: middle, y2: middle };
  const centre = x + swatchWidth / 2;
  if (kind === "silent") return [element("line", { ...line, class: kind })];
  if (kind === "lost") {
    return [
      element("line", { x1: centre, x2: centre, y1: middle - 5, y2: middle + 5, class: kind }),
    ];
  }
  if (kind === "refused") {
    return [element("path", { d: cross(centre, middle), class: kind })];
  }
  if (kind === "command") {
    return [element("path", { d: flag(centre - 4, middle), class: kind })];
  }
  const height = kind === "refuses" ? 3 : 11;
  const box = { x, y: middle - height / 2, width: swatchWidth, height, rx: 2 };
  const filled = element("rect", { ...box, class: kind });
  if (kind !== "failed") return [filled];
  return [filled, element("rect", { ...box, fill: `url(#${idPrefix}hatch)` })];
}
