//! Goal: a database without a live lease refuses every write, whatever the statement, the session
//! or the moment. Method: real PostgreSQL, the operator's own guard, and SQL as anybody might send
//! it.

import type { PostgresServer } from "../../lab/postgres/server.ts";
import { guardMigrations } from "../../operator/adapters/guard.ts";
import { Bench } from "../lab/postgres-fixture.ts";
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

const writes = [
  "insert into orders values (1, 'a')",
  "update orders set item = 'b'",
  "delete from orders",
  "truncate orders",
  "merge into orders using (values (1)) v (id) on orders.id = v.id when not matched then insert values (v.id, 'm')",
  "copy orders from program 'echo 1,a' (format csv)",
  "with gone as (delete from orders returning *) select count(*) from gone",
];

/** A row from the time of an earlier lease, so that there is something to change. */
async function withRow(): Promise<void> {
  await it.grant();
  await it.query("insert into orders values (0, 'old')");
  await it.expire();
}

test("without any lease it refuses", async () => {
  expect(await answerTo(it.query("insert into orders values (1, 'a')"))).toBe(readOnly);
  expect(await answerTo(it.query("truncate orders"))).toBe(readOnly);
});

test("what changes no row is nobody's write", async () => {
  expect(await answerTo(it.query("delete from orders where false"))).toBe("accepted");
});

test.each(writes)("with an expired lease it refuses: %s", async (sql) => {
  await withRow();
  expect(await answerTo(it.query(sql))).toBe(readOnly);
});

test("with a live lease every kind of write is accepted", async () => {
  await it.grant();
  const sqls = writes.filter((sql) => !sql.startsWith("copy"));
  for (const sql of sqls) expect(await answerTo(it.query(sql))).toBe("accepted");
});

test("a refusal names the lease, and says what to do", async () => {
  await withRow();
  await expect(it.query("delete from orders")).rejects.toMatchObject({
    code: readOnly,
    message: expect.stringContaining("no live write lease"),
    detail: expect.stringContaining("us-east-1, epoch 1, timeline 1"),
    hint: expect.stringContaining("region that holds the lease"),
  });
});

test("a transaction that is open when the lease runs out cannot commit", async () => {
  await it.grant();
  const client = await it.session();
  await client.query("begin");
  await client.query("insert into orders values (1, 'a')");
  await it.expire();
  expect(await answerTo(client.query("commit"))).toBe(readOnly);
  expect(await it.count()).toBe(0);
});

test("a transaction that is open when the lease is prolonged commits", async () => {
  await it.grant();
  const client = await it.session();
  await client.query("begin");
  await client.query("insert into orders values (1, 'a')");
  await it.grant();
  expect(await answerTo(client.query("commit"))).toBe("accepted");
  expect(await it.count()).toBe(1);
});

test("a single statement that outlasts its lease is not kept", async () => {
  await it.grant(400);
  const slow = "insert into orders select 1, pg_sleep(1)::text";
  expect(await answerTo(it.query(slow))).toBe(readOnly);
  expect(await it.count()).toBe(0);
});

test("what was rolled back to a savepoint is nobody's business, what was kept is", async () => {
  await it.grant();
  const client = await it.session();
  await client.query("begin; savepoint a; insert into orders values (1, 'a')");
  await client.query("rollback to savepoint a");
  await it.expire();
  expect(await answerTo(client.query("commit"))).toBe("accepted");

  await it.grant();
  await client.query("begin; savepoint a; insert into orders values (1, 'a'); release savepoint a");
  await it.expire();
  expect(await answerTo(client.query("commit"))).toBe(readOnly);
  expect(await it.count()).toBe(0);
});

test("a transaction that only reads commits without a lease", async () => {
  const client = await it.session();
  await client.query("begin");
  await client.query("select * from orders");
  expect(await answerTo(client.query("commit"))).toBe("accepted");
});

test("superuser and replication role are refused as everybody else", async () => {
  const client = await it.session();
  const { rows } = await client.query<{ on: string }>(
    "select current_setting('is_superuser') as on",
  );
  expect(rows).toEqual([{ on: "on" }]);
  expect(await answerTo(client.query("insert into orders values (1, 'a')"))).toBe(readOnly);
  await client.query("set session_replication_role = replica");
  expect(await answerTo(client.query("insert into orders values (1, 'a')"))).toBe(readOnly);

  await it.grant();
  await client.query("begin");
  await client.query("insert into orders values (1, 'a')");
  await it.expire();
  expect(await answerTo(client.query("commit"))).toBe(readOnly);
});

test("an ordinary role is refused with the same code, and may write under a lease", async () => {
  await it.query("create role app login; grant all on orders to app");
  const client = await it.session("app");
  expect(await answerTo(client.query("insert into orders values (1, 'a')"))).toBe(readOnly);
  await it.grant();
  expect(await answerTo(client.query("insert into orders values (1, 'a')"))).toBe("accepted");
  const forged = "select setval('switchback.lease_limit', 9223372036854775807)";
  expect(await answerTo(client.query(forged))).toBe("42501");
});

test("a transaction cannot be prepared to be committed later, past the lease", async () => {
  await it.grant();
  const client = await it.session();
  await client.query("begin; insert into orders values (1, 'a')");
  // Object not in prerequisite state: max_prepared_transactions is 0, as on RDS by default.
  expect(await answerTo(client.query("prepare transaction 'later'"))).toBe("55000");
});

test("temporary tables are anybody's, at any time", async () => {
  const client = await it.session();
  await client.query("create temporary table mine (id int)");
  expect(await answerTo(client.query("insert into mine values (1)"))).toBe("accepted");
  expect(await answerTo(client.query("create temp table more as select 1 as id"))).toBe("accepted");
});

test("the installation may be repeated, and by many at a time", async () => {
  await it.query("drop event trigger switchback_guard_new_tables");
  await it.query("drop schema switchback cascade");
  const others = Array.from({ length: 4 }, () => new GuardedServer(server, it.name));
  await Promise.all([...others, ...others].map((other) => other.install()));
  await Promise.all(others.map((other) => other.close()));
  const versions = await it.query<{ version: number }>(
    "select version from switchback.schema_version order by version",
  );
  expect(versions.map(({ version }) => version)).toEqual(
    guardMigrations.map(({ version }) => version),
  );
  expect(others.flatMap(({ guarded }) => guarded).toSorted()).toEqual(["orders"]);
  expect(await answerTo(it.query("insert into orders values (1, 'a')"))).toBe(readOnly);
});

test("an installation that fails leaves nothing half done", async () => {
  await it.query("drop event trigger switchback_guard_new_tables");
  await it.query("drop schema switchback cascade");
  await it.query("create schema switchback; create view switchback.unguarded_tables as select 1");
  expect(await it.database.installGuard()).toMatchObject({ ok: false, fault: "refused" });
  const found = await it.query(
    "select to_regclass('switchback.write_lease') as lease, to_regclass('switchback.schema_version') as v",
  );
  expect(found).toEqual([{ lease: null, v: null }]);
});
