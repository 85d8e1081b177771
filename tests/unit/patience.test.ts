//! Goal: what fails is tried for a while, left alone for a while, and tried anew. Method: moments of a
//! clock that moves only when told to.

import { Patience } from "../../operator/patience.ts";
import { FakeClock } from "../fakes/clock.ts";

let clock: FakeClock;
let patience: Patience;

beforeEach(() => {
  clock = new FakeClock();
  patience = new Patience(clock, { forMs: 1_500, restMs: 5_400 });
});

test("what has not failed is tried", () => {
  expect(patience.lasts()).toBe(true);
  patience.note(true);
  clock.advance(1_000_000);
  expect(patience.lasts()).toBe(true);
});

test.each([
  [0, true],
  [1_500, true],
  [1_501, false],
  [6_900, false],
  [6_901, true],
])("failing for %i ms, counted from the first time, it is tried: %s", (failingMs, lasts) => {
  patience.note(false);
  clock.advance(failingMs);
  patience.note(false);
  expect(patience.lasts()).toBe(lasts);
});

test("after the rest it is tried for as long as at first", () => {
  patience.note(false);
  clock.advance(7_000);
  expect(patience.lasts()).toBe(true);
  patience.note(false);
  clock.advance(1_500);
  expect(patience.lasts()).toBe(true);
  clock.advance(1);
  expect(patience.lasts()).toBe(false);
});

test("one success forgets all of it", () => {
  patience.note(false);
  clock.advance(1_499);
  patience.note(true);
  clock.advance(1_000);
  expect(patience.lasts()).toBe(true);
});
