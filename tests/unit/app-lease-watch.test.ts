//! Goal: an answer about the lease is never older than it may be, and the database is not asked
//! more often than needed.
//! Method: a database that answers when the test says so, and a clock that the test moves.

import { fadingHandover } from "../../app/closing.ts";
import { LeaseWatch } from "../../app/lease-watch.ts";
import { recycleOnChange, prepareWhenServing } from "../../app/on-look.ts";
import type { ServingState } from "../../app/ports.ts";
import {
  FakeClock,
  closedHere,
  lapsedHere,
  servingHere,
  silentLog,
  standbyHere,
} from "./app-fakes.ts";

interface Question {
  answer(state: ServingState): void;
  fail(message: string): void;
}

const unanswered: Question[] = [];

afterEach(() => {
  for (const question of unanswered.splice(0)) question.answer(standbyHere);
});

function watchAnswered(askTimeoutMs = 30_000) {
  const clock = new FakeClock();
  const questions: Question[] = [];
  const seen: ServingState[] = [];
  const watch = new LeaseWatch({
    clock,
    ageMsMax: 500,
    waitingAgeMsMax: 150,
    handoverAgeMsMax: 20,
    askTimeoutMs,
    ask: () =>
      new Promise((resolve, reject) => {
        const question: Question = {
          answer: resolve,
          fail: (message) => reject(new Error(message)),
        };
        questions.push(question);
        unanswered.push(question);
      }),
    onLook: (state) => seen.push(state),
  });
  const question = (index: number): Question => {
    const found = questions[index];
    if (found === undefined) throw new Error(`question ${index} was not asked`);
    return found;
  };
  return { clock, watch, questions, question, seen };
}

const turns = () => new Promise((resolve) => setImmediate(resolve));

test("before the first answer the state is unknown", () => {
  expect(watchAnswered().watch.latest()).toMatchObject({ role: "unknown" });
});

test("many who ask at once share one question", async () => {
  const { watch, question, questions, seen } = watchAnswered();
  const all = Promise.all([watch.current(), watch.current(), watch.current()]);
  question(0).answer(servingHere);
  expect(await all).toEqual([servingHere, servingHere, servingHere]);
  expect(questions).toHaveLength(1);
  expect(seen).toEqual([servingHere]);
});

test("an answer is used for half a second from when it was asked, then asked anew", async () => {
  const { clock, watch, question, questions } = watchAnswered();
  const first = watch.current();
  clock.advance(200);
  question(0).answer(servingHere);
  await first;
  clock.advance(299);
  await watch.current();
  expect(questions).toHaveLength(1);
  clock.advance(1);
  void watch.current();
  expect(questions).toHaveLength(2);
});

test("a serving state is not used past the end of the lease it saw", async () => {
  const { clock, watch, question, questions } = watchAnswered();
  const first = watch.current();
  question(0).answer({ ...servingHere, remainingMs: 100 } as ServingState);
  await first;
  clock.advance(99);
  await watch.current();
  expect(questions).toHaveLength(1);
  clock.advance(1);
  void watch.current();
  expect(questions).toHaveLength(2);
});

test("a lease that may have run out while its answer was on the way is no lease", async () => {
  const { clock, watch, question } = watchAnswered();
  const first = watch.current();
  clock.advance(100);
  question(0).answer({ ...servingHere, remainingMs: 100 } as ServingState);
  expect(await first).toMatchObject({ role: "fenced", epoch: 7 });
});

test("a fresh look starts after it was asked for, even while a question is under way", async () => {
  const { watch, question, questions } = watchAnswered();
  const early = watch.current();
  const looks = Promise.all([watch.look(), watch.look()]);
  question(0).answer(servingHere);
  expect(await early).toEqual(servingHere);
  await turns();
  expect(questions).toHaveLength(2);
  question(1).answer(standbyHere);
  expect((await looks).map(({ state }) => state)).toEqual([standbyHere, standbyHere]);
});

test("a fresh look asks although the last answer is new, and says when it was asked", async () => {
  const { clock, watch, question, questions } = watchAnswered();
  const first = watch.current();
  question(0).answer(servingHere);
  await first;
  const look = watch.look();
  const askedAtMs = clock.nowMs();
  clock.advance(50);
  question(1).answer(servingHere);
  expect(await look).toEqual({ state: servingHere, askedAtMs });
  expect(questions).toHaveLength(2);
});

test("a failed question is unknown, and the next one can succeed", async () => {
  const { clock, watch, question } = watchAnswered();
  const first = watch.current();
  question(0).fail("connection refused");
  expect(await first).toMatchObject({ role: "unknown", databaseAnswers: false });
  clock.advance(500);
  const second = watch.current();
  question(1).answer(servingHere);
  expect(await second).toEqual(servingHere);
});

test("a region that waits asks again sooner than one that serves", async () => {
  const { clock, watch, question, questions } = watchAnswered();
  const first = watch.current();
  question(0).answer(standbyHere);
  await first;
  clock.advance(149);
  expect(await watch.current()).toEqual(standbyHere);
  clock.advance(1);
  const second = watch.current();
  question(1).answer(servingHere);
  expect(await second).toEqual(servingHere);
  clock.advance(499);
  expect(await watch.current()).toEqual(servingHere);
  expect(questions).toHaveLength(2);
});

test("during a handover it asks again after a moment, and many share that question", async () => {
  const { clock, watch, question, questions } = watchAnswered();
  const first = watch.current();
  question(0).answer(closedHere);
  await first;
  clock.advance(19);
  expect(await watch.current()).toEqual(closedHere);
  expect(questions).toHaveLength(1);
  clock.advance(1);
  const all = Promise.all([watch.current(), watch.current(), watch.current()]);
  question(1).answer(servingHere);
  expect(await all).toEqual([servingHere, servingHere, servingHere]);
  expect(questions).toHaveLength(2);
});

test("a closing announces a handover for a while only, and a later one does so again", () => {
  const clock = new FakeClock();
  const fade = fadingHandover(clock, 15_000);
  const silent = { role: "unknown", because: "no answer", databaseAnswers: false } as const;
  expect(fade(closedHere)).toEqual(closedHere);
  clock.advance(14_999);
  expect(fade(silent)).toEqual(silent);
  expect(fade(closedHere)).toEqual(closedHere);
  clock.advance(1);
  expect(fade(closedHere)).toEqual({ ...closedHere, handover: false });
  expect(fade({ ...closedHere, epoch: 8 })).toMatchObject({ handover: true });
  expect(fade(lapsedHere)).toEqual(lapsedHere);
  expect(fade(closedHere)).toEqual(closedHere);
});

test("a question that nobody answers is given up", async () => {
  const { watch } = watchAnswered(20);
  expect(await watch.current()).toMatchObject({ role: "unknown" });
});

test("pools are recycled when role, epoch or server change, not when nothing is known", () => {
  const recycled: string[] = [];
  const onLook = recycleOnChange((because) => recycled.push(because));
  const silent = { role: "unknown", because: "no answer", databaseAnswers: false } as const;
  for (const state of [servingHere, silent, servingHere]) onLook(state);
  expect(recycled).toHaveLength(0);
  onLook({ ...servingHere, epoch: 8 } as ServingState);
  expect(recycled).toHaveLength(1);
  onLook({ ...servingHere, epoch: 8, instance: "started later/00000002" } as ServingState);
  expect(recycled).toHaveLength(2);
  onLook(standbyHere);
  expect(recycled).toHaveLength(3);
});

test("the table is made once, only while serving, and tried again after a failure", async () => {
  const clock = new FakeClock();
  let tries = 0;
  const prepare = () => {
    tries += 1;
    return tries === 1 ? Promise.reject(new Error("not yet")) : Promise.resolve();
  };
  const onLook = prepareWhenServing({ clock, log: silentLog, prepare, retryMs: 1_000 });
  onLook(standbyHere);
  expect(tries).toBe(0);
  onLook(servingHere);
  await turns();
  onLook(servingHere);
  expect(tries).toBe(1);
  clock.advance(1_000);
  onLook(servingHere);
  await turns();
  clock.advance(5_000);
  onLook(servingHere);
  expect(tries).toBe(2);
});
