//! Goal: answers that are late or lost, and two regions that want the same, never cost safety and
//! never leave the lease with somebody who does nothing with it. Method: hold single calls on their
//! way, let the world move meanwhile, and look how it ends.

import { tick } from "../../operator/loop.ts";
import { TwoRegions } from "../fakes/two-regions.ts";

let earth: TwoRegions;

beforeEach(async () => {
  earth = await new TwoRegions({ blockPeriodSeconds: 0 }).begin();
  earth.events.length = 0;
});

afterEach(() => earth.assertOneWriter());

const isTaken = () => earth.events.some((event) => event.includes("takeOver"));

async function untilPlanStarts(): Promise<void> {
  earth.active.lose();
  earth.standby.wires.arbiter.failBefore("takeOver");
  await earth.until("a plan is started", () => earth.kinds().includes("plan-started"));
}

test("a renewal that is seen after the verdict and before the takeover stops the takeover", async () => {
  await untilPlanStarts();
  await earth.turn();
  expect(isTaken()).toBe(false);

  // An append fails, so the journal is read again; the verdict is older than that answer.
  const { arbiter } = earth.standby.wires;
  const { operator, board } = earth.standby.process;
  arbiter.failBefore("journal.append");
  await operator.journal.append([]);
  earth.clock.advance(500);
  const release = arbiter.hold("journal.read");
  const ticking = tick(operator);
  earth.active.comeBack();
  await earth.active.process.holder.renew();
  await board.refresh();
  release();
  await ticking;
  expect(earth.serves(earth.active.name)).toBe(true);
  expect(isTaken()).toBe(false);
});

test("a holder that lets go in the middle of a forced plan is caught up with first", async () => {
  await untilPlanStarts();
  earth.standby.database.isStreaming = false;
  earth.active.database.position = 900;
  const released = await earth.active.process.holder.release();
  expect(released).toMatchObject({ ok: true });
  await earth.forMs(3_000);
  expect(earth.standby.database.role).toBe("replica");

  earth.active.comeBack();
  earth.active.wires.arbiter.isDown = true;
  earth.standby.database.isStreaming = true;
  await earth.until("it serves", () => earth.serves(earth.standby.name));
  expect(earth.standby.database.position).toBe(900);
});

test("a lease that is taken by a plan already dropped is used all the same", async () => {
  earth.active.lose();
  await earth.until("a plan is started", () => earth.kinds().includes("plan-started"));
  // The takeover is applied, nobody hears of it, and the first that works again is the append.
  const { arbiter } = earth.standby.wires;
  arbiter.failAfter("takeOver");
  arbiter.failBefore("read");
  arbiter.failBefore("read");
  await earth.turn(0);
  expect(isTaken()).toBe(true);
  const { operator } = earth.standby.process;
  earth.clock.advance(earth.topology.detection.readingAgeMsMax + 1);
  await tick(operator);
  expect(earth.kinds()).toContain("plan-abandoned");
  await earth.until("it serves", () => earth.serves(earth.standby.name));
});

test("two regions that both want a released lease leave it with one that uses it", async () => {
  const released = await earth.active.process.holder.release();
  expect(released).toMatchObject({ ok: true });
  earth.active.restart();
  await earth.until("somebody serves", () => earth.regions.some(({ name }) => earth.serves(name)));
  await earth.forMs(10_000);
  expect(earth.regions.filter(({ name }) => earth.serves(name))).toHaveLength(1);
});

test.each(Array.from({ length: 40 }, (_, index) => index))(
  "the race for a released lease ends well, whoever is slower (%i)",
  async (seed) => {
    const released = await earth.active.process.holder.release();
    expect(released).toMatchObject({ ok: true });
    earth.active.restart();
    await earth.active.process.lookout.lookAtDatabase();
    await earth.active.process.lookout.lookAtLease();
    await earth.standby.process.lookout.lookAtLease();
    // Each bit says who ticks next.
    for (let step = 0; step < 12; step += 1) {
      const region = earth.regions[((seed * 2_654_435_761) >>> step) & 1];
      if (region === undefined) continue;
      await tick(region.process.operator);
    }
    await earth.until("somebody serves", () =>
      earth.regions.some(({ name }) => earth.serves(name)),
    );
    await earth.forMs(5_000);
    expect(earth.regions.filter(({ name }) => earth.serves(name))).toHaveLength(1);
  },
);

test("a first epoch whose answer was lost is granted all the same", async () => {
  const fresh = new TwoRegions();
  fresh.active.wires.arbiter.failAfter("open");
  await fresh.until("it serves", () => fresh.serves(fresh.active.name));
  expect(fresh.table.item).toMatchObject({ epoch: 1, holder: fresh.active.name });
  fresh.assertOneWriter();
});

test("a process killed between opening the first epoch and granting it is replaced", async () => {
  const fresh = new TwoRegions();
  fresh.active.wires.database.failBefore("grantLease");
  await fresh.until("it is opened", () => fresh.table.item !== "absent");
  fresh.active.restart();
  await fresh.until("it serves", () => fresh.serves(fresh.active.name));
  expect(fresh.table.item).toMatchObject({ epoch: 1, holder: fresh.active.name });
  fresh.assertOneWriter();
});

test("a holder whose database is gone learns that it lost the lease, and watches again", async () => {
  earth.active.wires.database.isDown = true;
  await earth.until("the other one serves", () => earth.serves(earth.standby.name));
  await earth.forMs(2_000);
  expect(earth.active.process.lookout.watching).toBe(true);
});
