//! Goal: after a forced failover the salvage lists exactly what only the old primary has, and its files
//! bring it back. Method: two real servers, replication cut, writes on both sides, the exported SQL
//! applied to the new primary.

import { Bench } from "../lab/postgres-fixture.ts";
import { LostRegion, parseCsv } from "./salvage-fixture.ts";

const bench = new Bench();
let lost: LostRegion;

afterEach(async () => {
  await lost.close();
  await bench.clear();
});
afterAll(() => bench.close());

const orders = `
  create schema app;
  create table app.orders (
    id bigint generated always as identity primary key,
    key text not null unique,
    item text not null,
    attachment text
  );
  insert into app.orders (key, item) select 'k' || n, 'old' from generate_series(1, 20) as n;`;

const order = (key: string, more = "") =>
  `insert into app.orders (key, item) values ('${key}', 'lost')${more};`;

test("it lists what did not arrive, and not what did after the last renewal", async () => {
  lost = await LostRegion.before(bench, orders);
  await lost.east.query(`${order("arrived")} update app.orders set item = 'new' where key = 'k1'`);
  await lost.caughtUp();
  lost.cut();
  await lost.east.query(`${order("lost 1")} ${order("lost 2")}`);
  await lost.east.query("update app.orders set item = 'changed there' where key = 'k2'");
  await lost.east.query("delete from app.orders where key in ('k3', 'arrived')");
  await lost.failOver();
  await lost.west.query("update app.orders set item = 'changed here' where key = 'k4'");
  await lost.west.query(order("new here"));

  const report = await lost.salvaged();
  expect(report).toMatchObject({
    name: "protect-2",
    location: "s3://test-bucket/switchback/salvage/protect-2/",
    missingRows: 2,
    conflictingRows: 1,
    deletedRows: 2,
    missingObjects: 0,
    uncompared: [],
    fork: { epoch: 2, previousEpoch: 1, region: "us-east-1", timeline: 1 },
  });
  const [table] = report.tables.filter(({ files }) => files.length > 0);
  expect(table).toMatchObject({ table: "app.orders", keyColumns: ["key"], keysLeftOut: 0 });
  expect(table?.keys.map(({ kind, key }) => `${kind} ${key[0]}`).toSorted()).toEqual([
    "conflict k2",
    "deleted arrived",
    "deleted k3",
    "missing lost 1",
    "missing lost 2",
  ]);
  expect(lost.store.stored.at(-1)).toBe("switchback/salvage/protect-2/summary.json");
});

test("a number that another row has by now is given anew when the row is put back", async () => {
  lost = await LostRegion.before(bench, orders);
  lost.cut();
  await lost.east.query(`
    insert into app.orders (id, key, item) overriding system value
      values (57, 'k57', 'lost'), (90, 'k90', 'lost')`);
  await lost.failOver();
  await lost.west.query(`
    insert into app.orders (id, key, item) overriding system value values (57, 'k99', 'new here')`);

  const report = await lost.salvaged();
  expect(report).toMatchObject({ missingRows: 2, conflictingRows: 0, deletedRows: 0 });
  expect(report.tables[0]).toMatchObject({
    numbersTaken: 1,
    keys: [
      { kind: "missing, number taken", key: ["k57"] },
      { kind: "missing", key: ["k90"] },
    ],
  });
  await lost.apply("app.orders.sql");
  const rows = await lost.west.query<{ id: string; key: string }>(
    "select id, key from app.orders where key in ('k57', 'k90', 'k99') order by key",
  );
  expect(rows.map(({ key }) => key)).toEqual(["k57", "k90", "k99"]);
  expect(rows[0]?.id).not.toBe("57");
  expect(rows.slice(1).map(({ id }) => id)).toEqual(["90", "57"]);
  // The sequence knows of the numbers that were put back.
  await lost.west.query(`insert into app.orders (key, item)
                         select 'later ' || n, 'x' from generate_series(1, 100) as n`);
  // Applied twice, nothing is there twice.
  const before = await lost.west.count("app.orders");
  await lost.apply("app.orders.sql");
  expect(await lost.west.count("app.orders")).toBe(before);
});

test("a row that refers to a number of another row is not put back as it is", async () => {
  lost = await LostRegion.before(
    bench,
    `${orders}
     create table app.a_lines (
       order_id bigint not null references app.orders, line int, what text,
       primary key (order_id, line));`,
  );
  lost.cut();
  await lost.east.query(`
    insert into app.orders (id, key, item) overriding system value
      values (57, 'k57', 'lost'), (90, 'k90', 'lost');
    insert into app.a_lines values (57, 1, 'of k57'), (90, 1, 'of k90')`);
  await lost.failOver();
  await lost.west.query(`
    insert into app.orders (id, key, item) overriding system value values (57, 'k99', 'new here')`);

  const report = await lost.salvaged();
  expect(report.tables.map(({ table }) => table).slice(0, 2)).toEqual([
    "app.orders",
    "app.a_lines",
  ]);
  expect(report.tables[1]?.keys).toEqual([
    { kind: "missing, misleading", key: ["57", "1"] },
    { kind: "missing", key: ["90", "1"] },
  ]);
  await lost.apply("app.orders.sql");
  await lost.apply("app.a_lines.sql");
  expect(await lost.west.query("select order_id, what from app.a_lines")).toEqual([
    { order_id: "90", what: "of k90" },
  ]);
});

test("a natural key that was changed there is a conflict of one row, not two rows", async () => {
  lost = await LostRegion.before(bench, orders);
  lost.cut();
  await lost.east.query("update app.orders set key = 'renamed' where key = 'k5'");
  await lost.failOver();
  const report = await lost.salvaged();
  expect(report).toMatchObject({ missingRows: 0, conflictingRows: 1, deletedRows: 0 });
  expect(lost.file("app.orders.sql")).toContain(
    `-- CONFLICT: update "app"."orders" set "key" = 'renamed' where "id" = '5';`,
  );
});

test("an epoch that followed in the same region does not hide the fork", async () => {
  lost = await LostRegion.before(bench, orders);
  lost.cut();
  await lost.east.query(`${order("lost 1")} delete from app.orders where key = 'k1'`);
  await lost.failOver();
  await lost.west.query(order("new here"));
  await lost.west.grant(600_000, 3);
  const report = await lost.salvaged();
  expect(report).toMatchObject({ missingRows: 1, deletedRows: 1, fork: { epoch: 2 } });
});

test("rows of subtransactions that were open at the last renewal are found", async () => {
  lost = await LostRegion.before(bench, orders);
  const client = await lost.east.session();
  await client.query(`begin; ${order("outer")} savepoint a; ${order("inner")} release savepoint a`);
  // Later ids end before the renewal, so that theirs lies below what a snapshot calls its end.
  await lost.east.query(order("arrived"));
  await lost.renew();
  await lost.caughtUp();
  lost.cut();
  await client.query("commit");
  await lost.failOver();
  const report = await lost.salvaged();
  const keys = report.tables[0]?.keys.map(({ key }) => key[0]);
  expect(keys?.toSorted()).toEqual(["inner", "outer"]);
});

const nasty = `
  create schema "Odd ""schema""";
  create type "Odd ""schema""".mood as enum ('so so', 'it''s fine');
  create table "Odd ""schema"""."select" (
    "Key, of" uuid not null,
    nth numeric(10,2) not null,
    "from" bytea,
    doc json,
    docb jsonb,
    at timestamptz,
    lasting interval,
    words text[],
    feeling "Odd ""schema""".mood,
    note text,
    yes boolean,
    ratio double precision,
    padded char(5),
    doubled numeric generated always as (nth * 2) stored,
    primary key ("Key, of", nth)
  );`;

const nastyRows = `
  insert into "Odd ""schema"""."select" values
    ('11111111-1111-1111-1111-111111111111', 1.50, '\\x00ff0a5c27', '{"a":  1, "b": "\\u00e9\\n"}',
     '{"b": [1, null]}', '2026-03-29 01:30:00.123456+00', '1 year 2 mons -3 days 04:05:06.789',
     array['a,b', null, 'c"d', '{}'], 'it''s fine', E'line\\n"quoted", \\\\ and \\r\\n--; drop table x',
     true, 0.1, 'ab'),
    ('22222222-2222-2222-2222-222222222222', -0.01, null, null, null, 'infinity', null, '{}', null,
     '', false, 'NaN', null),
    ('33333333-3333-3333-3333-333333333333', 0, '', 'null', 'null', '-infinity', '0', null, null,
     '\\.', null, '-0', '')`;

test("values and names of every kind come back as they were", async () => {
  lost = await LostRegion.before(bench, nasty);
  lost.cut();
  await lost.east.query(nastyRows);
  await lost.failOver();
  expect(await lost.salvaged()).toMatchObject({ missingRows: 3, uncompared: [] });
  const file = encodeURIComponent(`"Odd ""schema""".select`);
  const [head, ...rows] = parseCsv(lost.file(`${file}.csv`));
  expect(head?.slice(0, 4)).toEqual(["salvage", "Key, of", "nth", "from"]);
  expect(rows).toHaveLength(3);
  expect(rows[0]?.[3]).toBe("\\x00ff0a5c27");
  expect(rows[0]?.[10]).toBe('line\n"quoted", \\ and \r\n--; drop table x');
  expect(rows.map((row) => row[10])).toEqual([expect.any(String), "", "\\."]);
  expect(rows[1]?.[3]).toBeNull();

  await lost.apply(`${file}.sql`);
  const all = `select t::text from "Odd ""schema"""."select" as t order by 1`;
  expect(await lost.west.query(all)).toEqual(await lost.east.query(all));
});

test("a value with line breaks cannot end the comment around a conflict", async () => {
  lost = await LostRegion.before(bench, orders);
  lost.cut();
  const evil = `E'x\\r\\ndelete from app.orders;\\n--\\rdelete from app.orders;'`;
  await lost.east.query(`update app.orders set item = ${evil} where key = 'k1'`);
  await lost.failOver();
  await lost.salvaged();
  await lost.apply("app.orders.sql");
  expect(await lost.west.count("app.orders")).toBe(20);
});

test("partitioned tables are one table, tables without a key are listed as uncertain", async () => {
  lost = await LostRegion.before(
    bench,
    `create table parted (id int, day date, primary key (id, day)) partition by range (day);
     create table parted_1 partition of parted for values from ('2026-01-01') to ('2026-02-01');
     create table parted_2 partition of parted for values from ('2026-02-01') to ('2026-03-01');
     create table log (at int, line text, doc json);
     create unlogged table scratch (id int primary key);
     insert into parted values (1, '2026-01-05'), (2, '2026-02-05');
     insert into log values (1, 'both', '{}');`,
  );
  await lost.east.query("insert into log values (2, 'arrived', null)");
  await lost.caughtUp();
  lost.cut();
  await lost.east.query("insert into parted values (3, '2026-01-06'), (4, '2026-02-06')");
  await lost.east.query("delete from parted where id = 1");
  await lost.east.query("insert into log values (3, null, '[1]')");
  await lost.failOver();
  const report = await lost.salvaged();
  expect(report).toMatchObject({ missingRows: 2, deletedRows: 1, conflictingRows: 0 });
  expect(report.uncompared).toEqual([
    expect.stringMatching(/^public\.log: no key, .*; 1 uncertain rows are listed$/),
    "public.scratch: unlogged, so nothing of it is replicated",
  ]);
  expect(parseCsv(lost.file("public.log.csv")).at(-1)).toEqual(["uncertain", "3", null, "[1]"]);
  await lost.apply("public.parted.sql");
  expect(await lost.west.query("select id from parted order by id")).toEqual(
    [1, 2, 3, 4].map((id) => ({ id })),
  );
  await lost.apply("public.log.sql");
  expect(await lost.west.count("log")).toBe(2);
});

test("tables that differ or are missing here are named, and their rows listed", async () => {
  lost = await LostRegion.before(bench, `${orders} create table changed (id int primary key);`);
  lost.cut();
  await lost.east.query("alter table changed add column more text");
  await lost.east.query("insert into changed values (1, 'x')");
  await lost.east.query("create table young (id int primary key); insert into young values (7)");
  await lost.failOver();
  await lost.west.query("create table own (id int primary key)");
  const report = await lost.salvaged();
  expect(report.missingRows).toBe(0);
  expect(report.uncompared).toEqual([
    expect.stringMatching(/^public\.changed: the columns differ: .*; 1 uncertain rows are listed$/),
    expect.stringMatching(/^public\.ledger: |^public\.young: this region has no such table; 1 un/),
    "public.own: only this region has this table",
  ]);
});
