//! Goal: without the arbiter the lease lives on the peer's word, counted from before the peer was asked,
//! and on nothing else; a lease that may have been let go is not used again. Method: the production
//! holder over fakes, and a peer that answers as the test says.

import * as fc from "fast-check";
import { failed, succeeded } from "../../failover/outcome.ts";
import type { LeaseWatch } from "../../failover/lease.ts";
import { HolderBench, peer, region, timing } from "../fakes/bench.ts";

let bench: HolderBench;

const promised = succeeded({ kind: "promised" } as const);
const relayed = () =>
  succeeded({
    kind: "relayed",
    item: { ...bench.item, renewals: bench.item.renewals + 1 },
  } as const);

beforeEach(async () => {
  bench = await new HolderBench().begin();
  bench.arbiterWire.isDown = true;
  bench.clock.advance(400);
});

function rowOf() {
  const { row } = bench.database;
  if (row === "none") throw new Error("no lease");
  return row;
}

test("a promise prolongs the lease from the database's clock before anybody was asked", async () => {
  bench.vouched = promised;
  const askedMs = bench.database.clockMs;
  bench.arbiterWire.delayMs = () => [300, 300];
  await bench.holder.renew();
  expect(bench.kinds()).toEqual(["renewal-failed", "vouched", "extended"]);
  expect(rowOf().expiresAtMs).toBe(askedMs + timing.leaseMs);
  expect(bench.board.item).toMatchObject({ renewals: bench.item.renewals });
});

test("whatever the delays, a promise never reaches further than leaseMs after the question", async () => {
  const delay = fc.tuple(fc.nat(700), fc.nat(700));
  await fc.assert(
    fc.asyncProperty(fc.array(delay, { minLength: 4, maxLength: 20 }), async (delays) => {
      const late = await new HolderBench().begin();
      let call = 0;
      const delayMs = () => delays[(call += 1) % delays.length] ?? ([0, 0] as const);
      late.arbiterWire.delayMs = delayMs;
      late.databaseWire.delayMs = delayMs;
      late.arbiterWire.isDown = true;
      let promisedAtMs = 0;
      late.onAsked = () => (promisedAtMs = late.database.clockMs);
      late.vouched = promised;
      for (let round = 0; round < 3; round += 1) {
        await late.holder.renew();
        const { row } = late.database;
        if (row === "none") throw new Error("not granted");
        expect(row.expiresAtMs).toBeLessThanOrEqual(promisedAtMs + timing.leaseMs);
      }
    }),
  );
});

test("a renewal on behalf is taken over with its count, so that the next one goes on from there", async () => {
  bench.vouched = relayed();
  await bench.holder.renew();
  expect(bench.board.item).toMatchObject({ renewals: bench.item.renewals + 1 });
  expect(bench.kinds()).toEqual(["renewal-failed", "vouched", "extended"]);
});

test.each([
  ["does not answer", failed("unreachable", "no way there")],
  ["refuses", failed("refused", "a takeover is under way")],
  ["knows of another holder", failed("conflict", "epoch 2 is held by us-west-2")],
  ["does not know the token", failed("denied", "401")],
] as const)("a peer that %s prolongs nothing", async (_what, answer) => {
  const { row } = bench.database;
  bench.vouched = answer;
  await bench.holder.renew();
  expect(bench.database.row).toBe(row);
  expect(bench.kinds()).toEqual(["renewal-failed", "renewal-failed"]);
});

test("the peer is not asked when the arbiter says that somebody else was there", async () => {
  bench.arbiterWire.isDown = false;
  bench.write({ epoch: 2, holder: peer, renewals: 0 });
  bench.vouched = promised;
  await bench.holder.renew();
  expect(bench.kinds()).toEqual(["renewal-failed", "lost"]);
  expect(bench.database.isWritable).toBe(false);
});

test("the peer is not asked for a database that was not granted this epoch", async () => {
  bench.database.row = { ...rowOf(), epoch: 0 };
  bench.promotingEpoch = 1;
  bench.vouched = promised;
  await bench.holder.renew();
  expect(bench.kinds()).not.toContain("vouched");
});

test("a process that the arbiter confirmed nothing to does not live on promises", async () => {
  bench.arbiterWire.isDown = false;
  bench.restart();
  await bench.board.refresh();
  bench.arbiterWire.isDown = true;
  bench.vouched = promised;
  const { row } = bench.database;
  await bench.holder.renew();
  expect(bench.database.row).toBe(row);
  bench.vouched = relayed();
  await bench.holder.renew();
  bench.vouched = promised;
  await bench.holder.renew();
  expect(bench.kinds().slice(-3)).toEqual(["renewal-failed", "vouched", "extended"]);
});

test("a holder that the arbiter does not hear closes nothing", async () => {
  expect(await bench.holder.release()).toMatchObject({ ok: false, fault: "unreachable" });
  expect(bench.effects).toEqual([]);
  expect(bench.database.isWritable).toBe(true);
});

describe("after a release of which nobody knows whether it was applied", () => {
  beforeEach(async () => {
    bench.arbiterWire.isDown = false;
    await bench.holder.renew();
    bench.arbiterWire.failAfter("release");
    await bench.holder.release();
    bench.effects.length = 0;
  });

  test("nothing is granted on what was confirmed before", async () => {
    expect(await bench.holder.grant()).toMatchObject({ ok: false });
    expect(bench.database.isWritable).toBe(false);
  });

  test("nothing is prolonged on a promise", async () => {
    bench.arbiterWire.isDown = true;
    bench.vouched = promised;
    await bench.holder.renew();
    expect(bench.effects).toEqual([]);
    expect(bench.database.isWritable).toBe(false);
  });

  test("a renewal that the peer brought through opens it again: then it was not applied", async () => {
    bench.write({ holder: region });
    bench.arbiterWire.isDown = true;
    bench.vouched = relayed();
    await bench.holder.renew();
    expect(bench.database.isWritable).toBe(true);
  });
});

test("a lease whose database was promoted and not granted is not let go: nobody could take it up", async () => {
  bench.arbiterWire.isDown = false;
  bench.write({ epoch: 2, holder: peer, renewals: 3 });
  await bench.board.refresh();
  bench.database.role = "replica";
  bench.clock.advance(timing.leaseMs + timing.marginMs);
  const seen = bench.board.watch as LeaseWatch;
  expect(await bench.holder.takeOver(seen)).toMatchObject({ ok: true });
  await bench.database.promote();
  expect(await bench.holder.release()).toMatchObject({ ok: false, fault: "refused" });
  expect(bench.item).toMatchObject({ epoch: 3, holder: region });
});

test("a region that promised, and got the lease by a takeover it had given up, waits that out", async () => {
  bench.arbiterWire.isDown = false;
  bench.write({ epoch: 2, holder: peer, renewals: 3 });
  await bench.board.refresh();
  bench.database.role = "replica";
  bench.clock.advance(timing.leaseMs + timing.marginMs);
  const apply = bench.arbiterWire.late("takeOver");
  await bench.holder.takeOver(bench.board.watch as LeaseWatch);
  bench.clock.advance(1);
  await bench.board.refresh();
  bench.board.promise();
  await apply();
  await bench.board.refresh();
  expect(bench.board.item).toMatchObject({ epoch: 3, holder: region });
  await bench.database.promote();
  bench.clock.advance(timing.leaseMs + timing.marginMs - 1);
  const early = await bench.holder.grant();
  expect(early).toMatchObject({ ok: false, fault: "refused" });
  expect(early.ok ? "" : early.detail).toMatch(/waits 1 ms/);
  bench.clock.advance(1);
  expect(await bench.holder.grant()).toMatchObject({ ok: true });
});

test("whether a takeover is open: while it is sent, and after it until the arbiter has answered", async () => {
  bench.arbiterWire.isDown = false;
  bench.write({ epoch: 2, holder: peer, renewals: 3 });
  await bench.board.refresh();
  bench.clock.advance(timing.leaseMs + timing.marginMs);
  expect(bench.holder.takeOverIsOpen).toBe(false);
  const release = bench.arbiterWire.hold("takeOver");
  bench.arbiterWire.failBefore("takeOver");
  const taking = bench.holder.takeOver(bench.board.watch as LeaseWatch);
  expect(bench.holder.takeOverIsOpen).toBe(true);
  release();
  await taking;
  expect(bench.holder.takeOverIsOpen).toBe(true);
  bench.clock.advance(1);
  await bench.board.refresh();
  expect(bench.holder.takeOverIsOpen).toBe(false);
});
