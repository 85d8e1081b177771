//! Goal: a lost region is replaced in the order that keeps one writer, and every plan ends as it
//! must. Method: the production loop over two regions in memory; after every single effect the
//! fakes ask both databases whether they would accept a write.

import { TwoRegions } from "../fakes/two-regions.ts";

let earth: TwoRegions;

beforeEach(async () => {
  earth = await new TwoRegions().begin();
  earth.events.length = 0;
});

afterEach(() => earth.assertOneWriter());

const isFinished = () => earth.kinds().includes("plan-finished");

/** Loses the active region and waits for the standby to be done. */
async function failOver(): Promise<void> {
  earth.active.lose();
  await earth.until("the plan is finished", isFinished);
}

test("calm regions decide nothing and write no journal", async () => {
  await earth.forMs(10_000);
  expect(earth.entries).toEqual([]);
  expect(earth.standby.verdict.kind).toBe("stay");
  expect(earth.serves(earth.active.name)).toBe(true);
});

test("a lost region is replaced: lease, then promotion, then grant, then records", async () => {
  await failOver();
  const [, to] = [earth.active.name, earth.standby.name];
  const firsts = earth.events.filter((event) => !event.includes("extend"));
  expect(firsts).toEqual([`arbiter: takeOver 2 ${to}`, `${to}: promote`, `${to}: grant 2`]);
  expect(earth.kinds().filter((kind) => !kind.startsWith("step-refused"))).toEqual([
    "plan-started",
    "step-intended take-lease",
    "step-done take-lease",
    "step-intended promote-database",
    "step-intended scale-up",
    ...earth.kinds().filter((kind) => /done (promote|scale)/.test(kind)),
    "step-intended grant-writes",
    "step-done grant-writes",
    "step-intended await-serving",
    "step-done await-serving",
    "step-intended announce",
    "step-intended record-roles",
    ...earth.kinds().filter((kind) => /done (announce|record)/.test(kind)),
    "plan-finished",
  ]);
  expect(earth.serves(to)).toBe(true);
  expect(earth.records.primary).toBe(to);
  expect(earth.standby.capacity.wanted).toBe(earth.topology.capacity.activeReplicas);
  expect(earth.standby.announcers.flatMap(({ told }) => told)).toHaveLength(1);
});

test("the lease is taken only after leaseMs and marginMs without a renewal", async () => {
  const { leaseMs, marginMs } = earth.topology.lease;
  const lastHeardMs = earth.clock.monotonicMs();
  earth.active.lose();
  await earth.until("it is taken", () => earth.events.some((event) => event.includes("takeOver")));
  expect(earth.clock.monotonicMs() - lastHeardMs).toBeGreaterThanOrEqual(leaseMs + marginMs);
});

test("the plan says since when something was suspected, and why it was started", async () => {
  const lostMs = earth.clock.wallMs();
  await failOver();
  const [started] = earth.entries;
  expect(started).toMatchObject({
    kind: "plan-started",
    plan: { epoch: 2, from: earth.active.name, to: earth.standby.name },
    because: expect.arrayContaining([
      expect.stringContaining("has lapsed"),
      expect.stringMatching(/^probe: /),
      expect.stringMatching(/^world: /),
    ]),
  });
  if (started?.kind !== "plan-started") throw new Error("unreachable");
  expect(started.suspectedAtMs).toBeGreaterThanOrEqual(lostMs);
  expect(started.suspectedAtMs).toBeLessThan(started.atMs);
});

test("an active region that comes back before the lease is taken is left alone", async () => {
  earth.active.lose();
  earth.standby.wires.arbiter.failBefore("takeOver");
  await earth.until("a plan is started", () => earth.kinds().includes("plan-started"));
  await earth.turn();
  earth.active.comeBack();
  await earth.until("the plan is dropped", () => earth.kinds().includes("plan-abandoned"));
  await earth.forMs(5_000);
  expect(earth.events.filter((event) => /takeOver|promote|grant/.test(event))).toEqual([]);
  expect(earth.serves(earth.active.name)).toBe(true);
  expect(earth.standby.verdict.kind).toBe("stay");
});

test("a plan whose epoch somebody else took is superseded and touches nothing", async () => {
  earth.active.lose();
  earth.standby.wires.arbiter.failBefore("takeOver");
  await earth.until("a plan is started", () => earth.kinds().includes("plan-started"));
  const { item } = earth.table;
  if (item === "absent") throw new Error("unreachable");
  earth.table.item = { ...item, epoch: 2, holder: earth.active.name, renewals: 0 };
  await earth.until("it is superseded", () => earth.kinds().includes("plan-superseded"));
  expect(earth.events.filter((event) => /promote|grant/.test(event))).toEqual([]);
});

test("a takeover whose answer is lost is found out and gone on with", async () => {
  earth.standby.wires.arbiter.failAfter("takeOver");
  await failOver();
  expect(earth.events.filter((event) => event.includes("takeOver"))).toHaveLength(1);
  expect(earth.serves(earth.standby.name)).toBe(true);
});

test("an unreachable Route 53 keeps nothing else from being done", async () => {
  earth.standby.wires.route53.isDown = true;
  earth.active.lose();
  await earth.until("it serves", () => earth.serves(earth.standby.name));
  await earth.until("people are told", () =>
    earth.standby.announcers.some(({ told }) => told.length > 0),
  );
  await earth.forMs(30_000);
  expect(earth.kinds().filter((kind) => kind === "step-refused record-roles")).toHaveLength(1);
  expect(isFinished()).toBe(false);
  expect(earth.serves(earth.standby.name)).toBe(true);

  earth.standby.wires.route53.isDown = false;
  await earth.until("the plan is finished", isFinished);
  expect(earth.records.primary).toBe(earth.standby.name);
});

test("a promotion that the answer does not confirm is checked, not believed", async () => {
  earth.standby.wires.database.failAfter("promote");
  await failOver();
  expect(earth.events.filter((event) => event.endsWith("promote"))).toHaveLength(1);
});

test("an answer that promises more than was done is not believed", async () => {
  const { database } = earth.standby;
  const promote = database.promote.bind(database);
  let lies = 3;
  database.promote = async () => {
    if ((lies -= 1) >= 0) return { ok: true, value: undefined };
    return promote();
  };
  await failOver();
  expect(lies).toBeLessThan(0);
  expect(database.role).toBe("primary");
});

test("a standby cut off from the arbiter moves nothing, however dead the active region looks", async () => {
  earth.standby.wires.arbiter.isDown = true;
  earth.active.probed = "failing";
  await earth.forMs(20_000);
  expect(earth.entries).toEqual([]);
  expect(earth.standby.database.role).toBe("replica");
  expect(earth.serves(earth.active.name)).toBe(true);
});

test("an active region that reaches neither arbiter nor peer is closed before it is replaced", async () => {
  earth.active.wires.arbiter.isDown = true;
  earth.active.wires.peer.isDown = true;
  await earth.until("the plan is finished", isFinished);
  expect(earth.serves(earth.active.name)).toBe(false);
  expect(earth.serves(earth.standby.name)).toBe(true);
  earth.active.wires.arbiter.isDown = false;
  await earth.forMs(10_000);
  expect(earth.serves(earth.active.name)).toBe(false);
  expect(earth.serves(earth.standby.name)).toBe(true);
});
