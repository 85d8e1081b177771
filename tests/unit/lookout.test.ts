//! Goal: the standby's view of the other region says what is known, and unknown where it is not.
//! Method: the production lookout in two regions in memory, one of whose parts fails.

import { TwoRegions } from "../fakes/two-regions.ts";

let earth: TwoRegions;

beforeEach(async () => {
  earth = await new TwoRegions().begin();
  // Before anybody served, something was suspected and the standby was warmed up.
  earth.standby.capacity.wanted = earth.topology.capacity.standbyReplicas;
  await earth.forMs(1_000);
});
afterEach(() => earth.assertOneWriter());

const healths = () =>
  Object.fromEntries(
    earth.standby.process.lookout.readings.map(({ vantage, health }) => [vantage, health]),
  );

test("on a calm day all four vantages say serving, and the replica is hardly behind", () => {
  expect(healths()).toEqual({
    probe: "serving",
    world: "serving",
    self: "serving",
    data: "serving",
  });
  const { lookout } = earth.standby.process;
  expect(lookout.standby).toMatchObject({ database: "replica", appsReady: 1 });
  expect(lookout.standby.lagMs).toBeLessThanOrEqual(earth.topology.lease.renewMs + 100);
  expect(lookout.watching).toBe(true);
  expect(earth.active.process.lookout.watching).toBe(false);
});

test("health checkers that cannot be asked are silent, not failing", async () => {
  earth.standby.wires.dns.isDown = true;
  await earth.forMs(2_000);
  expect(healths()).toMatchObject({ world: "silent", probe: "serving" });
  expect(earth.standby.verdict.kind).toBe("stay");
});

test("an own database that does not answer is silent about the other one", async () => {
  earth.standby.wires.database.isDown = true;
  await earth.forMs(5_000);
  expect(healths()).toMatchObject({ data: "silent" });
  expect(earth.standby.process.lookout.standby.database).toBe("unreachable");
  expect(earth.standby.verdict.kind).toBe("stay");
});

test("a replica that receives nothing says so, and how far behind it is", async () => {
  earth.standby.database.isStreaming = false;
  await earth.forMs(4_000);
  expect(healths()).toMatchObject({ data: "failing", probe: "serving" });
  expect(earth.standby.process.lookout.standby.lagMs).toBeGreaterThan(3_000);
  expect(earth.standby.verdict.kind).toBe("suspect");
});

test("the lag is what was missing when the holder was last heard of, and does not grow after", async () => {
  earth.active.lose();
  await earth.forMs(1_000);
  const { lagMs } = earth.standby.process.lookout.standby;
  await earth.forMs(500);
  expect(earth.standby.process.lookout.standby.lagMs).toBe(lagMs);
});

test("a replica that has missed a whole epoch is behind by nobody knows how much", async () => {
  earth.standby.database.isStreaming = false;
  const released = await earth.active.process.holder.release();
  expect(released).toMatchObject({ ok: true });
  const seen = earth.active.process.board.watch;
  if (seen === "unknown") throw new Error("nothing was read");
  await earth.active.process.holder.takeOver(seen);
  await earth.active.process.holder.grant();
  await earth.forMs(2_000);
  expect(earth.serves(earth.active.name)).toBe(true);
  expect(earth.standby.process.lookout.standby.lagMs).toBe("unknown");
  earth.active.lose();
  await earth.forMs(5_000);
  expect(earth.standby.verdict.kind).toBe("hold");
});

test("the holder's own complaint is heard", async () => {
  earth.active.probed = "failing";
  earth.standby.wires.dns.isDown = true;
  await earth.forMs(2_000);
  expect(healths()).toMatchObject({ self: "failing", probe: "failing" });
  expect(earth.standby.verdict.kind).toBe("suspect");
});

test("a suspicion warms the standby up before anything is decided", async () => {
  earth.active.probed = "failing";
  await earth.forMs(2_000);
  expect(earth.standby.capacity.wanted).toBe(earth.topology.capacity.activeReplicas);
  expect(earth.entries).toEqual([]);
});

test("mode observe decides, and touches nothing", async () => {
  const observed = await new TwoRegions({ mode: "observe" }).begin();
  observed.active.lose();
  await observed.forMs(10_000);
  expect(observed.standby.verdict.kind).toBe("seize");
  expect(observed.entries).toEqual([]);
  expect(observed.table.item).toMatchObject({ epoch: 1 });
  expect(observed.standby.capacity.wanted).toBe(observed.topology.capacity.standbyReplicas);
  expect(observed.standby.database.role).toBe("replica");
});

test("mode approve asks first, and touches nothing but the capacity", async () => {
  const asking = await new TwoRegions({ mode: "approve" }).begin();
  asking.active.lose();
  await asking.forMs(10_000);
  expect(asking.standby.verdict.kind).toBe("hold");
  expect(asking.entries).toEqual([]);
  expect(asking.standby.capacity.wanted).toBe(asking.topology.capacity.activeReplicas);
});
