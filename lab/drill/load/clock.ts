//! Wall-clock milliseconds with a fraction that never jump: one reading of the wall clock at the
//! start, the monotonic clock from then on. All times of one ledger come from one such clock.

export type Clock = () => number;

export function steadyClock(): Clock {
  const wallMs = Date.now();
  const monotonicMs = performance.now();
  return () => Math.round((wallMs + performance.now() - monotonicMs) * 1_000) / 1_000;
}
