//! Goal: closing the lease tells every writer for certain how it went, unless it dawdles, and what it
//! gives out as the end of the log is the end. Method: the production adapter on real PostgreSQL,
//! with writers that are held up before and after the check of the lease.

import type { Client } from "pg";
import type { PostgresServer } from "../../lab/postgres/server.ts";
import { labUser } from "../../lab/postgres/settings.ts";
import { type PostgresDatabase, postgresDatabase } from "../../operator/adapters/postgres.ts";
import { Bench, eventually } from "../lab/postgres-fixture.ts";
import { answerTo, GuardedServer, readOnly, urlOf } from "./guarded-server.ts";

/** PostgreSQL's admin_shutdown: the outcome of what was under way is not known to its client. */
const cutOff = "57P01";

const bench = new Bench();
const databases: PostgresDatabase[] = [];
let ids = 0;
let server: PostgresServer;
let it: GuardedServer;

beforeAll(async () => {
  server = await bench.primary("east");
});
beforeEach(async () => {
  it = await GuardedServer.fresh(server);
  await it.grant();
});

afterEach(async () => {
  await Promise.all(databases.splice(0).map((database) => database.close()));
  await it.close();
});
afterAll(() => bench.close());

function databaseWith(closeGraceMs: number): PostgresDatabase {
  const connectionString = urlOf(server, it.name);
  const database = postgresDatabase({ connectionString, timeoutMs: 20_000, closeGraceMs });
  databases.push(database);
  return database;
}

/** Past the check: the guard's own trigger comes first, by its name. */
async function dawdleAfterCheck(seconds: number): Promise<void> {
  await it.query(`
    create function dawdle() returns trigger language plpgsql as $$
      begin perform pg_sleep(${seconds}); return null; end $$;
    create constraint trigger zz_dawdle after insert on orders
      deferrable initially deferred for each row execute function dawdle()`);
}

async function dawdleBeforeCheck(seconds: number): Promise<void> {
  await it.query(`
    create function dawdle() returns trigger language plpgsql as $$
      begin perform pg_sleep(${seconds}); return new; end $$;
    create trigger dawdle after insert on orders for each row execute function dawdle()`);
}

async function dawdling(): Promise<void> {
  await eventually("the write is under way", async () => {
    const rows = await server.query("select from pg_stat_activity where wait_event = 'PgSleep'");
    return rows.length === 1;
  });
}

const write = (client: Client, id: number) =>
  answerTo(client.query("insert into orders values ($1, 'a')", [id]));

test("a write that is past the check is let end, and lies before the end of the log", async () => {
  await dawdleAfterCheck(0.5);
  const answer = write(await it.session(), 1);
  await dawdling();
  expect(await databaseWith(20_000).closeLease()).toMatchObject({ ok: true });
  expect(await it.count()).toBe(1);
  expect(await answer).toBe("accepted");
});

test("a write that comes to the check after the closing is refused, not cut off", async () => {
  await dawdleBeforeCheck(0.5);
  const answer = write(await it.session(), 1);
  await dawdling();
  expect(await databaseWith(20_000).closeLease()).toMatchObject({ ok: true });
  expect(await answer).toBe(readOnly);
});

test.each([
  ["past the check", dawdleAfterCheck],
  ["before the check", dawdleBeforeCheck],
])(
  "a write that dawdles %s for longer than the grace is ended and keeps nothing",
  async (_when, dawdle) => {
    await dawdle(60);
    const answer = write(await it.session(), 1);
    await dawdling();
    expect(await databaseWith(50).closeLease()).toMatchObject({ ok: true });
    expect(await answer).toBe(cutOff);
    expect(await it.count()).toBe(0);
  },
);

/** Runs `work` while each client writes; they go on after a refusal. Returns what was accepted. */
async function underLoad(
  clients: readonly Client[],
  work: (accepted: readonly number[], answers: ReadonlySet<string>) => Promise<void>,
): Promise<readonly number[]> {
  const accepted: number[] = [];
  const answers = new Set<string>();
  const stop = new AbortController();
  const writing = clients.map(async (client) => {
    while (!stop.signal.aborted) {
      const id = (ids += 1);
      const answer = await write(client, id);
      answers.add(answer);
      if (answer === "accepted") accepted.push(id);
    }
  });
  try {
    await work(accepted, answers);
  } finally {
    stop.abort();
    await Promise.all(writing);
  }
  expect(answers).toEqual(new Set(["accepted", readOnly]));
  return accepted.toSorted((a, b) => a - b);
}

test("under load every write is accepted or certainly refused, and none follows the token", async () => {
  const clients = await Promise.all(Array.from({ length: 8 }, () => it.session()));
  const database = databaseWith(20_000);
  for (let round = 1; round <= 5; round += 1) {
    let atToken: readonly { readonly id: number }[] = [];
    const accepted = await underLoad(clients, async (sofar, answers) => {
      await eventually("writers are busy", () => sofar.length > 50);
      expect(await database.closeLease()).toMatchObject({ ok: true });
      atToken = await it.query<{ id: number }>("select id from orders order by id");
      await eventually("they were refused", () => answers.has(readOnly));
    });
    expect(atToken.map(({ id }) => id)).toEqual(accepted);
    expect(await it.count()).toBe(accepted.length);
    await it.grant();
    await it.query("truncate orders");
  }
});

test("what could open the lease again is ended before any writer gets its grace", async () => {
  await dawdleAfterCheck(1);
  const writer = write(await it.session(), 1);
  await dawdling();
  const late = await it.session(labUser, "switchback-operator");
  const opening = answerTo(
    late.query(`do $$ begin
      perform pg_sleep(0.3);
      perform setval('switchback.lease_limit',
                     switchback.limit_of(switchback.current_timeline(), 8e12));
    end $$`),
  );
  const closing = databaseWith(20_000).closeLease();
  expect(await opening).toBe(cutOff);
  const client = await it.session();
  const during = await answerTo(client.query("truncate orders"));
  expect(await closing).toMatchObject({ ok: true });
  expect([during, await writer]).toEqual([readOnly, "accepted"]);
  expect(await it.count()).toBe(1);
});
