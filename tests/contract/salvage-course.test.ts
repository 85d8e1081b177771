//! Goal: a salvage runs behind, ends with its summary or with an error that is told, and says what it
//! did not look at. Method: a real failover, a bucket in memory that can refuse, and the lab's S3.

import { S3 } from "@aws-sdk/client-s3";
import { s3Service } from "../../lab/aws/s3.ts";
import { salvageStore } from "../../operator/salvage/salvage-store.ts";
import { Bench, eventually } from "../lab/postgres-fixture.ts";
import { clientOptions, closeAll, endpoint, opened, regionA } from "./aws-fixture.ts";
import { begin, folder, LostRegion, name, parseCsv, settled } from "./salvage-fixture.ts";

const bench = new Bench();
const elsewhere = new Bench();
let lost: LostRegion;

const orders = `
  create schema app;
  create table app.orders (
    id bigint generated always as identity primary key,
    key text not null unique,
    attachment text
  );
  insert into app.orders (key, attachment)
    select 'k' || n, 'object-' || n from generate_series(1, 30) as n;`;

const references = [{ table: "app.orders", column: "attachment" }];

const lose = (count: number) =>
  `insert into app.orders (key, attachment)
   select 'lost ' || n, 'lost-object-' || n from generate_series(1, ${count}) as n`;

beforeEach(async () => {
  // As the operator does, the store takes its credentials from the environment.
  process.env["AWS_ACCESS_KEY_ID"] = "lab";
  process.env["AWS_SECRET_ACCESS_KEY"] = "lab";
  lost = await LostRegion.before(bench, orders);
  lost.cut();
  await lost.east.query(lose(3));
  await lost.failOver();
});
afterEach(async () => {
  await lost.close();
  await bench.clear();
  await elsewhere.clear();
  await closeAll();
});
afterAll(async () => {
  await bench.close();
  await elsewhere.close();
});

test("it begins at once, shows how far it is, and is there when its summary is", async () => {
  const salvage = lost.salvage();
  expect(salvage.progress).toBe("idle");
  expect(await salvage.summary(name)).toEqual({ ok: true, value: "absent" });
  await begin(salvage);
  expect(salvage.progress).toMatchObject({ name, tablesDone: 0 });
  // A second start does nothing.
  await begin(salvage);
  await settled(salvage);
  const summary = await salvage.summary(name);
  expect(summary).toEqual({
    ok: true,
    value: {
      missingRows: 3,
      conflictingRows: 0,
      deletedRows: 0,
      missingObjects: 0,
      uncompared: [],
      location: `s3://test-bucket/${folder}`,
    },
  });
  expect(lost.store.stored.filter((key) => key.endsWith("summary.json"))).toHaveLength(1);
});

test("an old primary that does not answer is told once, and tried again with the next start", async () => {
  await lost.pair.primary.stopFast();
  const salvage = lost.salvage();
  await begin(salvage);
  await settled(salvage);
  expect(await salvage.summary(name)).toMatchObject({
    ok: false,
    fault: "unreachable",
    detail: expect.stringMatching(/^the old primary: /),
  });
  expect(await salvage.summary(name)).toEqual({ ok: true, value: "absent" });
  await begin(salvage);
  await settled(salvage);
  expect(await salvage.start(name)).toMatchObject({ ok: false, fault: "unreachable" });
  await lost.pair.primary.start();
  await begin(salvage);
  await settled(salvage);
  expect(await salvage.summary(name)).toMatchObject({ ok: true, value: { missingRows: 3 } });
});

test("a bucket that takes no file leaves no summary behind", async () => {
  lost.store.refuses = (key) => key.endsWith("app.orders.sql");
  const salvage = lost.salvage();
  await begin(salvage);
  await settled(salvage);
  expect(await salvage.summary(name)).toMatchObject({ ok: false, fault: "unreachable" });
  expect(lost.store.objects.has(`${folder}summary.json`)).toBe(false);
  lost.store.refuses = () => false;
  expect((await lost.salvaged()).missingRows).toBe(3);
});

test("what was salvaged once is not looked at again: the old primary may be rebuilt by then", async () => {
  await lost.salvaged();
  await lost.pair.primary.stopFast();
  const stored = lost.store.stored.length;
  expect((await lost.salvaged()).missingRows).toBe(3);
  expect(lost.store.stored).toHaveLength(stored);
});

test("two databases that do not come from one another are refused", async () => {
  // A bench of its own: servers of one bench are copies of the same empty one.
  const other = await elsewhere.primary("stranger");
  const peerDatabaseUrl = `postgres://lab@${other.host}:${other.port}/postgres`;
  const salvage = lost.salvage({ peerDatabaseUrl });
  await begin(salvage);
  await settled(salvage);
  expect(await salvage.summary(name)).toMatchObject({
    ok: false,
    fault: "refused",
    detail: expect.stringContaining("not where this one comes from"),
  });
});

test("a region whose epoch is not the newer one salvages nothing", async () => {
  await lost.west.query("update switchback.write_lease set epoch = 1");
  const salvage = lost.salvage();
  await begin(salvage);
  await settled(salvage);
  expect(await salvage.summary(name)).toMatchObject({
    ok: false,
    fault: "refused",
    detail: expect.stringContaining("epoch"),
  });
});

test("without a history everything is compared, and that is said", async () => {
  await lost.west.query("delete from switchback.epoch_history");
  const report = await lost.salvaged();
  expect(report).toMatchObject({ missingRows: 3, deletedRows: 0, fork: "unknown" });
  expect(report.uncompared).toContainEqual(expect.stringMatching(/^all rows were compared, since/));
  expect(report.uncompared).toContainEqual(
    "app.orders: deletions not compared: the fork is not known",
  );
});

test("objects that rows point at and that did not arrive are listed, each once", async () => {
  for (let n = 2; n <= 30; n += 1) await lost.store.put(`object-${n}`, "x");
  await lost.store.put("lost-object-2", "x");
  await lost.west.query(`
    insert into app.orders (key, attachment) values ('again', 'object-1'), ('none', null)`);
  const report = await lost.salvaged({ references });
  expect(report.missingObjects).toBe(3);
  const [head, ...rows] = parseCsv(lost.file("missing-objects.csv"));
  expect(head).toEqual(["table", "column", "row", "side", "object"]);
  expect(rows.map((row) => `${row[3]} ${row[4]}`).toSorted()).toEqual([
    "here object-1",
    "there lost-object-1",
    "there lost-object-3",
  ]);
  expect(new Set(lost.store.asked.values())).toEqual(new Set([1]));
});

test("beyond each limit the summary says what was not looked at", async () => {
  const limits = { deletionKeysMax: 10, keysNamedMax: 1, objectsMax: 5, rowsListedMax: 2 };
  const report = await lost.salvaged({
    limits,
    references: [...references, { table: "app.orders", column: "nothing" }],
  });
  expect(report.tables[0]).toMatchObject({ missing: 2, keysLeftOut: 1 });
  expect(report.uncompared).toEqual([
    "app.orders: more than 2 rows to list, the rest is left out",
    "app.orders: deletions not compared, more than 10 keys",
    "objects of app.orders.attachment: only the newest 5 rows",
    "objects of app.orders.nothing: this region has no such column",
  ]);
});

test("many rows come in several files, each of which can be applied alone", async () => {
  const report = await lost.salvaged({ limits: { partBytes: 100, batchRows: 2 } });
  const { files = [] } = report.tables[0] ?? {};
  expect(files.length).toBeGreaterThan(2);
  expect(files.slice(0, 4)).toEqual([
    "app.orders.csv",
    "app.orders.sql",
    "app.orders.part-2.csv",
    "app.orders.part-2.sql",
  ]);
  for (const file of files.filter((file) => file.endsWith(".sql"))) await lost.apply(file);
  expect(await lost.west.count("app.orders")).toBe(33);
});

test("a salvage that is closed ends at once, and leaves no session and no summary", async () => {
  const blocker = await lost.east.session();
  await blocker.query("begin; lock table app.orders in access exclusive mode");
  const salvage = lost.salvage();
  await begin(salvage);
  await eventually("it waits for the lock", async () => (await sessions("Lock")) === 1);
  await salvage.close();
  expect(salvage.progress).toBe("idle");
  await blocker.query("rollback");
  await eventually("its session has ended", async () => (await sessions(".*")) === 0);
  expect(lost.store.objects.has(`${folder}summary.json`)).toBe(false);
  expect(await salvage.start(name)).toMatchObject({ ok: false, fault: "refused" });
});

test("the files lie in the region's bucket, and objects are looked for there", async () => {
  const server = await endpoint({ services: { s3: s3Service({ region: regionA }) } });
  const client = opened(new S3({ ...clientOptions(server), forcePathStyle: true }));
  const Bucket = "orders-objects-east";
  await client.createBucket({ Bucket });
  await client.putObject({ Bucket, Key: "lost-object-1", Body: "x" });
  const access = { region: regionA, endpoint: server.url };
  const store = opened(withDestroy(salvageStore({ access, bucket: Bucket, timeoutMs: 5_000 })));
  const salvage = lost.salvage({ store, references });
  expect(await salvage.summary(name)).toEqual({ ok: true, value: "absent" });
  await begin(salvage);
  await settled(salvage);
  expect(await salvage.summary(name)).toMatchObject({
    ok: true,
    value: { missingRows: 3, missingObjects: 32, location: `s3://${Bucket}/${folder}` },
  });
  const listed = await client.listObjectsV2({ Bucket, Prefix: folder });
  expect(listed.Contents?.map(({ Key }) => Key?.slice(folder.length))).toEqual([
    "app.orders.csv",
    "app.orders.sql",
    "missing-objects.csv",
    "summary.json",
  ]);
});

test("a bucket that is not there is refused, not taken for an empty one", async () => {
  const server = await endpoint({ services: { s3: s3Service({ region: regionA }) } });
  const access = { region: regionA, endpoint: server.url };
  const store = opened(withDestroy(salvageStore({ access, bucket: "no-such", timeoutMs: 5_000 })));
  expect(await store.get("x")).toMatchObject({ ok: false, fault: "refused" });
  expect(await store.put("x", "y", "text/plain")).toMatchObject({ ok: false, fault: "refused" });
});

async function sessions(waitingFor: string): Promise<number> {
  const [row] = await lost.east.query<{ n: number }>(`
    select count(*)::int as n from pg_stat_activity
    where application_name = 'switchback-salvage'
      and coalesce(wait_event_type, '') ~ '${waitingFor}'`);
  return row?.n ?? -1;
}

function withDestroy<T extends { close(): void }>(store: T): T & { destroy(): void } {
  return { ...store, destroy: () => store.close() };
}
