//! Goal: on both sides of a promotion there is at most one database that accepts writes, and a
//! handover loses nothing. Method: two real servers, streaming across a link that can be cut.

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

async function closedOf(it: GuardedServer) {
  const [row] = await it.query("select live, closed from switchback.lease_state()");
  return row;
}

test("a replica shows that the lease was closed on purpose, and still does when it is promoted", async () => {
  expect(await closedOf(west)).toEqual({ live: false, closed: false });
  expect(await east.database.closeLease()).toMatchObject({ ok: true });
  expect(await closedOf(east)).toEqual({ live: false, closed: true });
  await waitCaughtUp(pair.primary, pair.standby);
  expect(await closedOf(west)).toEqual({ live: false, closed: true });
  await pair.standby.promote();
  expect(await closedOf(west)).toEqual({ live: false, closed: true });
  await west.grant(60_000, 2);
  expect(await closedOf(west)).toEqual({ live: true, closed: false });
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

test("who closed takes its own lease back, also when it was a replica once", async () => {
  await pair.standby.promote();
  await eventually("it is promoted", async () => (await stateOf(west)).role === "primary");
  const { clockMs, timeline } = await stateOf(west);
  await west.database.installGuard();
  const grant = { region: "west", epoch: 2, timeline, fromMs: clockMs, leaseMs: 60_000 };
  expect(await west.database.grantLease(grant)).toMatchObject({ ok: true });
  expect(await answerTo(west.query(write))).toBe("accepted");
  const token = await west.database.closeLease();
  if (!token.ok) throw new Error(token.detail);
  expect(await west.database.hasReplayed(token.value)).toEqual({ ok: true, value: true });
  // The old primary has none of it, and is none of those who closed.
  expect(await east.database.hasReplayed(token.value)).toEqual({ ok: true, value: false });
});

test("a handover between busy writers loses no acknowledged row", async () => {
  const clients = await Promise.all(Array.from({ length: 6 }, () => east.session()));
  const accepted: number[] = [];
  const writing = clients.map(async (client, writer) => {
    for (let id = writer; ; id += clients.length) {
      const answer = await answerTo(client.query("insert into orders values ($1, 'a')", [id]));
      if (answer !== "accepted") return;
      accepted.push(id);
    }
  });
  await eventually("writers are busy", () => accepted.length > 100);
  const token = await east.database.closeLease();
  if (!token.ok) throw new Error(token.detail);
  await Promise.all(writing);
  await eventually("the token is replayed", async () => {
    const replayed = await west.database.hasReplayed(token.value);
    return replayed.ok && replayed.value;
  });
  await pair.standby.promote();

  const ids = await west.query<{ id: number }>("select id from orders order by id");
  const kept = new Set(ids.map(({ id }) => id));
  expect(accepted.filter((id) => !kept.has(id))).toEqual([]);
  // The token is the end: the old primary has nothing that the new one lacks.
  expect(await east.count()).toBe(kept.size);
});

/** Fills the log so that it ends `left` bytes before the end of a page. */
async function fillPage(left: number): Promise<void> {
  const offset = await endOfLog("pg_current_wal_insert_lsn()");
  // A message costs about 56 bytes more than its text; the caller tries the lengths around it.
  const length = pageBytes - offset - left - 56;
  if (length > 0) {
    await east.query(`select pg_logical_emit_message(false, 'x', repeat('x', ${length}))`);
  }
}

const pageBytes = 8_192;

/** Offset in its page. */
async function endOfLog(position: string): Promise<number> {
  const [row] = await east.query<{ offset: number }>(
    `select ((${position} - '0/0'::pg_lsn)::bigint % ${pageBytes})::int as offset`,
  );
  return row?.offset ?? -1;
}

test("a token can be replayed also when the log ends with a page", async () => {
  await waitStreaming(pair.primary, "west");
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const before = await endOfLog("pg_current_wal_insert_lsn()");
    await east.database.closeLease();
    const closingBytes = (await endOfLog("pg_current_wal_insert_lsn()")) - before;
    if (closingBytes < 0) continue;
    await fillPage(closingBytes + 8 * ((attempt % 40) - 20));
    const token = await east.database.closeLease();
    if (!token.ok || (await endOfLog("pg_current_wal_flush_lsn()")) !== 0) continue;
    await waitCaughtUp(pair.primary, pair.standby);
    expect(await west.database.hasReplayed(token.value)).toEqual({ ok: true, value: true });
    return;
  }
  throw new Error("the log never ended with a page");
});

test("a primary that was killed comes back without more lease than it had", async () => {
  await east.database.extendLease(await east.grantOf(60_000));
  await east.expire();
  await pair.primary.kill();
  await pair.primary.start();
  expect(await answerTo(east.query(write))).toBe(readOnly);
});
