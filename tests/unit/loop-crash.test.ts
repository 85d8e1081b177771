//! Goal: the operator may be killed at any point and the failover ends the same, in the same order.
//! Method: count the ticks and port calls of an undisturbed failover, then repeat it once for each
//! of them with a process that ends there and another that starts over the same fakes.

import { TwoRegions } from "../fakes/two-regions.ts";
import { Crash } from "../fakes/wire.ts";

interface End {
  readonly serves: boolean;
  readonly primary: string;
  readonly lost: readonly string[];
}

const isFinished = (earth: TwoRegions) => earth.kinds().at(-1) === "plan-finished";

function endOf(earth: TwoRegions): End {
  const { standby, records, events } = earth;
  return {
    serves: earth.serves(standby.name),
    primary: records.primary,
    lost: events.filter((event) => /takeOver|promote|grant/.test(event)).map(firstWord),
  };
}

function firstWord(event: string): string {
  return /takeOver|promote|grant/.exec(event)?.[0] ?? event;
}

const wanted = (earth: TwoRegions): End => ({
  serves: true,
  primary: earth.standby.name,
  lost: ["takeOver", "promote", "grant"],
});

/** Grants may be repeated (the lease may run out while nobody runs); their first one counts. */
function withoutRepeats(end: End): End {
  return { ...end, lost: end.lost.filter((event, index) => end.lost.indexOf(event) === index) };
}

async function lose(): Promise<TwoRegions> {
  const earth = await new TwoRegions().begin();
  earth.events.length = 0;
  earth.active.lose();
  return earth;
}

test("a process killed before any of its ticks leaves the same end", async () => {
  const calm = await lose();
  const firstTick = calm.standby.ticks;
  await calm.until("it is done", () => isFinished(calm));
  const ticks = calm.standby.ticks - firstTick;
  expect(ticks).toBeGreaterThan(8);

  for (let killed = 1; killed <= ticks; killed += 1) {
    const earth = await lose();
    const at = earth.standby.ticks + killed;
    await earth.until("the tick comes", () => earth.standby.ticks >= at);
    earth.standby.restart();
    await earth.until(`it is done, killed before tick ${killed}`, () => isFinished(earth));
    expect(withoutRepeats(endOf(earth))).toEqual(wanted(earth));
    earth.assertOneWriter();
  }
});

test.each(["before", "after"] as const)(
  "a process killed %s the effect of any of its calls leaves the same end",
  async (moment) => {
    const calm = await lose();
    let calls = 0;
    calm.standby.onEveryCall((_call, when) => (calls += when === moment ? 1 : 0));
    await calm.until("it is done", () => isFinished(calm));
    expect(calls).toBeGreaterThan(100);

    for (let killed = 1; killed <= calls; killed += 1) {
      const earth = await lose();
      let left = killed;
      earth.standby.onEveryCall(({ name }, when) => {
        if (when !== moment) return;
        left -= 1;
        if (left === 0) throw new Crash(`${moment} ${name}`);
      });
      await earth.until(`it is done, killed at call ${killed}`, () => isFinished(earth));
      expect(earth.standby.restarts).toBe(1);
      expect(withoutRepeats(endOf(earth))).toEqual(wanted(earth));
      earth.assertOneWriter();
    }
  },
);

test("a process that starts in the middle waits before it grants an epoch it did not take", async () => {
  const { leaseMs, marginMs } = labTiming();
  const earth = await lose();
  await earth.until("it is taken", () => earth.events.some((event) => event.includes("takeOver")));
  const restartedMs = earth.clock.monotonicMs();
  earth.standby.restart();
  await earth.until("it is granted", () => earth.events.some((event) => event.includes("grant")));
  expect(earth.clock.monotonicMs() - restartedMs).toBeGreaterThanOrEqual(leaseMs + marginMs);

  const undisturbed = await lose();
  await undisturbed.until("it is taken", () =>
    undisturbed.events.some((event) => event.includes("takeOver")),
  );
  const takenMs = undisturbed.clock.monotonicMs();
  await undisturbed.until("it is granted", () =>
    undisturbed.events.some((event) => event.includes("grant")),
  );
  expect(undisturbed.clock.monotonicMs() - takenMs).toBeLessThan(leaseMs);
});

test("two regions that are both killed again and again still end with one writer", async () => {
  const earth = await new TwoRegions().begin();
  earth.active.wires.arbiter.isDown = true;
  for (let round = 0; round < 60; round += 1) {
    await earth.forMs(150 + 50 * (round % 7));
    earth.regions[round % 2 === 0 ? 0 : 1].restart();
  }
  earth.active.wires.arbiter.isDown = false;
  await earth.forMs(20_000);
  expect(earth.regions.filter(({ name }) => earth.serves(name))).toHaveLength(1);
  earth.assertOneWriter();
});

function labTiming() {
  return new TwoRegions().topology.lease;
}
