//! Goal: the database never accepts longer than the arbiter has confirmed, counted from before it
//! was asked. Method: the production holder over fakes whose every call may be late, lost or
//! refused.

import * as fc from "fast-check";
import { HolderBench, peer, region, timing } from "../fakes/bench.ts";

let bench: HolderBench;

beforeEach(async () => {
  bench = await new HolderBench().begin();
});

const tail = (count: number) => bench.effects.slice(-count);

test("a renewal asks the arbiter first and the database afterwards", async () => {
  await bench.holder.renew();
  expect(bench.effects).toEqual(["renew 1", "extend 1"]);
  expect(bench.kinds()).toEqual(["renewed", "extended"]);
});

test("whatever the delays, the lease ends at most leaseMs after the arbiter was asked, by the database's clock", async () => {
  const delay = fc.tuple(fc.nat(700), fc.nat(700));
  await fc.assert(
    fc.asyncProperty(fc.array(delay, { minLength: 8, maxLength: 40 }), async (delays) => {
      const late = new HolderBench();
      let call = 0;
      const delayMs = () => delays[(call += 1) % delays.length] ?? ([0, 0] as const);
      late.arbiterWire.delayMs = delayMs;
      late.databaseWire.delayMs = delayMs;
      let reachedMs = 0;
      late.table.onApplied = () => (reachedMs = late.database.clockMs);
      await late.holder.open();
      await late.holder.grant();
      for (let round = 0; round < 5; round += 1) {
        await late.holder.renew();
        const { row } = late.database;
        if (row === "none") throw new Error("not granted");
        expect(row.expiresAtMs).toBeLessThanOrEqual(reachedMs + timing.leaseMs);
      }
    }),
    { numRuns: 200 },
  );
});

test.each(["failBefore", "failAfter"] as const)(
  "a renewal that is lost (%s) prolongs nothing, and the next one counts from where the lease is",
  async (mishap) => {
    const { row } = bench.database;
    bench.clock.advance(400);
    bench.arbiterWire[mishap]("renew");
    await bench.holder.renew();
    expect(bench.database.row).toBe(row);
    // Neither the arbiter nor the other operator.
    expect(bench.kinds()).toEqual(["renewal-failed", "renewal-failed"]);
    await bench.holder.renew();
    expect(tail(2)).toEqual(["renew 1", "extend 1"]);
    expect(bench.database.isWritable).toBe(true);
  },
);

test("a renewal that the database did not hear of is made good by the next", async () => {
  bench.databaseWire.failBefore("extendLease");
  await bench.holder.renew();
  expect(bench.kinds()).toEqual(["renewed", "renewal-failed"]);
  await bench.holder.renew();
  expect(tail(1)).toEqual(["extend 1"]);
});

test("a database that does not answer is not renewed for: the lease runs out", async () => {
  bench.databaseWire.isDown = true;
  for (let round = 0; round < 5; round += 1) await bench.holder.renew();
  expect(bench.effects).toEqual([]);
  bench.databaseWire.isDown = false;
  await bench.holder.renew();
  expect(bench.effects).toEqual(["renew 1", "extend 1"]);
});

test("a holder whose lease was taken hears it, closes its database and renews no more", async () => {
  bench.write({ epoch: 2, holder: peer, renewals: 0 });
  await bench.holder.renew();
  expect(bench.kinds()).toEqual(["renewal-failed", "lost"]);
  expect(bench.effects).toEqual(["close"]);
  await bench.holder.renew();
  expect(bench.effects).toEqual(["close"]);
});

test("it hears it also while its database is gone and nothing is renewed", async () => {
  bench.databaseWire.isDown = true;
  bench.write({ epoch: 2, holder: peer, renewals: 0 });
  await bench.holder.renew();
  expect(bench.board.item).toMatchObject({ epoch: 2, holder: peer });
  expect(bench.kinds()).toContain("lost");
});

test("it hears it also when its database was rebuilt as the other's replica", async () => {
  bench.database.role = "replica";
  bench.database.row = { ...rowOf(), region: peer, epoch: 2 };
  bench.write({ epoch: 2, holder: peer, renewals: 0 });
  await bench.holder.renew();
  expect(bench.board.item).toMatchObject({ epoch: 2, holder: peer });
});

test("who does not hold the lease neither renews, nor grants, nor releases", async () => {
  bench.write({ epoch: 2, holder: peer, renewals: 0 });
  await bench.board.refresh();
  await bench.holder.renew();
  const conflict = { ok: false, fault: "conflict" };
  expect(await bench.holder.grant()).toMatchObject(conflict);
  expect(await bench.holder.release()).toMatchObject(conflict);
  expect(bench.effects).toEqual([]);
});

test("the holder's word says what its database is", async () => {
  const words: unknown[] = [];
  const look = async () => {
    await bench.holder.renew();
    words.push(bench.item.word);
  };
  await look();
  await bench.database.closeLease();
  await look();
  const { clockMs } = bench.database;
  expect(words).toEqual([
    { databaseMs: clockMs, database: "writable", app: "serving" },
    { databaseMs: clockMs, database: "closed", app: "serving" },
  ]);
});

test("a release closes the database before it tells anybody, and hands the place over", async () => {
  bench.database.position = 4_711;
  expect(await bench.holder.release()).toMatchObject({ ok: true });
  expect(bench.effects).toEqual(["close", "release 1"]);
  expect(bench.item).toMatchObject({ holder: "nobody", token: { lsn: "0/4711" } });
  expect(bench.database.isWritable).toBe(false);
});

test("a database that cannot be closed is not released", async () => {
  bench.databaseWire.failBefore("closeLease");
  expect(await bench.holder.release()).toMatchObject({ ok: false });
  expect(bench.item.holder).toBe(region);
});

test("a release of which nothing is heard opens nothing again when it was done", async () => {
  bench.arbiterWire.failAfter("release");
  expect(await bench.holder.release()).toMatchObject({ ok: false, fault: "unreachable" });
  for (let round = 0; round < 3; round += 1) await bench.holder.renew();
  expect(bench.database.isWritable).toBe(false);
});

test("a release that never arrived is taken back by the next renewal", async () => {
  bench.arbiterWire.failBefore("release");
  await bench.holder.release();
  expect(bench.database.isWritable).toBe(false);
  await bench.holder.renew();
  expect(bench.database.isWritable).toBe(true);
});

test("calls that come at the same time follow one another", async () => {
  const release = bench.arbiterWire.hold("renew");
  const all = [bench.holder.renew(), bench.holder.release(), bench.holder.renew()];
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(bench.effects).toEqual([]);
  release();
  await Promise.all(all);
  expect(bench.effects).toEqual(["renew 1", "extend 1", "close", "release 1"]);
});

function rowOf() {
  const { row } = bench.database;
  if (row === "none") throw new Error("no lease");
  return row;
}
