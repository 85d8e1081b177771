//! Goal: a holder that lives on its peer's word is never a second writer, keeps no lease it does not use,
//! and loses nothing that a handover promised. Method: both regions in memory; single calls come late.

import { command, isFinished, itemOf, plansOf } from "../fakes/people.ts";
import { TwoRegions } from "../fakes/two-regions.ts";

let earth: TwoRegions;

beforeEach(async () => {
  earth = await new TwoRegions().begin();
  earth.events.length = 0;
  earth.active.holderEvents.length = 0;
});
afterEach(() => earth.assertOneWriter());

function loseArbiter(isDown = true): void {
  for (const { wires } of earth.regions) wires.arbiter.isDown = isDown;
}

const vouched = (how: "relayed" | "promised") =>
  earth.active.holderEvents.filter((event) => event.kind === "vouched" && event.how === how);

/** The standby has sent its takeover and does not know what became of it. */
async function untilTakeOverIsUnknown(): Promise<void> {
  earth.active.wires.arbiter.isDown = true;
  earth.active.wires.peer.isDown = true;
  await earth.until("it is sent", () => earth.standby.process.holder.takeOverIsOpen);
  expect(itemOf(earth).epoch).toBe(1);
}

test("a takeover that is applied after a promise was given waits that promise out", async () => {
  const apply = earth.standby.wires.arbiter.late("takeOver");
  await untilTakeOverIsUnknown();
  // One answer of the arbiter, which has not applied it: now a promise may be given.
  await earth.standby.process.board.refresh();
  loseArbiter();
  earth.active.wires.peer.isDown = false;
  await earth.until("the holder lives on a promise", () => earth.active.database.isWritable);
  expect(vouched("promised").length).toBeGreaterThan(0);

  await apply();
  expect(itemOf(earth)).toMatchObject({ epoch: 2, holder: earth.standby.name });
  const { promisedMs } = earth.standby.process.board;
  earth.standby.wires.arbiter.isDown = false;
  await earth.until("it is promoted", () => earth.standby.database.role === "primary");
  await earth.until("it serves", () => earth.serves(earth.standby.name));
  const { leaseMs, marginMs } = earth.topology.lease;
  expect(earth.clock.monotonicMs()).toBeGreaterThanOrEqual(promisedMs + leaseMs + marginMs);
  expect(earth.active.database.isWritable).toBe(false);
});

test("the same, when the process that promised is another by then", async () => {
  const apply = earth.standby.wires.arbiter.late("takeOver");
  await untilTakeOverIsUnknown();
  await earth.standby.process.board.refresh();
  loseArbiter();
  earth.active.wires.peer.isDown = false;
  await earth.until("the holder lives on a promise", () => earth.active.database.isWritable);
  await apply();
  earth.standby.restart();
  earth.standby.wires.arbiter.isDown = false;
  await earth.until("it serves", () => earth.serves(earth.standby.name));
  expect(earth.active.database.isWritable).toBe(false);
});

test("nothing is promised while a takeover is on its way, however long it takes", async () => {
  earth.active.wires.arbiter.isDown = true;
  earth.active.wires.peer.isDown = true;
  await earth.until("a plan runs", () => plansOf(earth).includes("failover-2"));
  const release = earth.standby.wires.arbiter.hold("takeOver");
  const turn = earth.turn();
  await new Promise((resolve) => setImmediate(resolve));
  earth.active.wires.peer.isDown = false;
  expect(earth.standby.process.holder.takeOverIsOpen).toBe(true);
  const held = itemOf(earth);
  const word = { databaseMs: 0, database: "closed", app: "silent" } as const;
  // The voucher finds the arbiter gone; the takeover was on its way before.
  earth.standby.wires.arbiter.failBefore("renew");
  const answer = await earth.standby.process.voucher.renewFor(held, word);
  expect(answer).toMatchObject({ ok: false, fault: "refused" });
  release();
  await turn;
  await earth.until("it serves", () => earth.serves(earth.standby.name));
});

test("a relayed renewal whose answer is lost does not cost the lease", async () => {
  earth.active.wires.arbiter.isDown = true;
  for (let round = 0; round < 5; round += 1) {
    earth.active.wires.peer.failAfter("renewFor");
    await earth.forMs(1_200);
    expect(earth.serves(earth.active.name)).toBe(true);
  }
  expect(plansOf(earth)).toEqual([]);
});

test("a holder that never hears the arbiter's answers is renewed for all the same", async () => {
  for (let round = 0; round < 20; round += 1) {
    earth.active.wires.arbiter.failAfter("renew");
    earth.active.wires.arbiter.failAfter("read");
    await earth.forMs(400);
    expect(earth.serves(earth.active.name)).toBe(true);
  }
  expect(plansOf(earth)).toEqual([]);
});

test("a holder that serves nobody is not kept alive by the very one that wants to replace it", async () => {
  earth.active.wires.arbiter.isDown = true;
  earth.active.appIsDown = true;
  await earth.until("it is replaced", () => earth.serves(earth.standby.name));
  expect(plansOf(earth)).toEqual(["handover-2", "failover-2"]);
});

test("who was asked by mistake is renewed for again when that is taken back", async () => {
  earth.active.isYielding = false;
  earth.active.appIsDown = true;
  await earth.until("it is asked", () => itemOf(earth).request !== "none");
  earth.active.appIsDown = false;
  await earth.until("it is taken back", () => itemOf(earth).request === "none");
  earth.active.wires.arbiter.isDown = true;
  earth.active.isYielding = true;
  await earth.forMs(5_000);
  expect(vouched("relayed").length).toBeGreaterThan(5);
  expect(earth.serves(earth.active.name)).toBe(true);
});

test("a holder that cannot tell the arbiter does not close for a planned switchover, until it can", async () => {
  earth.active.wires.arbiter.isDown = true;
  await command(earth, "switchover", earth.standby);
  await earth.until("it is asked", () => itemOf(earth).request !== "none");
  for (let turn = 0; turn < 100; turn += 1) {
    await earth.turn();
    expect(earth.serves(earth.active.name)).toBe(true);
  }
  expect(earth.active.yields.at(-1)).toMatchObject({ yielded: false });
  earth.active.wires.arbiter.isDown = false;
  await earth.until("switched over", () => isFinished(earth, "switchover-2"));
});

test("a release that is applied late leaves nothing behind that was accepted on a promise", async () => {
  const apply = earth.active.wires.arbiter.late("release");
  await command(earth, "switchover", earth.standby);
  await earth.until("it is sent", () => earth.events.some((event) => event.endsWith("close")));
  const closedAt = earth.active.database.position;
  loseArbiter();
  for (let turn = 0; turn < 60; turn += 1) {
    await earth.turn();
    if (earth.active.database.isWritable) earth.active.database.position += 1;
  }
  await apply();
  loseArbiter(false);
  await earth.until("switched over", () => earth.serves(earth.standby.name));
  expect(itemOf(earth).token).toMatchObject({ lsn: `0/${closedAt}` });
  expect(earth.active.database.position).toBe(closedAt);
});

test("a release that was lost for good is made up for by the next renewal", async () => {
  earth.active.wires.arbiter.failBefore("release");
  await command(earth, "switchover", earth.standby);
  await earth.until("switched over", () => isFinished(earth, "switchover-2"));
  expect(earth.events.filter((event) => event.includes("release"))).toHaveLength(1);
});

test("a process that has renewed nothing yet does not live on promises", async () => {
  earth.active.restart();
  await earth.active.process.board.refresh();
  loseArbiter();
  await earth.forMs(5_000);
  expect(earth.active.database.isWritable).toBe(false);
  expect(vouched("promised")).toEqual([]);
  loseArbiter(false);
  await earth.until("it serves", () => earth.serves(earth.active.name));
});
