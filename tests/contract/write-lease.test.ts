//! Goal: the operator's hold on the lease row: what it grants, prolongs and closes, and that
//! nothing is written after a closing. Method: the production adapter on real PostgreSQL.

import type { PostgresServer } from "../../lab/postgres/server.ts";
import { labUser } from "../../lab/postgres/settings.ts";
import { Bench, eventually } from "../lab/postgres-fixture.ts";
import { answerTo, GuardedServer, readOnly } from "./guarded-server.ts";

const bench = new Bench();
let server: PostgresServer;
let it: GuardedServer;

beforeAll(async () => {
  server = await bench.primary("east");
});
beforeEach(async () => {
  it = await GuardedServer.fresh(server);
});

afterEach(() => it.close());
afterAll(() => bench.close());

async function leaseRow() {
  const [row] = await it.query<{
    epoch: string;
    live: boolean;
    region: string;
    remaining_ms: number;
  }>("select * from switchback.lease_state()");
  return row;
}

test("a database that nobody prepared has no lease, and says so without an error", async () => {
  const bare = new GuardedServer(server);
  expect(await bare.database.state()).toMatchObject({
    ok: true,
    value: { role: "primary", timeline: 1, lease: "none", streaming: false },
  });
  const row = { region: null, epoch: null, live: false, in_recovery: false };
  await bare.close();
  expect(await leaseRow()).toMatchObject(row);
});

test("a granted lease is live, and both ways to ask agree", async () => {
  await it.grant(60_000, 3);
  expect(await leaseRow()).toMatchObject({ region: "us-east-1", epoch: "3", live: true });
  const remaining = (await leaseRow())?.remaining_ms ?? 0;
  expect(remaining).toBeGreaterThan(30_000);
  expect(remaining).toBeLessThanOrEqual(60_000);
  expect(await it.database.state()).toMatchObject({
    ok: true,
    value: { lease: { region: "us-east-1", epoch: 3, timeline: 1, live: true } },
  });
});

test("the lease ends leaseMs after the given moment, not after the writing of it", async () => {
  const grant = await it.grantOf(60_000);
  await it.database.grantLease({ ...grant, fromMs: grant.fromMs - 59_999 });
  const remaining = (await leaseRow())?.remaining_ms ?? 0;
  expect(remaining).toBeLessThanOrEqual(1);
  const state = await it.database.state();
  if (!state.ok || state.value.lease === "none") throw new Error("no lease");
  expect(state.value.lease.renewedAtMs).toBeCloseTo(grant.fromMs - 59_999, 0);
});

test("a grant never goes back to an older epoch, and may be repeated", async () => {
  await it.grant(60_000, 5);
  expect(await it.database.grantLease(await it.grantOf(60_000, 4))).toMatchObject({
    ok: false,
    fault: "conflict",
  });
  await it.grant(60_000, 5);
  expect(await leaseRow()).toMatchObject({ epoch: "5" });
  await it.grant(60_000, 6);
  expect(await leaseRow()).toMatchObject({ epoch: "6" });
});

test("an extension is refused for another epoch, timeline or region, and where nothing was granted", async () => {
  const grant = await it.grantOf(60_000, 2);
  expect(await it.database.extendLease(grant)).toMatchObject({ ok: false, fault: "conflict" });
  await it.grant(1_000, 2);
  for (const other of [{ epoch: 1 }, { epoch: 3 }, { timeline: 2 }, { region: "us-west-2" }]) {
    expect(await it.database.extendLease({ ...grant, ...other })).toMatchObject({
      ok: false,
      fault: "conflict",
    });
  }
  expect((await leaseRow())?.remaining_ms).toBeLessThanOrEqual(1_000);
  expect(await it.database.extendLease(grant)).toMatchObject({ ok: true });
  expect((await leaseRow())?.remaining_ms).toBeGreaterThan(10_000);
});

test("a lease of an earlier timeline is not live, however long it would last", async () => {
  const grant = await it.grantOf(60_000);
  await it.database.grantLease({ ...grant, timeline: 0 });
  expect(await leaseRow()).toMatchObject({ live: false });
  expect(await answerTo(it.query("insert into orders values (1, 'a')"))).toBe(readOnly);
});

test("a transaction that is open when the lease is closed is ended and keeps nothing", async () => {
  await it.grant();
  const client = await it.session();
  await client.query("begin; insert into orders values (1, 'a')");
  expect(await it.database.closeLease()).toMatchObject({ ok: true });
  const writers = await it.query("select pid from pg_stat_activity where backend_xid is not null");
  expect(writers).toEqual([]);
  expect(await answerTo(client.query("commit"))).not.toBe("accepted");
  expect(await it.count()).toBe(0);
  expect(await answerTo(it.query("insert into orders values (2, 'a')"))).toBe(readOnly);
});

test("readers that began after the closing, and idle sessions, are left alone", async () => {
  await it.grant();
  const client = await it.session();
  await client.query("select * from orders");
  await it.database.closeLease();
  expect(await answerTo(client.query("select * from orders"))).toBe("accepted");
});

test("what the operator sent before and gave up waiting for does not open the lease again", async () => {
  await it.grant();
  const late = await it.session(labUser, "switchback-operator");
  const [backend] = (await late.query<{ pid: number }>("select pg_backend_pid() as pid")).rows;
  if (backend === undefined) throw new Error("no backend");
  process.kill(backend.pid, "SIGSTOP");
  const sent = answerTo(
    late.query(
      `select setval('switchback.lease_limit',
                     switchback.limit_of(switchback.current_timeline(), 8e12))`,
    ),
  );
  const closing = it.database.closeLease();
  await new Promise((resolve) => setTimeout(resolve, 200));
  process.kill(backend.pid, "SIGCONT");
  expect(await closing).toMatchObject({ ok: true });
  await sent;
  expect(await leaseRow()).toMatchObject({ live: false });
});

test("closed shows apart from never granted and from run out", async () => {
  const closed = async () => {
    const [row] = await it.query<{ closed: boolean }>(
      "select closed from switchback.lease_state()",
    );
    return row?.closed;
  };
  await it.query("select setval('switchback.lease_limit', 0)");
  expect(await closed()).toBe(false);
  await it.grant();
  expect(await closed()).toBe(false);
  await it.database.closeLease();
  expect(await closed()).toBe(true);
  await it.grant();
  await it.expire();
  expect(await closed()).toBe(false);
});

test("a closed lease can be opened again under the same epoch, by whoever still holds it", async () => {
  await it.grant(60_000, 2);
  await it.database.closeLease();
  expect(await leaseRow()).toMatchObject({ live: false, epoch: "2" });
  expect(await it.database.extendLease(await it.grantOf(60_000, 2))).toMatchObject({ ok: true });
  expect(await leaseRow()).toMatchObject({ live: true });
});

test("a database that is not there is unreachable, one that refuses us denies", async () => {
  const stranger = new GuardedServer(server, "no_such_database");
  expect(await stranger.database.state()).toMatchObject({ ok: false, fault: "refused" });
  await stranger.close();
  const other = await bench.server("off");
  const off = new GuardedServer(other);
  expect(await off.database.state()).toMatchObject({ ok: false, fault: "unreachable" });
  expect(await off.database.closeLease()).toMatchObject({ ok: false, fault: "unreachable" });
  await off.close();
});

test("a frozen database is unreachable within the time limit, and answers again when thawed", async () => {
  const frozen = await bench.primary("frozen");
  const slow = new GuardedServer(frozen);
  expect(await slow.database.state()).toMatchObject({ ok: true });
  frozen.freeze();
  expect(await slow.database.state()).toMatchObject({ ok: false, fault: "unreachable" });
  frozen.thaw();
  await eventually("it answers", async () => (await slow.database.state()).ok);
  await slow.close();
});
