//! A clock that moves only when a test says so. Tasks run in the order of their times, and what they
//! leave to promises is done before the next one runs.

import type { Clock } from "../../lab/route53/clock.ts";

export interface FakeClock extends Clock {
  advance(byMs: number): Promise<void>;
  /** Tasks that wait for their time. */
  pending(): number;
}

interface Task {
  readonly atMs: number;
  readonly run: () => void;
}

export function createFakeClock(startMs = 1_000_000): FakeClock {
  let nowMs = startMs;
  const tasks = new Set<Task>();
  const next = (untilMs: number): Task | undefined =>
    Array.from(tasks)
      .filter(({ atMs }) => atMs <= untilMs)
      .toSorted((one, other) => one.atMs - other.atMs)[0];

  return {
    nowMs: () => nowMs,
    after(delayMs, run) {
      const task = { atMs: nowMs + delayMs, run };
      tasks.add(task);
      return () => tasks.delete(task);
    },
    async advance(byMs) {
      const untilMs = nowMs + byMs;
      for (let task = next(untilMs); task !== undefined; task = next(untilMs)) {
        tasks.delete(task);
        nowMs = task.atMs;
        task.run();
        await new Promise((resolve) => setImmediate(resolve));
      }
      nowMs = untilMs;
    },
    pending: () => tasks.size,
  };
}
