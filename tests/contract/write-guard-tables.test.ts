//! Goal: every application table is under guard, whenever and however it was made, and making
//! tables works as if there were no guard. Method: real PostgreSQL, and the ways in which tables
//! come to be.

import type { PostgresServer } from "../../lab/postgres/server.ts";
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

const ways: readonly (readonly [how: string, sql: string])[] = [
  ["create table", "create table late (id int)"],
  ["create table as", "create table late as select 1 as id"],
  ["select into", "select 1 as id into late"],
  ["create table like", "create table late (like orders including all)"],
  ["an unlogged table", "create unlogged table late (id int)"],
  ["inheritance", "create table late () inherits (orders)"],
  ["a table in a new schema", "create schema late create table late (id int)"],
  ["a table of a type", "create type shape as (id int); create table late of shape"],
  [
    "a partitioned table",
    "create table late (id int) partition by range (id); create table all_of_it partition of late default",
  ],
  ["do", "do $$ begin execute 'create table late (id int)'; end $$"],
];

test.each(ways)("a table made by %s is under guard at once", async (_how, sql) => {
  await it.query(sql);
  expect(await it.query("select name from switchback.unguarded_tables")).toEqual([]);
  await it.query("set search_path = late, public");
  const name = sql.includes("schema late") ? "late.late" : "late";
  expect(await answerTo(it.query(`insert into ${name} (id) values (1)`))).toBe(readOnly);
  expect(await answerTo(it.query(`truncate ${name}`))).toBe(readOnly);
});

/** Commits a row of its own under a lease that runs out in between. */
async function commitTooLate(sql: string): Promise<string> {
  await it.grant();
  const client = await it.session();
  await client.query("begin");
  await client.query(sql);
  await it.expire();
  return answerTo(client.query("commit"));
}

test("partitions are under guard, by their parent's name and by their own", async () => {
  await it.query("create table parts (id int) partition by range (id)");
  await it.query("create table low partition of parts for values from (0) to (10)");
  expect(await it.query("select name from switchback.unguarded_tables")).toEqual([]);
  for (const table of ["parts", "low"]) {
    expect(await answerTo(it.query(`insert into ${table} values (1)`))).toBe(readOnly);
    expect(await answerTo(it.query(`truncate ${table}`))).toBe(readOnly);
    expect(await commitTooLate(`insert into ${table} values (1)`)).toBe(readOnly);
  }
  expect(await it.count("parts")).toBe(0);
});

test("a table that was there before can be attached as a partition, and stays under guard", async () => {
  await it.query("create table parts (id int) partition by range (id)");
  await it.query("create table low (id int)");
  await it.query("alter table parts attach partition low for values from (0) to (10)");
  expect(await it.query("select name from switchback.unguarded_tables")).toEqual([]);
  for (const table of ["parts", "low"]) {
    expect(await answerTo(it.query(`insert into ${table} values (1)`))).toBe(readOnly);
    expect(await commitTooLate(`insert into ${table} values (1)`)).toBe(readOnly);
  }
});

test("a tree of partitions can be attached below another one", async () => {
  await it.query("create table trunk (id int, kind int) partition by list (kind)");
  await it.query("create table branch (id int, kind int) partition by range (id)");
  await it.query("create table leaf partition of branch for values from (0) to (10)");
  await it.query("alter table trunk attach partition branch for values in (1)");
  expect(await it.query("select name from switchback.unguarded_tables")).toEqual([]);
  expect(await commitTooLate("insert into trunk values (1, 1)")).toBe(readOnly);
  expect(await commitTooLate("insert into leaf values (1, 1)")).toBe(readOnly);
});

test("a partition that is detached keeps its guard", async () => {
  await it.query("create table parts (id int) partition by range (id)");
  await it.query("create table low partition of parts for values from (0) to (10)");
  await it.query("alter table parts detach partition low");
  expect(await it.query("select name from switchback.unguarded_tables")).toEqual([]);
  expect(await commitTooLate("insert into low values (1)")).toBe(readOnly);
});

test("without the event trigger the periodic check finds new tables and reports them", async () => {
  await it.query("drop event trigger switchback_guard_new_tables");
  await it.query("create table late (id int)");
  expect(await answerTo(it.query("insert into late values (1)"))).toBe("accepted");
  it.guarded.length = 0;
  await it.install();
  expect(it.guarded).toEqual(["late"]);
  expect(await answerTo(it.query("insert into late values (1)"))).toBe(readOnly);
  it.guarded.length = 0;
  await it.install();
  expect(it.guarded).toEqual([]);
});

test("a guard that was switched off is switched on again", async () => {
  await it.query("drop event trigger switchback_guard_new_tables");
  await it.query("alter table orders disable trigger all");
  expect(await answerTo(it.query("insert into orders values (1, 'a')"))).toBe("accepted");
  await it.install();
  expect(await answerTo(it.query("insert into orders values (2, 'a')"))).toBe(readOnly);
  // As a restore leaves them: on, but not for the replication role.
  await it.query("alter table orders enable trigger all");
  await it.install();
  expect(await it.query("select name from switchback.unguarded_tables")).toEqual([]);
  const client = await it.session();
  await client.query("set session_replication_role = replica");
  expect(await answerTo(client.query("insert into orders values (2, 'a')"))).toBe(readOnly);
});

test("an ordinary owner makes and changes tables as if there were no guard", async () => {
  await it.query("drop role if exists maker; create role maker login");
  await it.query("create schema made authorization maker");
  const client = await it.session("maker");
  expect(await answerTo(client.query("create table made.thing (id int)"))).toBe("accepted");
  expect(await answerTo(client.query("alter table made.thing add column more int"))).toBe(
    "accepted",
  );
  expect(await answerTo(client.query("insert into made.thing values (1)"))).toBe(readOnly);
  expect(await answerTo(client.query("drop table made.thing"))).toBe("accepted");
  await it.query("drop owned by maker; drop role maker");
});

test("the guard's own tables and the catalogue are left alone", async () => {
  const found = await it.query<{ name: string }>(
    "select tgrelid::regclass::text as name from pg_trigger where tgname like 'switchback%'",
  );
  expect(new Set(found.map(({ name }) => name))).toEqual(new Set(["orders"]));
});
