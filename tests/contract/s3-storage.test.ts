//! Goal: the operator's view of storage says what S3 says, leaves other people's rules alone, and sends
//! exactly what no rule took. Method: the adapter against the lab's endpoints, with the mesh between.

import { S3 } from "@aws-sdk/client-s3";
import { s3Region } from "../../lab/aws/s3.ts";
import { objectVersion } from "../../lab/aws/s3/version.ts";
import { copyOntoItself, listKeys } from "../../operator/adapters/s3-objects.ts";
import { s3Storage, type S3StorageProps } from "../../operator/adapters/s3-storage.ts";
import { clientOptions, closeAll as closeEndpoints, endpoint, opened } from "./aws-fixture.ts";
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
  await closeEndpoints();
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
  expect(await store.turnAround()).toEqual(done);
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
  await store.turnAround();
  await eventually("it has arrived", () => b.has("old"));
  const [here, there] = [await a.versionIds(), await b.versionIds()];
  const rules = await a.client.getBucketReplication({ Bucket: bucketA });
  expect(await store.turnAround()).toEqual(done);
  expect(await storageOf(lab).turnAround()).toEqual(done);
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
  expect(await store.turnAround()).toEqual(done);
  expect(await a.versionIds()).toHaveLength(1);
});

test("an object that was written over since it was looked at is not copied", async () => {
  const { a } = await bench();
  await a.put("k", "1");
  const seen = await a.head("k");
  await a.put("k", "2");
  const reach = { client: a.client, bucket: bucketA, timeoutMs: 5_000 };
  expect(await copyOntoItself(reach, "k", seen)).toEqual(done);
  expect(await a.versionIds()).toHaveLength(2);
  await a.remove("k");
  expect(await copyOntoItself(reach, "k", seen)).toEqual(done);
  expect(await a.has("k")).toBe(false);
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
  expect(await store.turnAround()).toEqual(done);
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
    expect(await store.turnAround()).toEqual(done);
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
  await store.turnAround();
  expect(await store.state()).toEqual(state("enabled", 0, 0));
  expect(await found()).toEqual([archive, ruleTo(bucketB)]);

  await rules(archive, part);
  expect(await store.state()).toEqual(state("absent", 0, 0));
  await store.turnAround();
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
  expect(await store.turnAround()).toMatchObject({
    ok: false,
    fault: "refused",
    detail: expect.stringContaining("no role"),
  });
});

test("many objects are listed over all pages, up to the limit", async () => {
  const { buckets, service } = s3Region({ region: regionA });
  const server = await endpoint({ services: { s3: service } });
  const client = opened(new S3({ ...clientOptions(server), forcePathStyle: true }));
  await client.createBucket({ Bucket: bucketA });
  for (let n = 0; n < 1_005; n += 1) buckets.get(bucketA)?.add(objectNamed(`k${n}`));
  const reach = { client, bucket: bucketA, timeoutMs: 20_000 };
  const listed = async (objectsMax: number) => {
    const answer = await listKeys(reach, objectsMax);
    if (!answer.ok) throw new Error(answer.detail);
    const { objects, truncated } = answer.value;
    return { keys: new Set(objects.map(({ key }) => key)).size, truncated };
  };
  expect(await listed(20_000)).toEqual({ keys: 1_005, truncated: false });
  expect(await listed(1_001)).toEqual({ keys: 1_001, truncated: true });
  expect(await listed(1_000)).toEqual({ keys: 1_000, truncated: true });
});

const objectNamed = (key: string) =>
  objectVersion(
    { bucket: bucketA, key, versioned: true, writtenAtMs: 0, replication: { kind: "none" } },
    {
      body: Buffer.from("1"),
      contentType: undefined,
      contentEncoding: undefined,
      metadata: undefined,
    },
  );

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
  for (const call of [away.state(), away.turnAround(), away.missing(["k"])]) {
    expect(await call).toMatchObject({ ok: false, fault: "unreachable" });
  }
});
