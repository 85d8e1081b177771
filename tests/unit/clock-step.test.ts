//! Goal: a database clock that was set is found out, and a slow answer is not taken for one.
//! Method: random clocks with small drift, random delays, and now and then a step.

import * as fc from "fast-check";
import { type ClockSample, ClockStepDetector } from "../../operator/clock-step.ts";

const toleranceMs = 300;

interface Look {
  readonly restMs: number;
  readonly thereMs: number;
  readonly backMs: number;
}

const looks = fc.array(
  fc.record({
    restMs: fc.integer({ min: 0, max: 5_000 }),
    thereMs: fc.integer({ min: 0, max: 1_000 }),
    backMs: fc.integer({ min: 0, max: 1_000 }),
  }),
  { minLength: 2, maxLength: 20 },
);

/** What a detector hears when the clock is read at each look; `setMs` moves the clock. */
function samplesOf(made: readonly Look[], setMs: readonly number[] = []): readonly ClockSample[] {
  let nowMs = 0;
  let offsetMs = 1_000_000;
  return made.map(({ restMs, thereMs, backMs }, index) => {
    const sentMs = nowMs + restMs;
    offsetMs += setMs[index] ?? 0;
    const clockMs = sentMs + thereMs + offsetMs;
    nowMs = sentMs + thereMs + backMs;
    return { sentMs, receivedMs: nowMs, clockMs };
  });
}

test("the first look finds nothing", () => {
  const detector = new ClockStepDetector(toleranceMs);
  expect(detector.observe({ sentMs: 0, receivedMs: 5, clockMs: -7_000 })).toBe(0);
});

test("no delay, however long, is taken for a step", () => {
  fc.assert(
    fc.property(looks, (made) => {
      const detector = new ClockStepDetector(toleranceMs);
      for (const sample of samplesOf(made)) expect(detector.observe(sample)).toBe(0);
    }),
  );
});

test("a step by more than the tolerance and the delays is found, with its direction, once", () => {
  fc.assert(
    fc.property(looks, fc.nat(18), fc.boolean(), (made, at, isForward) => {
      const index = 1 + (at % (made.length - 1));
      const delaysMs = 4_000;
      const stepMs = (isForward ? 1 : -1) * (toleranceMs + delaysMs + 1);
      const setMs = made.map((_, place) => (place === index ? stepMs : 0));
      const detector = new ClockStepDetector(toleranceMs);
      const found = samplesOf(made, setMs).map((sample) => detector.observe(sample));
      expect(found.map((byMs) => Math.sign(byMs))).toEqual(
        made.map((_, place) => (place === index ? Math.sign(stepMs) : 0)),
      );
      // It never claims more than was surely set.
      expect(Math.abs(found[index] ?? 0)).toBeLessThanOrEqual(Math.abs(stepMs));
    }),
  );
});

test("with answers that take no time the tolerance is the bound", () => {
  const look = (stepMs: number): number => {
    const detector = new ClockStepDetector(toleranceMs);
    detector.observe({ sentMs: 0, receivedMs: 0, clockMs: 0 });
    return detector.observe({ sentMs: 1_000, receivedMs: 1_000, clockMs: 1_000 + stepMs });
  };
  expect(look(toleranceMs)).toBe(0);
  expect(look(-toleranceMs)).toBe(0);
  expect(look(toleranceMs + 1)).toBe(1);
  expect(look(-toleranceMs - 1)).toBe(-1);
});
