//! Small shapes as paths, each around its middle. Numbers are rounded: the same evidence must give
//! the same bytes.

export function cross(x: number, y: number): string {
  const [l, r, t, b] = around(x, y, 3.5);
  return `M${l} ${t}L${r} ${b}M${r} ${t}L${l} ${b}`;
}

export function diamond(x: number, y: number): string {
  const [l, r, t, b] = around(x, y, 5);
  return `M${l} ${tenths(y)}L${tenths(x)} ${t}L${r} ${tenths(y)}L${tenths(x)} ${b}Z`;
}

/** Its pole is at `x`. */
export function flag(x: number, y: number): string {
  return `M${tenths(x)} ${tenths(y - 5)}l8 3.5l-8 3.5Z`;
}

/** A line with an end at either side, broken between `gapFrom` and `gapTo` for words. */
export function bracket(y: number, { from, to, gapFrom, gapTo }: BracketProps): string {
  const ends = `M${tenths(from)} ${tenths(y - 4)}v8M${tenths(to)} ${tenths(y - 4)}v8`;
  const left = gapFrom > from ? line(y, from, Math.min(to, gapFrom)) : "";
  const right = gapTo < to ? line(y, Math.max(from, gapTo), to) : "";
  return `${ends}${gapFrom >= to ? line(y, from, to) : left + right}`;
}

function line(y: number, from: number, to: number): string {
  return `M${tenths(from)} ${tenths(y)}H${tenths(to)}`;
}

export interface BracketProps {
  readonly from: number;
  readonly to: number;
  readonly gapFrom: number;
  readonly gapTo: number;
}

function around(x: number, y: number, half: number): readonly [string, string, string, string] {
  return [tenths(x - half), tenths(x + half), tenths(y - half), tenths(y + half)];
}

export function tenths(value: number): string {
  if (!Number.isFinite(value)) throw new Error(`a place in the picture is ${value}`);
  return String(Math.round(value * 10) / 10);
}
