//! Goal: app and operator mean the same by a lease: what the operator grants lets the app write,
//! and what its guard refuses, at the statement or at the commit, is not serving.
//! Method: the app's ledger on a real PostgreSQL with the operator's own guard.

import { Gate } from "../../app/gate.ts";
import { askLease } from "../../app/lease-question.ts";
import { PostgresLedger } from "../../app/ledger.ts";
import type { PostgresServer } from "../../lab/postgres/server.ts";
import { Bench, eventually } from "../lab/postgres-fixture.ts";
import { GuardedServer, region } from "./guarded-server.ts";

const tea = { key: "key-1", item: "tea", quantity: 2, attachment: null };

const bench = new Bench();
let server: PostgresServer;
let guarded: GuardedServer;
let gate: Gate;
let ledger: PostgresLedger;

beforeAll(async () => {
  server = await bench.primary("guarded");
});

beforeEach(async () => {
  guarded = await GuardedServer.fresh(server);
  gate = new Gate({
    clock: { nowMs: () => performance.now() },
    databaseUrl: `postgres://lab@${server.host}:${server.port}/${guarded.name}`,
    applicationName: "switchback-app test",
    connectionsMax: 2,
    waitingMax: 8,
    connectTimeoutMs: 5_000,
    statementTimeoutMs: 20_000,
    connectionAgeSecondsMax: 60,
    onRecycle: () => undefined,
  });
  ledger = new PostgresLedger(gate, region);
});

afterEach(async () => {
  await gate.close();
  await guarded.close();
});

afterAll(() => bench.close());

/** A lease that began so long ago that it is over; no test has to wait for it. */
async function runOut(): Promise<void> {
  const lease = await guarded.grantOf(60_000);
  await guarded.database.grantLease({ ...lease, fromMs: lease.fromMs - 120_000 });
}

test("before a grant the app is fenced; under a grant it serves, writes and repeats", async () => {
  expect(await askLease(gate, region)).toMatchObject({ role: "fenced" });
  await guarded.grant(60_000, 3);
  const state = await askLease(gate, region);
  expect(state).toMatchObject({ role: "serving", epoch: 3 });
  const accepted = await ledger.append(tea);
  expect(accepted).toMatchObject({ kind: "accepted", order: { region, epoch: 3 } });
  const instance = state.role === "serving" ? state.instance : "";
  expect(accepted).toMatchObject({ lease: { epoch: 3, instance } });
  expect(await ledger.append(tea)).toMatchObject({ kind: "repeated" });
});

test("the table that the app makes is under guard", async () => {
  await guarded.grant();
  await ledger.prepare();
  await runOut();
  const insert = guarded.query(
    "insert into app.orders (key, item, quantity, region, epoch) values ('k', 'i', 1, 'r', 1)",
  );
  await expect(insert).rejects.toMatchObject({ code: "25006" });
});

test("an expired lease is fenced, and an order is not taken", async () => {
  await guarded.grant();
  await ledger.prepare();
  await runOut();
  expect(await askLease(gate, region)).toMatchObject({ role: "fenced", epoch: 1 });
  expect(await ledger.append(tea)).toMatchObject({ kind: "not-serving" });
});

test("a lease that was closed on purpose announces a handover, one that ran out does not", async () => {
  await guarded.grant();
  await ledger.prepare();
  await guarded.database.closeLease();
  expect(await askLease(gate, region)).toMatchObject({ role: "fenced", handover: true });
  expect(await ledger.append(tea)).toMatchObject({ kind: "not-serving" });
  await guarded.grant();
  expect(await askLease(gate, region)).toMatchObject({ role: "serving" });
  await runOut();
  expect(await askLease(gate, region)).toMatchObject({ role: "fenced", handover: false });
});

test("every order that meets a closing is taken or certainly not taken", async () => {
  await guarded.grant();
  await ledger.prepare();
  const taken: string[] = [];
  const writing = Array.from({ length: 6 }, async (_, writer) => {
    for (let n = 0; ; n += 1) {
      const key = `key-${writer}-${n}`;
      const { kind } = await ledger.append({ ...tea, key });
      if (kind !== "accepted") return kind;
      taken.push(key);
    }
  });
  await eventually("writers are busy", () => taken.length > 100);
  expect(await guarded.database.closeLease()).toMatchObject({ ok: true });
  const kept = await guarded.query<{ key: string }>("select key from app.orders");
  expect(new Set(await Promise.all(writing))).toEqual(new Set(["not-serving"]));
  expect(kept.map(({ key }) => key).toSorted()).toEqual(taken.toSorted());
});

test("a lease that runs out between statement and commit takes nothing", async () => {
  await guarded.grant();
  await ledger.prepare();
  await guarded.query(`create function app.dawdle() returns trigger language plpgsql as $$
    begin perform pg_sleep(1); return new; end $$;
    create trigger dawdle before insert on app.orders for each row execute function app.dawdle()`);
  const append = ledger.append(tea);
  await eventually("the write is under way", async () => {
    const rows = await server.query("select from pg_stat_activity where wait_event = 'PgSleep'");
    return rows.length === 1;
  });
  await runOut();
  expect(await append).toMatchObject({ kind: "not-serving" });
  expect(await ledger.find(tea.key)).toEqual({ kind: "absent" });
});
