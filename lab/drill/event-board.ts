//! What a drill has seen happen, and who waits for it. An event happens once: the first time counts.

import type { DrillEventName } from "./scenarios/scenario.ts";

export interface EventBoard {
  note(event: DrillEventName, atMs: number): void;
  atMs(event: DrillEventName): number | null;
  /** Resolves with the time of the last of them when all have been seen; rejects on abort. */
  when(events: readonly DrillEventName[], signal: AbortSignal): Promise<number>;
  readonly seen: Readonly<Partial<Record<DrillEventName, number>>>;
}

export function newEventBoard(): EventBoard {
  const seen = new Map<DrillEventName, number>();
  const waiting = new Set<() => void>();

  const lastOf = (events: readonly DrillEventName[]): number | null => {
    const times = events.map((event) => seen.get(event));
    return times.includes(undefined) ? null : Math.max(...times.map((atMs) => atMs ?? 0));
  };

  return {
    note(event, atMs) {
      if (seen.has(event)) return;
      seen.set(event, atMs);
      for (const look of waiting) look();
    },
    atMs: (event) => seen.get(event) ?? null,
    when: (events, signal) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const atMs = lastOf(events);
          if (atMs === null && !signal.aborted) return;
          waiting.delete(look);
          signal.removeEventListener("abort", look);
          if (atMs === null) reject(new Error("the drill ended before its next event"));
          else resolve(atMs);
        };
        waiting.add(look);
        signal.addEventListener("abort", look);
        look();
      }),
    get seen() {
      return Object.fromEntries(seen);
    },
  };
}
