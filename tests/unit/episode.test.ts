//! Goal: what a process remembers for its own convenience is right, and ends with its plan.
//! Method: a few verdicts and attempts in a row.

import type { VerdictKind } from "../../failover/verdict.ts";
import { type Attempt, Episode } from "../../operator/episode.ts";

const verdict = (kind: VerdictKind) => ({ kind, because: ["why"] });
const attempt: Attempt = {
  planId: "failover-2",
  step: "promote-database",
  call: "do",
  everyMs: 1_000,
  nowMs: 50,
};

test("calm until the verdict leaves stay, and calm again when it returns", () => {
  const episode = new Episode();
  expect(episode.calm).toBe(true);
  episode.note(verdict("stay"), 1);
  expect(episode.calm).toBe(true);
  episode.note(verdict("hold"), 2);
  expect(episode.calm).toBe(false);
  episode.note(verdict("stay"), 3);
  expect(episode.calm).toBe(true);
});

test("suspicion dates from its first moment, whatever it grows into", () => {
  const episode = new Episode();
  expect(episode.suspectedAtMs(99)).toBe(99);
  episode.note(verdict("suspect"), 10);
  episode.note(verdict("seize"), 20);
  expect(episode.suspectedAtMs(99)).toBe(10);
  episode.note(verdict("stay"), 30);
  episode.note(verdict("suspect"), 40);
  expect(episode.suspectedAtMs(99)).toBe(40);
});

test("it says when the kind of the verdict changes", () => {
  const episode = new Episode();
  const kinds: readonly VerdictKind[] = ["stay", "suspect", "suspect", "hold", "seize", "stay"];
  expect(kinds.map((kind) => episode.note(verdict(kind), 1))).toEqual([
    false,
    true,
    false,
    true,
    true,
    true,
  ]);
});

test("an attempt is due at once, and again when its time has passed", () => {
  const episode = new Episode();
  expect(episode.isDue(attempt)).toBe(true);
  expect(episode.isDue({ ...attempt, nowMs: 1_049 })).toBe(false);
  expect(episode.isDue({ ...attempt, nowMs: 1_050 })).toBe(true);
  expect(episode.isDue({ ...attempt, nowMs: 2_049 })).toBe(false);
});

test("check and do, steps and plans are counted apart", () => {
  const episode = new Episode();
  expect(episode.isDue(attempt)).toBe(true);
  expect(episode.isDue({ ...attempt, call: "check" })).toBe(true);
  expect(episode.isDue({ ...attempt, step: "scale-up" })).toBe(true);
  expect(episode.isDue({ ...attempt, planId: "failover-20" })).toBe(true);
});

test("the end of a plan forgets its attempts and no others", () => {
  const episode = new Episode();
  episode.isDue(attempt);
  episode.isDue({ ...attempt, planId: "failover-20" });
  episode.end("failover-2");
  expect(episode.isDue(attempt)).toBe(true);
  expect(episode.isDue({ ...attempt, planId: "failover-20" })).toBe(false);
});
