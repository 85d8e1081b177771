//! An answer that is good for a while: asked for at most once in that time, shared by all who
//! ask meanwhile. For pages that many people may look at; decisions have the lease watch.

import type { Clock } from "./ports.ts";

export function remembered<T>(clock: Clock, forMs: number, ask: () => Promise<T>) {
  let answer: Promise<T> | undefined;
  let askedAtMs = Number.NEGATIVE_INFINITY;
  return (): Promise<T> => {
    const nowMs = clock.nowMs();
    if (answer === undefined || nowMs - askedAtMs >= forMs) {
      askedAtMs = nowMs;
      answer = ask();
    }
    return answer;
  };
}
