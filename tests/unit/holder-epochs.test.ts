//! Goal: a new epoch is taken only from a lease that has lapsed, and granted only when the arbiter
//! has confirmed it and nothing of a predecessor can still be under way. A clock that was set helps
//! nobody. Method: the production holder over fakes.

import type { LeaseWatch } from "../../failover/lease.ts";
import { HolderBench, peer, region, timing, ungrantedMsMax } from "../fakes/bench.ts";

let bench: HolderBench;

beforeEach(async () => {
  bench = await new HolderBench().begin();
});

const lapseMs = timing.leaseMs + timing.marginMs;

function watch(): LeaseWatch {
  if (bench.board.watch === "unknown") throw new Error("nothing was read");
  return bench.board.watch;
}

/** The peer held epoch 2 and is silent; this region's database is a replica of it. */
async function peerIsSilent(): Promise<void> {
  bench.write({ epoch: 2, holder: peer, renewals: 3 });
  await bench.board.refresh();
  bench.database.role = "replica";
  bench.clock.advance(lapseMs);
}

test("a lease is taken when it has lapsed, and not a millisecond before", async () => {
  await peerIsSilent();
  const seen = watch();
  const early = { ...seen, unmovedSinceMs: seen.unmovedSinceMs + 1 };
  expect(await bench.holder.takeOver(early)).toMatchObject({ ok: false, fault: "conflict" });
  expect(bench.item).toMatchObject({ epoch: 2, holder: peer });
  expect(await bench.holder.takeOver(seen)).toMatchObject({ ok: true });
  expect(bench.board.item).toMatchObject({ epoch: 3, holder: region });
});

test("a takeover is conditional on the very renewal that was waited out", async () => {
  await peerIsSilent();
  const seen = watch();
  bench.write({ renewals: 4 });
  expect(await bench.holder.takeOver(seen)).toMatchObject({ ok: false, fault: "conflict" });
});

test("what was taken is renewed for while the database is being promoted, and then granted at once", async () => {
  await peerIsSilent();
  await bench.holder.takeOver(watch());
  bench.databaseWire.isDown = true;
  bench.clock.advance(timing.leaseMs);
  await bench.holder.renew();
  expect(bench.item).toMatchObject({ epoch: 3, renewals: 1, word: { database: "unreachable" } });
  bench.databaseWire.isDown = false;
  expect(await bench.holder.grant()).toMatchObject({ ok: false, fault: "refused" });
  await bench.database.promote();
  await bench.holder.renew();
  expect(await bench.holder.grant()).toMatchObject({ ok: true });
  expect(bench.database.isWritable).toBe(true);
});

test("an epoch that cannot be granted is given up after its time, and each has its own time", async () => {
  await bench.database.promote();
  bench.database.row = "none";
  bench.restart();
  await bench.board.refresh();
  await bench.holder.renew();
  bench.clock.advance(60_000);

  await peerIsSilent();
  await bench.holder.takeOver(watch());
  await bench.holder.renew();
  expect(bench.item).toMatchObject({ epoch: 3, renewals: 1 });
  bench.clock.advance(ungrantedMsMax);
  await bench.holder.renew();
  expect(bench.item).toMatchObject({ epoch: 3, renewals: 2 });
  bench.clock.advance(1);
  await bench.holder.renew();
  expect(bench.item).toMatchObject({ epoch: 3, renewals: 2 });
});

test("a database that was ready only after that time is granted all the same", async () => {
  await peerIsSilent();
  bench.databaseWire.isDown = true;
  await bench.holder.takeOver(watch());
  bench.promotingEpoch = 3;
  bench.clock.advance(10 * ungrantedMsMax);
  for (let round = 0; round < 3; round += 1) await bench.holder.renew();
  bench.databaseWire.isDown = false;
  await bench.database.promote();
  expect(await bench.holder.grant()).toMatchObject({ ok: true });
  expect(bench.database.isWritable).toBe(true);
});

test("a process that started in the middle waits before it grants, and not after it has", async () => {
  await peerIsSilent();
  await bench.holder.takeOver(watch());
  await bench.database.promote();
  bench.restart();
  bench.promotingEpoch = 3;
  await bench.board.refresh();
  bench.clock.advance(lapseMs - 1);
  await bench.holder.renew();
  const early = await bench.holder.grant();
  expect(early).toMatchObject({ ok: false, fault: "refused" });
  expect(early.ok ? "" : early.detail).toMatch(/waits 1 ms/);
  bench.clock.advance(1);
  expect(await bench.holder.grant()).toMatchObject({ ok: true });

  bench.restart();
  await bench.board.refresh();
  await bench.holder.renew();
  expect(bench.effects.slice(-2)).toEqual(["renew 3", "extend 3"]);
});

test("without a confirmed renewal of this epoch the grant renews first, and counts from before it", async () => {
  bench.restart();
  await bench.board.refresh();
  bench.clock.advance(lapseMs);
  bench.effects.length = 0;
  bench.arbiterWire.delayMs = () => [200, 200];
  const askedMs = bench.database.clockMs;
  expect(await bench.holder.grant()).toMatchObject({ ok: true });
  expect(bench.effects).toEqual(["renew 1", "grant 1"]);
  expect(bench.database.row).toMatchObject({ expiresAtMs: askedMs + timing.leaseMs });
});

test("a grant whose renewal fails grants nothing", async () => {
  bench.restart();
  await bench.board.refresh();
  bench.clock.advance(lapseMs);
  bench.arbiterWire.failBefore("renew");
  const row = bench.database.row;
  expect(await bench.holder.grant()).toMatchObject({ ok: false, fault: "refused" });
  expect(bench.database.row).toBe(row);
});

test("a clock that was set closes the lease, says so, and begins anew from the new clock", async () => {
  bench.database.clockOffsetMs -= 3_600_000;
  expect(bench.database.isWritable).toBe(true);
  await bench.holder.renew();
  expect(bench.effects).toEqual(["close", "renew 1", "extend 1"]);
  expect(bench.events[0]).toMatchObject({ kind: "clock-stepped", byMs: expect.any(Number) });
  const { row } = bench.database;
  expect(row).toMatchObject({ expiresAtMs: bench.database.clockMs + timing.leaseMs });
});

test("a clock that was set closes the lease as soon as the database lets it", async () => {
  bench.database.clockOffsetMs -= 3_600_000;
  bench.arbiterWire.isDown = true;
  bench.databaseWire.failBefore("closeLease");
  await bench.holder.renew();
  expect(bench.database.isWritable).toBe(true);
  await bench.holder.renew();
  expect(bench.database.isWritable).toBe(false);
});

test("a clock set back between the confirmation and the grant does not stretch the grant", async () => {
  await peerIsSilent();
  await bench.holder.takeOver(watch());
  await bench.database.promote();
  bench.database.clockOffsetMs -= 3_600_000;
  expect(await bench.holder.grant()).toMatchObject({ ok: true });
  const { row } = bench.database;
  if (row === "none") throw new Error("not granted");
  expect(row.expiresAtMs).toBeLessThanOrEqual(bench.database.clockMs + timing.leaseMs);
});
