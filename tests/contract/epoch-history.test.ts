//! Goal: each epoch keeps what it inherited, whatever is repeated, and a renewal stays cheap. Method: the
//! production adapter on two real servers.

import { waitCaughtUp } from "../../lab/postgres/wait.ts";
import { Bench, type Pair } from "../lab/postgres-fixture.ts";
import { GuardedServer, region } from "./guarded-server.ts";

const bench = new Bench();
let pair: Pair;
let east: GuardedServer;
let west: GuardedServer;

beforeEach(async () => {
  pair = await bench.pair();
  east = new GuardedServer(pair.primary);
  west = new GuardedServer(pair.standby);
  await east.query("create table orders (id int primary key, item text)");
  await east.install();
});

afterEach(async () => {
  await east.close();
  await west.close();
  await bench.clear();
});
afterAll(() => bench.close());

const historyOf = (server: GuardedServer) =>
  server.query(`
    select epoch::int, previous_epoch::int as previous, region, timeline,
           replicated_below::text as replicated, inherited_below::text as inherited, granted_at
    from switchback.epoch_history order by epoch`);

async function endedBelow(server: GuardedServer): Promise<string> {
  const [row] = await server.query<{ ended: string }>(
    "select ended_below::text as ended from switchback.write_lease",
  );
  return row?.ended ?? "";
}

test("the first epoch inherits nothing, the next what had arrived of it", async () => {
  await east.grant(60_000, 1);
  expect(await historyOf(east)).toEqual([]);
  await east.query("insert into orders values (1, 'a')");
  await east.database.extendLease(await east.grantOf(60_000));
  await waitCaughtUp(pair.primary, pair.standby);
  const last = await endedBelow(west);
  pair.mesh.cut("east", "west");
  await east.query("insert into orders values (2, 'a')");
  await east.database.extendLease(await east.grantOf(60_000));
  expect(BigInt(await endedBelow(east))).toBeGreaterThan(BigInt(last));

  await east.expire();
  await pair.standby.promote();
  await west.install();
  await west.grant(60_000, 4);
  const [row, ...more] = await historyOf(west);
  expect(more).toEqual([]);
  expect(row).toMatchObject({ epoch: 4, previous: 1, region, timeline: 1, replicated: last });

  // Neither a repeated grant nor what is written meanwhile changes it.
  await west.query("insert into orders values (3, 'a')");
  await west.grant(60_000, 4);
  await west.database.extendLease(await west.grantOf(60_000, 4));
  expect(await historyOf(west)).toEqual([row]);
});

test("what the last renewal calls ended was visible, also below an open transaction", async () => {
  await east.grant();
  const open = await east.session();
  await open.query("begin; insert into orders values (1, 'a'); savepoint a");
  await open.query("insert into orders values (2, 'a'); release savepoint a");
  await east.query("insert into orders values (3, 'a')");
  await east.database.extendLease(await east.grantOf(60_000));
  const ended = Number(await endedBelow(east));
  await open.query("commit");
  const rows = await east.query<{ id: number; xmin: string }>(
    "select id, xmin from orders order by id",
  );
  const above = rows.filter(({ xmin }) => Number(xmin) >= ended).map(({ id }) => id);
  expect(above).toEqual([1, 2, 3]);
});

test("grants at the same time keep one beginning, and an older epoch keeps none", async () => {
  await east.grant(60_000, 1);
  await Promise.all([1, 2, 3, 4].map(() => east.grant(60_000, 2)));
  const grant = await east.grantOf(60_000, 1);
  expect(await east.database.grantLease(grant)).toMatchObject({ ok: false, fault: "conflict" });
  expect((await historyOf(east)).map(({ epoch, previous }) => [epoch, previous])).toEqual([[2, 1]]);
});

test("a renewal touches one page, however often it is repeated", async () => {
  await east.grant();
  for (let n = 0; n < 50; n += 1) await east.database.extendLease(await east.grantOf(60_000));
  const [row] = await east.query<{ pages: number }>(
    "select (pg_relation_size('switchback.write_lease') / 8192)::int as pages",
  );
  expect(row?.pages).toBeLessThanOrEqual(2);
});

test("a database that was guarded before there was a history gets one", async () => {
  await east.query("alter table switchback.write_lease drop column ended_below");
  await east.query("drop table switchback.epoch_history");
  await east.query("delete from switchback.schema_version where version = 4");
  await east.query(`insert into switchback.write_lease (region, epoch, timeline, renewed_at)
                    values ('${region}', 1, 1, now())`);
  await east.install();
  await east.grant(60_000, 2);
  expect(await historyOf(east)).toMatchObject([{ epoch: 2, previous: 1, replicated: null }]);
});
