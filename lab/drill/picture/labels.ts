//! Where words go so that they stay readable: estimates of their width, cuts, and places in which
//! they meet neither each other nor the edge. Fonts differ, so every estimate is generous. Pure.

export interface Box {
  readonly from: number;
  readonly to: number;
}

export interface PlacedLabel {
  readonly text: string;
  readonly x: number;
  readonly anchor: "start" | "middle" | "end";
  readonly inside: boolean;
}

const gap = 5;

/** In a wide sans serif: better too wide than one word over another. */
export function textWidth(text: string, size: number): number {
  let ems = 0;
  for (const character of text) ems += emsOf(character);
  return ems * size;
}

function emsOf(character: string): number {
  if (/[iljft.,:;'|!()[\] ·×-]/.test(character)) return 0.4;
  if (/[mwMW@%→…—]/.test(character)) return 0.98;
  if (/[A-Z]/.test(character)) return 0.74;
  // Scripts outside of Latin are often as wide as they are high.
  return (character.codePointAt(0) ?? 0) > 0x2e7f ? 1 : 0.63;
}

/** The text, or as much of it as fits, with an ellipsis; "" when not even that. */
export function fitText(text: string, widthMax: number, size: number): string {
  if (textWidth(text, size) <= widthMax) return text;
  const characters = [...text];
  let width = textWidth("…", size);
  let kept = 0;
  for (const character of characters) {
    width += textWidth(character, size);
    if (width > widthMax) break;
    kept += 1;
  }
  return kept < 3 ? "" : `${characters.slice(0, kept).join("").trimEnd()}…`;
}

/** Inside of what it names if it fits, else to its right, else to its left, else where more is. */
export function placeBeside(text: string, named: Box, bounds: Box, size: number): PlacedLabel {
  const width = textWidth(text, size);
  if (width + 2 * gap <= named.to - named.from) {
    return { text, x: named.from + gap, anchor: "start", inside: true };
  }
  const right = bounds.to - named.to - gap;
  const left = named.from - gap - bounds.from;
  const inner = named.to - named.from - 2 * gap;
  if (width > Math.max(right, left) && inner >= Math.max(right, left)) {
    const cut = fitText(text, inner, size);
    return { text: cut, x: named.from + gap, anchor: "start", inside: true };
  }
  if (width <= right || right >= left) {
    return { text: fitText(text, right, size), x: named.to + gap, anchor: "start", inside: false };
  }
  return { text: fitText(text, left, size), x: named.from - gap, anchor: "end", inside: false };
}

export interface Anchored {
  readonly text: string;
  /** Where its leader stands. */
  readonly x: number;
}

export interface PackedLabel extends PlacedLabel {
  readonly row: number;
  /** Where the leader stands that ties it to what it names. */
  readonly leaderX: number;
}

interface Taken extends Box {
  readonly row: number;
}

/**
 * Labels on poles, in as many rows as it takes: a label meets neither another label nor a pole, and
 * no pole meets a label. Row 0 is next to what is named. Later ones are placed first, so that their
 * text, which runs to the right, leaves the poles of earlier ones alone.
 */
export function packLabels(labels: readonly Anchored[], bounds: Box, size: number): PackedLabel[] {
  const taken: Taken[] = [];
  const ordered = labels
    .map((label, i) => ({ ...label, i }))
    .sort((a, b) => b.x - a.x || a.i - b.i);
  const packed = ordered.map(({ text, x, i }) => {
    const label = beside(text, x, bounds, size);
    let row = 0;
    while (meets(taken, label.box, x, row)) row += 1;
    taken.push({ ...label.box, row });
    for (let below = 0; below < row; below += 1) taken.push({ from: x - 1, to: x + 1, row: below });
    const { text: shown, at, anchor } = label;
    return { text: shown, x: at, anchor, inside: false, row, leaderX: x, i };
  });
  return packed.sort((a, b) => a.i - b.i).map(({ i: _, ...label }) => label);
}

function meets(taken: readonly Taken[], box: Box, poleX: number, row: number): boolean {
  return taken.some((other) => {
    if (other.row === row) return other.from < box.to + gap && other.to > box.from - gap;
    return other.row < row && other.from < poleX + 2 && other.to > poleX - 2;
  });
}

interface Beside {
  readonly text: string;
  readonly at: number;
  readonly anchor: "start" | "end";
  readonly box: Box;
}

function beside(text: string, x: number, bounds: Box, size: number): Beside {
  const width = textWidth(text, size);
  const [right, left] = [bounds.to - x - gap, x - gap - bounds.from];
  if (width <= right || right >= left) {
    const shown = fitText(text, right, size);
    const at = x + gap;
    return { text: shown, at, anchor: "start", box: { from: x, to: at + textWidth(shown, size) } };
  }
  const shown = fitText(text, left, size);
  const at = x - gap;
  return { text: shown, at, anchor: "end", box: { from: at - textWidth(shown, size), to: x } };
}
