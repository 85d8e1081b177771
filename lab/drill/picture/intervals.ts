//! From moments to stretches of time: whoever answers often enough, answers all the while. Pure.

export interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
  /** How many moments or stretches it was made of. */
  readonly count: number;
}

interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Moments no further apart than `gapMsMax` are one stretch. */
export function intervalsOf(times: readonly number[], gapMsMax: number): Interval[] {
  return joined(
    times.map((atMs) => ({ fromMs: atMs, toMs: atMs })),
    gapMsMax,
  );
}

/** Stretches that overlap, or are no further apart than `gapMsMax`, are one. */
export function joined(stretches: readonly Stretch[], gapMsMax: number): Interval[] {
  const found: Interval[] = [];
  for (const { fromMs, toMs } of stretches.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const last = found.at(-1);
    if (last === undefined || fromMs - last.toMs > gapMsMax) {
      found.push({ fromMs, toMs, count: 1 });
      continue;
    }
    const toMsMax = Math.max(last.toMs, toMs);
    found[found.length - 1] = { fromMs: last.fromMs, toMs: toMsMax, count: last.count + 1 };
  }
  return found;
}
