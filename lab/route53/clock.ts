//! Time as Route 53's model sees it. Injected, so that a test can hold it still.

export interface Clock {
  /** Milliseconds since the epoch. */
  nowMs(): number;
  /** Runs `task` once after `delayMs`; the returned function takes it back. */
  after(delayMs: number, task: () => void): () => void;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
};

export interface ScopedClock extends Clock {
  /** Takes back every task that still waits. */
  cancelAll(): void;
}

/** The same time, with tasks that can be given up together: so that an owner leaves none behind. */
export function createScopedClock(clock: Clock): ScopedClock {
  const cancels = new Set<() => void>();
  return {
    nowMs: () => clock.nowMs(),
    after(delayMs, task) {
      const forget = (): boolean => cancels.delete(cancel);
      const revoke = clock.after(delayMs, () => {
        forget();
        task();
      });
      const cancel = (): void => {
        forget();
        revoke();
      };
      cancels.add(cancel);
      return cancel;
    },
    cancelAll() {
      for (const cancel of cancels) cancel();
    },
  };
}
