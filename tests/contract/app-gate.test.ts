//! Goal: the pool is replaced when it should be, and nobody who uses it notices more than they must.
//! Method: a real PostgreSQL whose connections are counted, cut and kept busy.

import { EventEmitter, once } from "node:events";
import { Gate, NoConnection, isRefusal, type GateProps } from "../../app/gate.ts";
import type { PostgresServer } from "../../lab/postgres/server.ts";
import { Bench, eventually } from "../lab/postgres-fixture.ts";
import { urlOf } from "./app-postgres.ts";

const bench = new Bench();
let server: PostgresServer;
const recycled: string[] = [];
const gates: Gate[] = [];

function openGate(overrides: Partial<GateProps> = {}): Gate {
  const gate = new Gate({
    clock: { nowMs: () => performance.now() },
    databaseUrl: urlOf(server),
    applicationName: "switchback-app test",
    connectionsMax: 4,
    waitingMax: 32,
    connectTimeoutMs: 5_000,
    statementTimeoutMs: 20_000,
    connectionAgeSecondsMax: 60,
    onRecycle: (because) => recycled.push(because),
    ...overrides,
  });
  gates.push(gate);
  return gate;
}

function backend(gate: Gate): Promise<number> {
  return gate.use(async (connection) => {
    const { rows } = await connection.query<{ pid: number }>("select pg_backend_pid() as pid");
    return rows[0]?.pid ?? 0;
  });
}

async function isThere(pid: number): Promise<boolean> {
  const rows = await server.query("select from pg_stat_activity where pid = $1", [pid]);
  return rows.length === 1;
}

beforeAll(async () => {
  server = await bench.server("gate");
  await server.initialise();
  await server.start();
});

afterEach(async () => {
  await Promise.all(gates.splice(0).map((gate) => gate.close()));
  recycled.length = 0;
});

afterAll(() => bench.close());

test("a recycled pool lets work under way end, takes new work at once, and leaves nothing", async () => {
  const gate = openGate();
  const before = await backend(gate);
  const gong = new EventEmitter();
  const finished = once(gong, "finish");
  const underWay = gate.use(async (connection) => {
    await finished;
    const { rows } = await connection.query<{ pid: number }>("select pg_backend_pid() as pid");
    return rows[0]?.pid;
  });
  await new Promise((resolve) => setImmediate(resolve));
  gate.recycle("a test");
  expect(await backend(gate)).not.toBe(before);
  expect(await isThere(before)).toBe(true);
  gong.emit("finish");
  expect(await underWay).toBe(before);
  await eventually("the old connection is gone", async () => !(await isThere(before)));
});

test("those who wait for a connection of a recycled pool still get one", async () => {
  const gate = openGate({ connectionsMax: 1 });
  const slow = gate.use((connection) => connection.query("select pg_sleep(0.2)"));
  const waiting = [backend(gate), backend(gate), backend(gate)];
  gate.recycle("a test");
  await slow;
  const pids = await Promise.all(waiting);
  expect(new Set(pids).size).toBe(1);
});

test("broken connections in a row recycle the pool, and a refused statement does not", async () => {
  const gate = openGate();
  for (let n = 0; n < 5; n += 1) {
    await expect(gate.use((connection) => connection.query("select 1/0"))).rejects.toThrow("zero");
  }
  expect(recycled).toEqual([]);
  for (let n = 0; n < 3; n += 1) {
    const cut = gate.use((connection) =>
      connection.query("select pg_terminate_backend(pg_backend_pid()), pg_sleep(5)"),
    );
    await expect(cut).rejects.toThrow(/terminat/);
  }
  expect(recycled).toEqual(["3 broken connections"]);
  expect(await backend(gate)).toBeGreaterThan(0);
});

test("a connection that breaks while idle ends neither the process nor the next query", async () => {
  const gate = openGate();
  const idle = await backend(gate);
  await server.query("select pg_terminate_backend($1)", [idle]);
  await eventually("the idle connection is gone", async () => !(await isThere(idle)));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await backend(gate)).not.toBe(idle);
});

test("a connection that breaks between two statements fails the second, not the process", async () => {
  const gate = openGate();
  const work = gate.use(async (connection) => {
    const { rows } = await connection.query<{ pid: number }>("select pg_backend_pid() as pid");
    const pid = rows[0]?.pid ?? 0;
    await server.query("select pg_terminate_backend($1)", [pid]);
    await eventually("the connection is gone", async () => !(await isThere(pid)));
    await new Promise((resolve) => setTimeout(resolve, 50));
    return connection.query("select 1");
  });
  const error: unknown = await work.catch((error: unknown) => error);
  expect(error).toBeInstanceOf(Error);
  expect(isRefusal(error)).toBe(false);
});

test("a server that froze is left after the time limit, and the outcome is open", async () => {
  const gate = openGate({ statementTimeoutMs: 300, connectTimeoutMs: 300 });
  await backend(gate);
  server.freeze();
  try {
    const error: unknown = await backend(gate).catch((error: unknown) => error);
    expect(isRefusal(error)).toBe(false);
    await expect(backend(gate)).rejects.toThrow(NoConnection);
  } finally {
    server.thaw();
  }
  expect(await backend(gate)).toBeGreaterThan(0);
});

test("more callers than may wait are turned away at once", async () => {
  const gate = openGate({ connectionsMax: 1, waitingMax: 2 });
  const results = await Promise.allSettled([1, 2, 3, 4].map(() => backend(gate)));
  const turnedAway = results.filter(({ status }) => status === "rejected");
  expect(turnedAway).toHaveLength(1);
  expect(turnedAway[0]).toMatchObject({ reason: expect.any(NoConnection) as unknown });
});

test("a statement that takes too long is refused by the server, so its outcome is certain", async () => {
  const gate = openGate({ statementTimeoutMs: 200 });
  const slow = gate.use((connection) => connection.query("select pg_sleep(30)"));
  const error: unknown = await slow.catch((error: unknown) => error);
  expect(isRefusal(error)).toBe(true);
});
