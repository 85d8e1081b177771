//! Goal: for a self-managed database a person is told what to do, and what they did is recognised.
//! Method: two real servers; the adapter looks at both through SQL.

import { manualRebuild } from "../../operator/adapters/manual-rebuild.ts";
import { Bench, host } from "./postgres-fixture.ts";

const bench = new Bench();
afterEach(() => bench.clear());
afterAll(() => bench.close());

const urlOf = ({ port }: { readonly port: number }) => `postgres://lab@${host}:${port}/postgres`;
const looking = (own: { readonly port: number }, peer: { readonly port: number }) =>
  manualRebuild({
    ownDatabaseUrl: urlOf(own),
    peerDatabaseUrl: urlOf(peer),
    timeoutMs: 5_000,
  });

test("a replica counts as rebuilt while it streams from this region, and as a primary once promoted", async () => {
  const { primary, standby } = await bench.pair();
  const rebuild = looking(primary, standby);
  const following = { kind: "replica", status: "available", followsThisRegion: true };
  expect(await rebuild.state()).toEqual({ ok: true, value: following });
  expect(await rebuild.snapshotState("epoch-2")).toEqual({ ok: true, value: "available" });
  expect(await rebuild.isRetired("epoch-2")).toEqual({ ok: true, value: true });

  await standby.promote();
  const old = { kind: "primary", status: "available", followsThisRegion: false };
  expect(await rebuild.state()).toEqual({ ok: true, value: old });
  expect(await rebuild.snapshotState("epoch-2")).toEqual({ ok: true, value: "available" });
  expect(await rebuild.isRetired("epoch-2")).toEqual({ ok: true, value: false });

  await standby.kill();
  expect(await rebuild.state()).toMatchObject({ ok: false, fault: "unreachable" });
}, 60_000);

test("a role that may not see the receiver is told what it needs, not that nothing follows", async () => {
  const { primary, standby } = await bench.pair();
  await primary.query("create role watcher login");
  const rebuild = manualRebuild({
    ownDatabaseUrl: urlOf(primary),
    peerDatabaseUrl: urlOf(standby).replace("lab@", "watcher@"),
    timeoutMs: 5_000,
  });
  const deadlineMs = performance.now() + 20_000;
  // Until the role has arrived there.
  let state = await rebuild.state();
  while (!state.ok && !/pg_monitor/.test(state.detail) && performance.now() < deadlineMs) {
    state = await rebuild.state();
  }
  expect(state).toMatchObject({ ok: false, fault: "denied" });
}, 60_000);

test("what only a person can do is refused with a sentence that says what", async () => {
  const rebuild = looking({ port: 1 }, { port: 1 });
  for (const [told, word] of [
    [rebuild.snapshot("x"), /data directory/],
    [rebuild.retire("x"), /stop the old primary/],
    [rebuild.createReplica(), /pg_basebackup/],
  ] as const) {
    const detail = expect.stringMatching(word) as unknown;
    expect(await told).toMatchObject({ ok: false, fault: "denied", detail });
  }
});
