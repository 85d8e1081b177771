//! Goal: the operator's view of storage says what S3 says, leaves other people's rules alone, and sends
//! exactly what no rule took. Method: the adapter against the lab's endpoints, with the mesh between.

import { s3Storage, type S3StorageProps } from "../../operator/adapters/s3-storage.ts";
import { eventually } from "../lab/postgres-fixture.ts";
import {
  bench,
  type Bench,
  bucketA,
  bucketB,
  closeAll,
  regionA,
  regionB,
  role,
  ruleTo,
} from "../lab/storage-fixture.ts";

jest.setTimeout(60_000);

const stores: { close(): void }[] = [];

beforeEach(() => {
  process.env["AWS_ACCESS_KEY_ID"] = "lab";
  process.env["AWS_SECRET_ACCESS_KEY"] = "lab";
});
afterEach(async () => {
  for (const store of stores.splice(0)) store.close();
  await closeAll();
});

function storageOf({ a }: Bench, more: Partial<S3StorageProps> = {}) {
  const store = s3Storage({
    access: { region: regionA, endpoint: a.url },
    bucket: bucketA,
    peerBucket: bucketB,
    timeoutMs: 5_000,
    roleArn: role,
    ...more,
  });
  stores.push(store);
  return store;
}

const done = { ok: true, value: undefined };
const state = (rule: string, unreplicated: number, pending: number) => ({
  ok: true,
  value: { rule, unreplicated, pending },
});

test("objects are counted by where they stand, without the operator's own", async () => {
  const lab = await bench();
  const { a } = lab;
  const store = storageOf(lab);
  expect(await store.state()).toEqual(state("absent", 0, 0));
  await a.put("old", "1");
  await a.put("hidden", "1");
  await a.remove("hidden");
  await a.put("switchback/salvage/failover-2/rows.csv", "1");
  expect(await store.state()).toEqual(state("absent", 1, 0));
  lab.mesh.cut(regionA, regionB);
  await a.replicateTo(bucketB);
  await a.put("new", "1");
  expect(await store.state()).toEqual(state("enabled", 1, 1));
  lab.mesh.heal(regionA, regionB);
  await eventually("it has arrived", async () => (await a.status("new")) === "COMPLETED");
  expect(await store.state()).toEqual(state("enabled", 1, 0));
});

test("reversing makes the rule and sends what none had taken, with all that describes it", async () => {
  const lab = await bench();
  const { a, b } = lab;
  await a.client.putObject({
    Bucket: bucketA,
    Key: "a b/ünï?.txt",
    Body: "old",
    ContentType: "text/x",
    ContentEncoding: "x-lab",
    Metadata: { who: "me" },
  });
  await a.put("switchback/salvage/rows.csv", "1");
  const store = storageOf(lab);
  expect(await store.reverse()).toEqual(done);
  await eventually("all is there", async () => {
    const seen = await store.state();
    return seen.ok && seen.value.unreplicated + seen.value.pending === 0;
  });
  expect(await store.state()).toEqual(state("enabled", 0, 0));
  expect(await b.text("a b/ünï?.txt")).toBe("old");
  expect(await b.head("a b/ünï?.txt")).toMatchObject({
    ContentType: "text/x",
    ContentEncoding: "x-lab",
    Metadata: { who: "me" },
    ReplicationStatus: "REPLICA",
  });
  expect(await b.has("switchback/salvage/rows.csv")).toBe(false);
});

test("reversing again changes nothing, neither here nor there", async () => {
  const lab = await bench();
  const { a, b } = lab;
  await a.put("old", "1");
  const store = storageOf(lab);
  await store.reverse();
  await eventually("it has arrived", () => b.has("old"));
  const [here, there] = [await a.versionIds(), await b.versionIds()];
  const rules = await a.client.getBucketReplication({ Bucket: bucketA });
  expect(await store.reverse()).toEqual(done);
  expect(await storageOf(lab).reverse()).toEqual(done);
  expect(await a.versionIds()).toEqual(here);
  expect(await b.versionIds()).toEqual(there);
  const again = await a.client.getBucketReplication({ Bucket: bucketA });
  expect(again.ReplicationConfiguration).toEqual(rules.ReplicationConfiguration);
});

test("replicas that came from the other side are not sent back", async () => {
  const lab = await bench();
  const { a, b } = lab;
  await b.replicateTo(bucketA);
  await b.put("theirs", "1");
  await eventually("it has arrived", () => a.has("theirs"));
  const store = storageOf(lab);
  expect(await store.state()).toEqual(state("absent", 0, 0));
  expect(await store.reverse()).toEqual(done);
  expect(await a.versionIds()).toHaveLength(1);
});

test("what has failed is sent once more", async () => {
  const lab = await bench();
  const { a, b } = lab;
  await a.replicateTo(bucketB);
  await b.client.deleteBucket({ Bucket: bucketB });
  await a.put("k", "1");
  await eventually("it has failed", async () => (await a.status("k")) === "FAILED");
  const store = storageOf(lab);
  expect(await store.state()).toEqual(state("enabled", 1, 0));
  await b.client.createBucket({ Bucket: bucketB });
  await b.client.putBucketVersioning({
    Bucket: bucketB,
    VersioningConfiguration: { Status: "Enabled" },
  });
  expect(await store.reverse()).toEqual(done);
  await eventually("it has arrived", () => b.has("k"));
});

test("an object that goes on failing is not copied at every call", async () => {
  const lab = await bench();
  const { a, b } = lab;
  await a.replicateTo(bucketB);
  await b.client.deleteBucket({ Bucket: bucketB });
  await a.put("k", "1");
  const store = storageOf(lab);
  const failed = () => eventually("it has failed", async () => (await a.status("k")) === "FAILED");
  await failed();
  for (const _ of [1, 2, 3]) {
    expect(await store.reverse()).toEqual(done);
    await failed();
  }
  expect(await a.versionIds()).toHaveLength(2);
});

test("a rule that was switched off is switched on, and other rules stay", async () => {
  const lab = await bench();
  const { a, b } = lab;
  await b.client.createBucket({ Bucket: "archive" });
  await b.client.putBucketVersioning({
    Bucket: "archive",
    VersioningConfiguration: { Status: "Enabled" },
  });
  const archive = ruleTo("archive", { Priority: 7, Filter: { Prefix: "keep/" } });
  const part = ruleTo(bucketB, { ID: "part", Priority: 3, Filter: { Prefix: "part/" } });
  const rules = (...Rules: ReturnType<typeof ruleTo>[]) =>
    a.client.putBucketReplication({
      Bucket: bucketA,
      ReplicationConfiguration: { Role: role, Rules },
    });
  const found = async () =>
    (await a.client.getBucketReplication({ Bucket: bucketA })).ReplicationConfiguration?.Rules;
  const store = storageOf(lab, { roleArn: "arn:aws:iam::000000000000:role/other" });

  await rules(archive, ruleTo(bucketB, { Status: "Disabled" }));
  expect(await store.state()).toEqual(state("disabled", 0, 0));
  await store.reverse();
  expect(await store.state()).toEqual(state("enabled", 0, 0));
  expect(await found()).toEqual([archive, ruleTo(bucketB)]);

  await rules(archive, part);
  expect(await store.state()).toEqual(state("absent", 0, 0));
  await store.reverse();
  expect(await found()).toEqual([
    archive,
    part,
    expect.objectContaining({ ID: `switchback-to-${bucketB}`, Priority: 8, Status: "Enabled" }),
  ]);
});

test("without rules and without a role the bucket is left alone", async () => {
  const lab = await bench();
  const store = s3Storage({
    access: { region: regionA, endpoint: lab.a.url },
    bucket: bucketA,
    peerBucket: bucketB,
    timeoutMs: 5_000,
  });
  stores.push(store);
  expect(await store.reverse()).toMatchObject({
    ok: false,
    fault: "refused",
    detail: expect.stringContaining("no role"),
  });
});

test("many objects are counted over all pages of the list, and asked for once", async () => {
  const lab = await bench();
  const { a } = lab;
  const keys = Array.from({ length: 1_005 }, (_, n) => `k${n}`);
  for (let at = 0; at < keys.length; at += 50) {
    await Promise.all(keys.slice(at, at + 50).map((key) => a.put(key, "1")));
  }
  expect(await storageOf(lab).state()).toEqual(state("absent", 1_005, 0));
});

test("what is not there is named", async () => {
  const lab = await bench();
  await lab.a.put("here", "1");
  await lab.a.put("hidden", "1");
  await lab.a.remove("hidden");
  const store = storageOf(lab);
  expect(await store.missing(["gone", "here", "hidden"])).toEqual({
    ok: true,
    value: ["gone", "hidden"],
  });
  expect(await store.missing([])).toEqual({ ok: true, value: [] });
});

test("a bucket that cannot be asked is a fault, never an empty one", async () => {
  const lab = await bench();
  const unknown = storageOf(lab, { bucket: "nowhere" });
  expect(await unknown.state()).toMatchObject({ ok: false, fault: "refused" });
  const away = storageOf(lab, { access: { region: regionA, endpoint: "http://127.0.0.1:1" } });
  for (const call of [away.state(), away.reverse(), away.missing(["k"])]) {
    expect(await call).toMatchObject({ ok: false, fault: "unreachable" });
  }
});
