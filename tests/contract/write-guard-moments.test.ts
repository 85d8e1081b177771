//! Goal: no moment between a check and the end of a transaction lets a write through that began
//! under a lease and ends without one. Method: real PostgreSQL, and transactions that were open
//! before.

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
  await it.query("create table other (id int)");
});

afterEach(() => it.close());
afterAll(() => bench.close());

test.each(["repeatable read", "serializable"])(
  "a %s transaction that saw the lease before it was closed writes nothing after",
  async (isolation) => {
    await it.grant();
    const client = await it.session();
    await client.query(`begin isolation level ${isolation}`);
    await client.query("select count(*) from orders");
    expect(await it.database.closeLease()).toMatchObject({ ok: true });
    const answers = [
      await answerTo(client.query("insert into orders values (1, 'a')")),
      await answerTo(client.query("commit")),
    ];
    expect(answers).not.toEqual(["accepted", "accepted"]);
    expect(await it.count()).toBe(0);
  },
);

test("a write that changed nothing does not let a truncation through", async () => {
  await it.query("alter table other disable trigger all");
  await it.grant();
  await it.query("insert into orders values (1, 'a')");
  const client = await it.session();
  await client.query("begin");
  await client.query("update other set id = 2 where false; delete from orders where false");
  await it.expire();
  expect(await answerTo(client.query("truncate orders"))).toBe(readOnly);
  await client.query("rollback");
  expect(await it.count()).toBe(1);
});

test("a setting left over from another transaction opens nothing", async () => {
  const client = await it.session();
  await it.grant();
  await client.query("insert into orders values (1, 'a')");
  await client.query("begin; insert into orders values (2, 'a'); rollback");
  await it.expire();
  expect(await answerTo(client.query("insert into orders values (3, 'a')"))).toBe(readOnly);
  expect(await answerTo(client.query("truncate orders"))).toBe(readOnly);
});

test("constraints made immediate in between do not switch the check at commit off", async () => {
  await it.grant();
  const client = await it.session();
  await client.query("begin; insert into orders values (1, 'a')");
  await client.query("set constraints all immediate; set constraints all deferred");
  await client.query("insert into orders values (2, 'a')");
  await it.expire();
  expect(await answerTo(client.query("commit"))).toBe(readOnly);
  expect(await it.count()).toBe(0);
});

test("a procedure that commits in its middle is checked again after it", async () => {
  await it.query(`create procedure batch() language plpgsql as $$
    begin
      insert into orders values (1, 'a');
      commit;
      perform setval('switchback.lease_limit', 0);
      commit;
      insert into orders values (2, 'a');
    end $$`);
  await it.grant();
  expect(await answerTo(it.query("call batch()"))).toBe(readOnly);
  expect(await it.count()).toBe(1);
});

test("a caught refusal does not open the rest of the transaction", async () => {
  await it.query(`create function sly() returns void language plpgsql as $$
    begin
      begin insert into orders values (1, 'a'); exception when others then null; end;
      insert into orders values (2, 'a');
    end $$`);
  expect(await answerTo(it.query("select sly()"))).toBe(readOnly);
  expect(await it.count()).toBe(0);
});
