//! From milliseconds to the width of the picture, and where the axis has its ticks. Pure.

import type { Extent } from "./picture.ts";

export interface Scale extends Extent {
  readonly left: number;
  readonly right: number;
  x(atMs: number): number;
}

export interface Tick {
  readonly atMs: number;
  readonly label: string;
}

const tickWidthMin = 46;
const stepsMs = [100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 60_000, 120_000, 300_000];

export function scaleOf({ fromMs, toMs }: Extent, left: number, right: number): Scale {
  const lengthMs = Math.max(1, toMs - fromMs);
  return {
    fromMs,
    toMs,
    left,
    right,
    x: (atMs) => {
      const share = Math.min(1, Math.max(0, (atMs - fromMs) / lengthMs));
      return left + share * (right - left);
    },
  };
}

/** At round distances from zero. */
export function ticksOf({ fromMs, toMs, left, right }: Scale, zeroAtMs: number): Tick[] {
  const countMax = Math.max(2, Math.floor((right - left) / tickWidthMin));
  const needed = (toMs - fromMs) / countMax;
  const stepMs = stepsMs.find((ms) => ms >= needed) ?? Math.ceil(needed / 600_000) * 600_000;
  const ticks: Tick[] = [];
  const first = Math.ceil((fromMs - zeroAtMs) / stepMs);
  for (let n = first; zeroAtMs + n * stepMs <= toMs; n += 1) {
    const seconds = Math.round(n * stepMs) / 1_000;
    const text = String(Math.abs(seconds));
    ticks.push({ atMs: zeroAtMs + n * stepMs, label: `${seconds < 0 ? "−" : ""}${text} s` });
  }
  return ticks;
}
