//! Goal: the ledger that unit tests believe in behaves as the one in PostgreSQL does.
//! Method: the same expectations against both; then what only a real database can do: commit
//! checks, lost connections, a missing table, a missing guard, a replica.

import { Gate } from "../../app/gate.ts";
import { askLease } from "../../app/lease-question.ts";
import { PostgresLedger } from "../../app/ledger.ts";
import type { Appended, Ledger } from "../../app/ports.ts";
import type { PostgresServer } from "../../lab/postgres/server.ts";
import { rebuildAsStandby } from "../../lab/postgres/base-backup.ts";
import { waitStreaming } from "../../lab/postgres/wait.ts";
import { freePort } from "../../lab/processes/ports.ts";
import { Bench, eventually } from "../lab/postgres-fixture.ts";
import { FakeLedger, here, there } from "../unit/app-fakes.ts";
import {
  expire,
  failAtCommit,
  grant,
  installGuard,
  removeGuardAndTable,
  urlOf,
} from "./app-postgres.ts";

const tea = { key: "key-1", item: "tea", quantity: 2, attachment: null };

const bench = new Bench();
let server: PostgresServer;
const gates: Gate[] = [];

function openGate(to: PostgresServer | string, connectionsMax = 6): Gate {
  const gate = new Gate({
    clock: { nowMs: () => performance.now() },
    databaseUrl: typeof to === "string" ? to : urlOf(to),
    applicationName: "switchback-app test",
    connectionsMax,
    waitingMax: 32,
    connectTimeoutMs: 2_000,
    statementTimeoutMs: 5_000,
    connectionAgeSecondsMax: 60,
    onRecycle: () => undefined,
  });
  gates.push(gate);
  return gate;
}

beforeAll(async () => {
  server = await bench.server("app");
  await server.initialise();
  await server.start();
});

beforeEach(() => installGuard(server));

afterEach(async () => {
  await Promise.all(gates.splice(0).map((gate) => gate.close()));
  await removeGuardAndTable(server);
});

afterAll(() => bench.close());

interface Rig {
  readonly ledger: Ledger;
  grant(region: string, epoch: number): Promise<void>;
  expire(): Promise<void>;
}

function inMemory(): Rig {
  const ledger = new FakeLedger(here, { region: "nobody", epoch: 0, instance: "x", live: false });
  const set = (lease: Partial<FakeLedger["lease"]>) => {
    ledger.lease = { ...ledger.lease, ...lease };
    return Promise.resolve();
  };
  return {
    ledger,
    grant: (region, epoch) => set({ region, epoch, live: true }),
    expire: () => set({ live: false }),
  };
}

function inPostgres(): Rig {
  return {
    ledger: new PostgresLedger(openGate(server), here),
    grant: (region, epoch) => grant(server, { region, epoch }),
    expire: () => expire(server),
  };
}

function taken(appended: Appended) {
  if (appended.kind !== "accepted" && appended.kind !== "repeated") {
    throw new Error(`not taken: ${JSON.stringify(appended)}`);
  }
  return appended;
}

describe.each([
  ["in memory", inMemory],
  ["in PostgreSQL", inPostgres],
])("a ledger %s", (_where, rigUp) => {
  test("takes an order under region and epoch of the live lease", async () => {
    const rig = rigUp();
    await rig.grant(here, 7);
    const appended = taken(await rig.ledger.append(tea));
    expect(appended.kind).toBe("accepted");
    expect(appended.order).toMatchObject({ ...tea, region: here, epoch: 7 });
    expect(appended.lease.epoch).toBe(7);
    expect(Date.parse(appended.order.acceptedAt)).not.toBeNaN();
    expect(await rig.ledger.find(tea.key)).toEqual({ kind: "found", value: appended.order });
  });

  test("answers a repeat with the stored row, and says which lease covers the answer", async () => {
    const rig = rigUp();
    await rig.grant(here, 7);
    const first = taken(await rig.ledger.append(tea));
    await rig.grant(here, 9);
    const again = taken(await rig.ledger.append(tea));
    expect(again.kind).toBe("repeated");
    expect(again.order).toEqual(first.order);
    expect(again.lease.epoch).toBe(9);
  });

  test("tells a key that was used for something else", async () => {
    const rig = rigUp();
    await rig.grant(here, 7);
    await rig.ledger.append(tea);
    expect((await rig.ledger.append({ ...tea, quantity: 3 })).kind).toBe("conflicting");
    expect((await rig.ledger.append({ ...tea, item: "Tea" })).kind).toBe("conflicting");
    expect((await rig.ledger.append({ ...tea, attachment: "a.png" })).kind).toBe("conflicting");
  });

  test("takes nothing without a live lease of this region, and stores nothing", async () => {
    const rig = rigUp();
    await rig.grant(here, 7);
    await rig.ledger.append(tea);
    await rig.expire();
    const coffee = { ...tea, key: "key-2" };
    expect((await rig.ledger.append(coffee)).kind).toBe("not-serving");
    await rig.grant(there, 8);
    expect((await rig.ledger.append(coffee)).kind).toBe("not-serving");
    expect(await rig.ledger.find("key-2")).toEqual({ kind: "absent" });
  });

  test("does not vouch for a stored row without a live lease of this region", async () => {
    const rig = rigUp();
    await rig.grant(here, 7);
    await rig.ledger.append(tea);
    await rig.expire();
    expect((await rig.ledger.append(tea)).kind).toBe("not-serving");
    await rig.grant(there, 8);
    expect((await rig.ledger.append(tea)).kind).toBe("not-serving");
  });

  test("lists in the order of acceptance, a page at a time, and sums up", async () => {
    const rig = rigUp();
    await rig.grant(here, 7);
    const keys = ["a", "b", "c", "d", "e", "f", "g"];
    for (const key of keys) await rig.ledger.append({ ...tea, key });
    const first = await rig.ledger.list({ after: 0, limit: 3 });
    if (first.kind !== "found") throw new Error(first.kind);
    expect(first.value.map(({ key }) => key)).toEqual(["a", "b", "c"]);
    const rest = await rig.ledger.list({ after: first.value[2]?.id ?? 0, limit: 200 });
    expect(rest).toMatchObject({ kind: "found", value: [{ key: "d" }, {}, {}, { key: "g" }] });
    const summary = await rig.ledger.summary();
    if (summary.kind !== "found") throw new Error(summary.kind);
    expect(summary.value.count).toBe(7);
    expect(summary.value.newest.map(({ key }) => key)).toEqual(["g", "f", "e", "d", "c"]);
  });

  test("keeps texts as they are", async () => {
    const rig = rigUp();
    await rig.grant(here, 7);
    const odd = { ...tea, item: "'; drop table app.orders; -- 한글 \u{1f375} \\ \"" };
    expect(taken(await rig.ledger.append(odd)).order.item).toBe(odd.item);
    expect((await rig.ledger.append(odd)).kind).toBe("repeated");
  });
});

describe("a ledger in PostgreSQL only", () => {
  test("gives a table that an older build made the column that it lacks, with its rows", async () => {
    await grant(server, { region: here, epoch: 7 });
    const before = new PostgresLedger(openGate(server), here);
    await before.append(tea);
    await server.query("alter table app.orders drop column attachment");
    const attached = { ...tea, key: "key-2", attachment: "a.png" };
    const ledgers = [1, 2, 3].map(() => new PostgresLedger(openGate(server), here));
    const all = await Promise.all(ledgers.map((ledger) => ledger.append(attached)));
    expect(all.map(({ kind }) => kind).toSorted()).toEqual(["accepted", "repeated", "repeated"]);
    expect(taken(await before.append(tea)).kind).toBe("repeated");
    await before.prepare();
    const listed = await before.list({ after: 0, limit: 10 });
    expect(listed).toMatchObject({
      kind: "found",
      value: [{ attachment: null }, { attachment: "a.png" }],
    });
  });

  test("takes an order once when many ask at the same time", async () => {
    await grant(server, { region: here, epoch: 7 });
    const ledger = new PostgresLedger(openGate(server, 6), here);
    await ledger.prepare();
    const all = await Promise.all(Array.from({ length: 12 }, () => ledger.append(tea)));
    expect(all.map(({ kind }) => kind).toSorted()).toEqual([
      "accepted",
      ...Array.from({ length: 11 }, () => "repeated"),
    ]);
  });

  test("is not serving when the guard refuses at commit, and stores nothing", async () => {
    await grant(server, { region: here, epoch: 7 });
    const ledger = new PostgresLedger(openGate(server, 1), here);
    await ledger.prepare();
    await failAtCommit(server, true);
    expect((await ledger.append(tea)).kind).toBe("not-serving");
    expect(await ledger.find(tea.key)).toEqual({ kind: "absent" });
    await failAtCommit(server, false);
    expect((await ledger.append(tea)).kind).toBe("accepted");
  });

  test("takes nothing without a live lease even into a table that has no guard", async () => {
    await grant(server, { region: here, epoch: 7 });
    const ledger = new PostgresLedger(openGate(server), here);
    await ledger.prepare();
    await server.query("alter table app.orders disable trigger user");
    await expire(server);
    expect((await ledger.append(tea)).kind).toBe("not-serving");
    expect(await ledger.find(tea.key)).toEqual({ kind: "absent" });
  });

  test("says outcome-unknown when the connection is lost during the write", async () => {
    await grant(server, { region: here, epoch: 7 });
    const ledger = new PostgresLedger(openGate(server), here);
    await ledger.prepare();
    await server.query(`create function app.dawdle() returns trigger language plpgsql as $$
      begin perform pg_sleep(30); return new; end $$;
      create trigger dawdle before insert on app.orders for each row execute function app.dawdle()`);
    const append = ledger.append(tea);
    await eventually("the write is under way and its connection is ended", async () => {
      const ended = await server.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
          where application_name = 'switchback-app test' and wait_event = 'PgSleep'`,
      );
      return ended.length === 1;
    });
    expect((await append).kind).toBe("outcome-unknown");
  });

  test("is unavailable, not unknown, when no connection can be had", async () => {
    const nobody = await freePort("127.0.0.1");
    const gate = openGate(`postgres://lab@127.0.0.1:${nobody}/postgres`);
    const ledger = new PostgresLedger(gate, here);
    expect((await ledger.append(tea)).kind).toBe("unavailable");
    expect((await ledger.find(tea.key)).kind).toBe("unavailable");
  });

  test("makes its table when it is missing, however many do so at once", async () => {
    await grant(server, { region: here, epoch: 7 });
    const ledgers = [1, 2, 3].map(() => new PostgresLedger(openGate(server), here));
    const all = await Promise.all(
      ledgers.map((ledger, index) => ledger.append({ ...tea, key: `key-${index}` })),
    );
    expect(all.map(({ kind }) => kind)).toEqual(["accepted", "accepted", "accepted"]);
  });

  test("is not serving while the guard is not installed", async () => {
    await grant(server, { region: here, epoch: 7 });
    const ledger = new PostgresLedger(openGate(server), here);
    await ledger.prepare();
    await server.query("drop function switchback.lease_state() cascade");
    expect(await ledger.append(tea)).toEqual({
      kind: "not-serving",
      because: "guard not installed yet",
    });
  });
});

describe("the question about the lease", () => {
  test("finds this region serving, with the same instance that a write names", async () => {
    await grant(server, { region: here, epoch: 7, leaseMs: 5_000 });
    const gate = openGate(server);
    const state = await askLease(gate, here);
    if (state.role !== "serving") throw new Error(JSON.stringify(state));
    expect(state.epoch).toBe(7);
    expect(state.remainingMs).toBeLessThanOrEqual(5_000);
    const appended = taken(await new PostgresLedger(gate, here).append(tea));
    expect(appended.lease).toEqual({ epoch: 7, instance: state.instance });
    const again = taken(await new PostgresLedger(gate, here).append(tea));
    expect(again.lease).toEqual({ epoch: 7, instance: state.instance });
  });

  test("finds it fenced without a lease, with an expired one, and with the peer's", async () => {
    const gate = openGate(server);
    expect(await askLease(gate, here)).toMatchObject({ role: "fenced" });
    await grant(server, { region: there, epoch: 8 });
    expect(await askLease(gate, here)).toMatchObject({ role: "fenced", epoch: 8 });
    await grant(server, { region: here, epoch: 9 });
    await expire(server);
    expect(await askLease(gate, here)).toMatchObject({ role: "fenced", epoch: 9 });
    await server.query("delete from switchback.steered");
    expect(await askLease(gate, here)).toMatchObject({ role: "fenced", epoch: "unknown" });
  });

  test("does not know while the guard is not installed, and says so", async () => {
    await removeGuardAndTable(server);
    expect(await askLease(openGate(server), here)).toEqual({
      role: "unknown",
      because: "guard not installed yet",
      databaseAnswers: true,
    });
  });

  test("finds a replica standing by; the ledger there reads and does not serve", async () => {
    await grant(server, { region: here, epoch: 7 });
    const writer = new PostgresLedger(openGate(server), here);
    const { order } = taken(await writer.append(tea));
    const replica = await bench.server("replica");
    await server.query("select pg_create_physical_replication_slot('replica')");
    await rebuildAsStandby(replica, { host: server.host, port: server.port, slot: "replica" });
    await replica.start();
    await waitStreaming(server, "replica");
    const gate = openGate(replica);
    expect(await askLease(gate, here)).toMatchObject({
      role: "standby",
      epoch: 7,
      replayLagMs: 12.5,
    });
    const reader = new PostgresLedger(gate, here);
    await eventually("the replica has the order", async () => {
      return (await reader.find(tea.key)).kind === "found";
    });
    expect(await reader.find(tea.key)).toEqual({ kind: "found", value: order });
    expect((await reader.append(tea)).kind).toBe("not-serving");
    expect((await reader.append({ ...tea, key: "key-2" })).kind).toBe("not-serving");
    await replica.kill();
    await server.query("select pg_drop_replication_slot('replica')");
  });
});
