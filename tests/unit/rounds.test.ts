//! Goal: rounds keep their beat, never overlap with themselves, and end when told to.
//! Method: real timers with short beats; nothing here depends on how fast the machine is.

import type { Clock } from "../../failover/ports.ts";
import { Rounds } from "../../operator/rounds.ts";

const clock: Clock = { monotonicMs: () => performance.now(), wallMs: () => Date.now() };

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(2);
}

test("a round starts at once and comes again", async () => {
  const rounds = new Rounds(clock);
  let count = 0;
  rounds.every(60_000, async () => void (count += 1));
  expect(count).toBe(1);
  await rounds.stop();

  const quick = new Rounds(clock);
  quick.every(1, async () => void (count += 1));
  await until(() => count > 5);
  await quick.stop();
});

test("the same round never runs twice at once, however slow it is", async () => {
  const rounds = new Rounds(clock);
  let atOnce = 0;
  let most = 0;
  let count = 0;
  rounds.every(1, async () => {
    atOnce += 1;
    most = Math.max(most, atOnce);
    await pause(15);
    atOnce -= 1;
    count += 1;
  });
  await until(() => count > 3);
  await rounds.stop();
  expect(most).toBe(1);
});

test("a round that hangs delays only itself", async () => {
  const rounds = new Rounds(clock);
  const hung: (() => void)[] = [];
  let count = 0;
  rounds.every(1, () => new Promise<void>((resolve) => hung.push(resolve)));
  rounds.every(1, async () => void (count += 1));
  await until(() => count > 5);
  expect(hung).toHaveLength(1);
  for (const release of hung) release();
  await rounds.stop();
});

test("two rounds are never closer than the beat", async () => {
  const rounds = new Rounds(clock);
  const starts: number[] = [];
  rounds.every(20, async () => void starts.push(performance.now()));
  await until(() => starts.length > 5);
  await rounds.stop();
  const gaps = starts.slice(1).map((startMs, index) => startMs - (starts[index] ?? 0));
  // Timers may fire a millisecond early.
  expect(Math.min(...gaps)).toBeGreaterThan(18);
});

test("the beat is asked anew each time", async () => {
  const rounds = new Rounds(clock);
  let asked = 0;
  rounds.every(
    () => (asked += 1),
    async () => undefined,
  );
  await until(() => asked > 3);
  await rounds.stop();
  expect(asked).toBeGreaterThan(3);
});

test("stop waits for what is under way, and nothing begins after it", async () => {
  const rounds = new Rounds(clock);
  let begun = 0;
  let ended = 0;
  rounds.every(1, async () => {
    begun += 1;
    await pause(30);
    ended += 1;
  });
  await rounds.stop();
  expect(ended).toBe(begun);
  await pause(40);
  expect(begun).toBe(1);
});

test("stop does not wait for the next beat", async () => {
  const rounds = new Rounds(clock);
  let count = 0;
  rounds.every(3_600_000, async () => void (count += 1));
  await pause(5);
  await rounds.stop();
  expect(count).toBe(1);
});
