//! Goal: on both sides of a promotion there is at most one database that accepts writes, and a
//! handover loses nothing. Method: two real servers, streaming across a link that can be cut.

import "./one-realm.ts";
import { waitCaughtUp, waitStreaming } from "../../lab/postgres/wait.ts";
import { pgPromotion } from "../../operator/adapters/pg-promote.ts";
import { defaultDatabase, labUser } from "../../lab/postgres/settings.ts";
import { Bench, eventually, type Pair } from "../lab/postgres-fixture.ts";
import { answerTo, GuardedServer, readOnly } from "./guarded-server.ts";

const bench = new Bench();
let pair: Pair;
let east: GuardedServer;
let west: GuardedServer;

const write = "insert into orders values (1, 'a')";

beforeEach(async () => {
  pair = await bench.pair();
  east = new GuardedServer(pair.primary);
  west = new GuardedServer(pair.standby);
  await east.query("create table orders (id int primary key, item text)");
  await east.install();
  await east.grant();
  await waitCaughtUp(pair.primary, pair.standby);
});

afterEach(async () => {
  await east.close();
  await west.close();
  await bench.clear();
});
afterAll(() => bench.close());

async function stateOf(it: GuardedServer) {
  const state = await it.database.state();
  if (!state.ok) throw new Error(state.detail);
  return state.value;
}

test("a replica shows the lease of its primary, and never as live", async () => {
  expect(await stateOf(west)).toMatchObject({
    role: "replica",
    timeline: 1,
    streaming: true,
    lease: { region: "us-east-1", epoch: 1, live: false },
  });
  const [row] = await west.query("select * from switchback.lease_state()");
  expect(row).toMatchObject({ live: false, in_recovery: true, region: "us-east-1" });
  expect(row?.["replay_lag_ms"]).toBeGreaterThan(0);
  expect(await west.database.installGuard()).toMatchObject({ ok: false });
  expect(await west.database.grantLease(await west.grantOf(1_000))).toMatchObject({ ok: false });
  expect(await west.database.closeLease()).toMatchObject({ ok: false });

  pair.mesh.cut("east", "west");
  await eventually("it no longer streams", async () => !(await stateOf(west)).streaming);
});

test("a replica promoted by any hand accepts nothing, while the old lease is still running", async () => {
  pair.mesh.cut("east", "west");
  await pair.standby.promote();
  expect(await answerTo(east.query(write))).toBe("accepted");
  expect(await answerTo(west.query(write))).toBe(readOnly);
  expect(await stateOf(west)).toMatchObject({
    role: "primary",
    timeline: 2,
    lease: { region: "us-east-1", epoch: 1, timeline: 1, live: false },
  });
  const [row] = await west.query("select * from switchback.lease_state()");
  expect(row).toMatchObject({ live: false, in_recovery: false });

  await east.expire();
  await west.grant(60_000, 2);
  expect(await answerTo(west.query(write))).toBe("accepted");
  expect(await answerTo(east.query("delete from orders"))).toBe(readOnly);
});

test("the promotion over SQL answers at once, may be repeated, and is seen in the state", async () => {
  const { host, port } = pair.standby;
  const url = `postgres://${labUser}@${host}:${port}/${defaultDatabase}`;
  const promotion = pgPromotion(url, 5_000);
  expect(await promotion.promote()).toEqual({ ok: true, value: undefined });
  expect(await promotion.promote()).toEqual({ ok: true, value: undefined });
  await eventually("it is promoted", async () => (await stateOf(west)).role === "primary");
  await eventually("the new timeline shows", async () => (await stateOf(west)).timeline === 2);
  expect(await promotion.promote()).toEqual({ ok: true, value: undefined });
  await pair.standby.kill();
  expect(await promotion.promote()).toMatchObject({ ok: false, fault: "unreachable" });
});

test("a replica has replayed the token only when the last accepted row is there", async () => {
  pair.mesh.cut("east", "west");
  expect(await answerTo(east.query(write))).toBe("accepted");
  const token = await east.database.closeLease();
  if (!token.ok) throw new Error(token.detail);
  expect(await west.database.hasReplayed(token.value)).toEqual({ ok: true, value: false });
  pair.mesh.heal("east", "west");
  await eventually("it has replayed", async () => {
    const replayed = await west.database.hasReplayed(token.value);
    return replayed.ok && replayed.value;
  });
  expect(await west.count()).toBe(1);
  const foreign = { ...token.value, systemIdentifier: "1" };
  expect(await west.database.hasReplayed(foreign)).toEqual({ ok: true, value: false });
});

test("a token can be replayed also when the log ends at the start of a page", async () => {
  await waitStreaming(pair.primary, "west");
  const pageBytes = 8_192;
  const offsetOf = "(pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint % 8192";
  let atPageStart = 0;
  // What a closing writes varies by a few bytes: try the lengths around it.
  for (let attempt = 0; attempt < 120 && atPageStart < 2; attempt += 1) {
    const [before] = await east.query<{ offset: string }>(`select ${offsetOf} as offset`);
    const room = pageBytes - Number(before?.offset);
    const length = room - 420 + 8 * (attempt % 60);
    if (length > 0) {
      await east.query(`select pg_logical_emit_message(false, 'x', repeat('x', ${length}))`);
    }
    const token = await east.database.closeLease();
    const [after] = await east.query<{ offset: string }>(`select ${offsetOf} as offset`);
    if (!token.ok || Number(after?.offset) > 40) continue;
    atPageStart += 1;
    await eventually("the token is replayed", async () => {
      const replayed = await west.database.hasReplayed(token.value);
      return replayed.ok && replayed.value;
    });
  }
  expect(atPageStart).toBeGreaterThan(0);
});

test("a primary that was killed comes back without more lease than it had", async () => {
  await east.database.extendLease(await east.grantOf(60_000));
  await east.expire();
  await pair.primary.kill();
  await pair.primary.start();
  expect(await answerTo(east.query(write))).toBe(readOnly);
});
