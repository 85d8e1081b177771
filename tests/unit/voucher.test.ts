//! Goal: an operator renews for the other region's holder where it can, promises where nobody can, and
//! refuses whenever its word would be worth nothing. Method: the standby of two regions in memory.

import type { HolderWord, LeaseItem } from "../../failover/lease-item.ts";
import { leaseItem } from "../fakes/lease-items.ts";
import { itemOf } from "../fakes/people.ts";
import { TwoRegions } from "../fakes/two-regions.ts";

const word: HolderWord = { databaseMs: 77, database: "writable", app: "serving" };
let earth: TwoRegions;

beforeEach(async () => {
  earth = await new TwoRegions().begin();
});
afterEach(() => earth.assertOneWriter());

const ask = (held: LeaseItem = itemOf(earth)) => earth.standby.process.voucher.renewFor(held, word);
const arbiter = () => earth.standby.wires.arbiter;

/** The arbiter answers neither this call nor the ones before it. */
async function withoutArbiter(): Promise<void> {
  arbiter().isDown = true;
  await earth.standby.process.board.refresh();
}

test("who reaches the arbiter renews there, with the holder's own word", async () => {
  const held = itemOf(earth);
  const item = { ...held, renewals: held.renewals + 1, word };
  expect(await ask(held)).toEqual({ ok: true, value: { kind: "relayed", item } });
  expect(itemOf(earth)).toEqual(item);
  expect(earth.standby.process.board.item).toEqual(item);
});

test("a holder that counts from behind is renewed for at the count that stands", async () => {
  const held = itemOf(earth);
  await ask(held);
  const answer = await ask(held);
  expect(answer).toMatchObject({ ok: true, value: { kind: "relayed" } });
  expect(itemOf(earth)).toMatchObject({ renewals: held.renewals + 2, word });
});

test("who does not reach the arbiter either promises, and counts as having heard a renewal", async () => {
  await withoutArbiter();
  earth.clock.advance(900);
  expect(await ask()).toEqual({ ok: true, value: { kind: "promised" } });
  const { board } = earth.standby.process;
  expect(board.promisedMs).toBe(earth.clock.monotonicMs());
  expect(board.watch).toMatchObject({ unmovedSinceMs: earth.clock.monotonicMs() });
});

test("a renewal that gets no answer becomes a promise at once", async () => {
  arbiter().failBefore("renew");
  expect(await ask()).toEqual({ ok: true, value: { kind: "promised" } });
});

test("who knows that the arbiter is silent does not make the holder wait for it", async () => {
  await withoutArbiter();
  const { calls } = arbiter();
  await ask();
  expect(arbiter().calls).toBe(calls);
});

test("a process that has not read the arbiter promises nothing", async () => {
  arbiter().isDown = true;
  earth.standby.restart();
  expect(await ask()).toMatchObject({ ok: false, fault: "refused" });
  expect(earth.standby.process.board.promisedMs).toBe(Number.NEGATIVE_INFINITY);
});

test.each<readonly [string, Partial<LeaseItem>]>([
  ["another epoch", { epoch: 2 }],
  ["an epoch that is over", { epoch: 0 }],
  ["another holder", { holder: "eu-west-1" }],
  ["nobody", { holder: "nobody" }],
])("no promise and no renewal is given for %s", async (_what, changes) => {
  const held = { ...itemOf(earth), ...changes };
  const before = itemOf(earth);
  expect(await ask(held)).toMatchObject({ ok: false, fault: "conflict" });
  expect(itemOf(earth)).toEqual(before);
  await withoutArbiter();
  expect(await ask(held)).toMatchObject({ ok: false, fault: "conflict" });
  expect(earth.standby.process.board.promisedMs).toBe(Number.NEGATIVE_INFINITY);
});

test("who holds the lease itself vouches for nobody", async () => {
  const own = leaseItem({ epoch: 2, holder: earth.standby.name });
  earth.table.item = own;
  await earth.standby.process.board.refresh();
  await withoutArbiter();
  expect(await ask(own)).toMatchObject({ ok: false, fault: "conflict" });
});

test("nothing is promised while a takeover is under way, or nobody knows what became of it", async () => {
  const { board, holder } = earth.standby.process;
  const { leaseMs, marginMs } = earth.topology.lease;
  earth.clock.advance(leaseMs + marginMs);
  if (board.watch === "unknown") throw new Error("nothing was read");
  arbiter().isDown = true;
  await holder.takeOver(board.watch);
  expect(await ask()).toMatchObject({ ok: false, fault: "refused" });
  arbiter().isDown = false;
  earth.clock.advance(1);
  await board.refresh();
  await withoutArbiter();
  expect(await ask()).toEqual({ ok: true, value: { kind: "promised" } });
});

async function asked(reason: "grey" | "planned"): Promise<void> {
  const by = earth.standby.name;
  await earth.standby.process.board.ask({ by, planId: "x-2", reason, because: [] });
}

describe("a holder that this region has asked to hand over", () => {
  test("is not kept alive when the world sees it fail", async () => {
    await asked("grey");
    const before = itemOf(earth);
    expect(await ask()).toMatchObject({ ok: false, fault: "refused" });
    expect(itemOf(earth)).toEqual(before);
  });

  test("is, when a person planned it: it serves until it can let go", async () => {
    await asked("planned");
    expect(await ask()).toMatchObject({ ok: true, value: { kind: "relayed" } });
  });

  test("is promised to when nobody could take over anyway", async () => {
    await asked("grey");
    await withoutArbiter();
    expect(await ask()).toEqual({ ok: true, value: { kind: "promised" } });
  });
});
