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
  const characters = Array.from(text);
  let width = textWidth("…", size);
  let kept = 0;
  for (const character of characters) {
    width += textWidth(character, size);
    if (width > widthMax) break;
    kept += 1;
  }
  return kept < 3 ? "" : `${characters.slice(0, kept).join("").trimEnd()}…`;
}

export interface BesideProps {
  readonly size: number;
  /** Whether words may stand in what they name. */
  readonly inside: boolean;
}

/**
 * Inside of what it names if it may and fits, else to its right, else to its left; cut, where no
 * place is wide enough, in the widest one.
 */
export function placeBeside(
  text: string,
  named: Box,
  bounds: Box,
  { size, inside }: BesideProps,
): PlacedLabel {
  const places = [
    { room: named.to - named.from - 2 * gap, x: named.from + gap, anchor: "start", inside: true },
    { room: bounds.to - named.to - gap, x: named.to + gap, anchor: "start", inside: false },
    { room: named.from - gap - bounds.from, x: named.from - gap, anchor: "end", inside: false },
  ] as const;
  const preferred = inside ? places : places.slice(1);
  const width = textWidth(text, size);
  const widest = places.reduce((a, b) => (b.room > a.room ? b : a));
  const { room, ...place } = preferred.find((one) => one.room >= width) ?? widest;
  return { ...place, text: fitText(text, room, size) };
}

export interface Anchored {
  readonly text: string;
  /** Where its leader stands. */
  readonly x: number;
  /** How far to the right of the leader its sign goes, such as a flag. @default 0 */
  readonly reach?: number;
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
 * Labels on poles, in as many rows as it takes: no label meets another one, and where it can be
 * helped no pole meets a label. Row 0 is next to what is named. Later ones are placed first, so that
 * their text, which runs to the right, leaves the poles of earlier ones alone.
 */
export function packLabels(labels: readonly Anchored[], bounds: Box, size: number): PackedLabel[] {
  const texts: Taken[] = [];
  const poles: Taken[] = [];
  const ordered = labels
    .map((label, i) => ({ ...label, i }))
    .sort((a, b) => b.x - a.x || a.i - b.i);
  const packed = ordered.map(({ i, ...anchored }) => {
    const { x } = anchored;
    const { side, row } = placeOnPole(sidesOf(anchored, bounds, size), x, { texts, poles });
    texts.push({ ...side.box, row });
    for (let below = 0; below <= row; below += 1) poles.push({ from: x, to: x, row: below });
    const { text: shown, at, anchor } = side;
    const label: PackedLabel = { text: shown, x: at, anchor, inside: false, row, leaderX: x };
    return { label, i };
  });
  return packed.sort((a, b) => a.i - b.i).map(({ label }) => label);
}

interface OnPole {
  readonly side: Side;
  readonly row: number;
}

interface Placed {
  readonly texts: readonly Taken[];
  readonly poles: readonly Taken[];
}

/** The lowest row without any meeting, else the lowest one that meets no other label. */
function placeOnPole(sides: readonly [Side, ...Side[]], x: number, placed: Placed): OnPole {
  const { texts, poles } = placed;
  const rows = [...Array(texts.length + 1).keys()];
  const places = rows.flatMap((row) => sides.map((side): OnPole => ({ side, row })));
  const legible = places.filter(({ side, row }) => !meetsAny(texts, side.box, row));
  const clean = legible.find(
    ({ side, row }) =>
      !meetsAny(poles, side.box, row) &&
      !texts.some((text) => text.row < row && text.from < x + 2 && text.to > x - 2),
  );
  // One row more than there are labels: there is always one without another label in it.
  return clean ?? legible[0] ?? { side: sides[0], row: texts.length };
}

function meetsAny(taken: readonly Taken[], box: Box, row: number): boolean {
  return taken.some(
    (other) => other.row === row && other.from < box.to + gap - 1 && other.to > box.from - gap + 1,
  );
}

interface Side {
  readonly text: string;
  readonly at: number;
  readonly anchor: "start" | "end";
  readonly box: Box;
}

/** To the right of the pole, or to its left; cut only where it fits on neither side. */
function sidesOf(label: Anchored, bounds: Box, size: number): [Side, ...Side[]] {
  const { text, x, reach = 0 } = label;
  const width = textWidth(text, size);
  const [right, left] = [bounds.to - x - reach - gap, x - gap - bounds.from];
  if (Math.max(right, left) < width) {
    return right >= left
      ? [rightOf(fitText(text, right, size), x + reach, size)]
      : [leftOf(fitText(text, left, size), x, size)];
  }
  if (right < width) return [leftOf(text, x, size)];
  return left < width
    ? [rightOf(text, x + reach, size)]
    : [rightOf(text, x + reach, size), leftOf(text, x, size)];
}

function rightOf(text: string, x: number, size: number): Side {
  const at = x + gap;
  return { text, at, anchor: "start", box: { from: at, to: at + textWidth(text, size) } };
}

function leftOf(text: string, x: number, size: number): Side {
  const at = x - gap;
  return { text, at, anchor: "end", box: { from: at - textWidth(text, size), to: at } };
}
