//! Goal: what is written in one region's bucket reaches the other's as S3 promises: each version once,
//! as it is, whatever happens to the way; and nothing travels that S3 would not send.
//! Method: real clients at both endpoints, the mesh between them cut, darkened and healed.

import { cloudwatchModel } from "../../lab/aws/cloudwatch.ts";
import { eventually } from "./postgres-fixture.ts";
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
  twoWays,
} from "./storage-fixture.ts";

jest.setTimeout(60_000);
afterEach(closeAll);

const completed = (site: Bench["a"], key: string) =>
  eventually(`${key} is completed`, async () => (await site.status(key)) === "COMPLETED");

/** Whatever was on its way has arrived; for tests that wait for something not to happen. */
const quiet = ({ storage }: Bench) =>
  eventually("nothing is on its way", () =>
    storage.metrics().every(({ operationsPending }) => operationsPending === 0),
  );

/** So that two writes are not of the same millisecond. */
const later = () => new Promise((resolve) => setTimeout(resolve, 5));

test("a new object arrives under its own version id, with everything that describes it", async () => {
  const { a, b } = await twoWays();
  const { VersionId } = await a.client.putObject({
    Bucket: bucketA,
    Key: "reports/ünï 1.csv",
    Body: Buffer.from([0, 1, 255, 10]),
    ContentType: "text/csv",
    ContentEncoding: "x-lab",
    Metadata: { who: "me" },
  });
  await completed(a, "reports/ünï 1.csv");
  const sent = await a.head("reports/ünï 1.csv");
  const arrived = await b.client.getObject({ Bucket: bucketB, Key: "reports/ünï 1.csv" });
  expect(Buffer.from((await arrived.Body?.transformToByteArray()) ?? [])).toEqual(
    Buffer.from([0, 1, 255, 10]),
  );
  expect(arrived).toMatchObject({
    VersionId,
    ReplicationStatus: "REPLICA",
    ContentType: "text/csv",
    ContentEncoding: "x-lab",
    Metadata: { who: "me" },
    ETag: sent.ETag,
    LastModified: sent.LastModified,
  });
});

test("a replica goes nowhere, so two rules that face each other make no loop", async () => {
  const lab = await twoWays();
  const id = await lab.a.put("k", "1");
  await completed(lab.a, "k");
  await lab.b.put("other", "2");
  await completed(lab.b, "other");
  await quiet(lab);
  expect(await lab.a.versionIds()).toHaveLength(2);
  expect(await lab.b.versionIds()).toHaveLength(2);
  expect(await lab.b.status("k")).toBe("REPLICA");
  expect((await lab.b.head("k")).VersionId).toBe(id);
  expect(lab.storage.metrics().map(({ sourceBucket }) => sourceBucket)).toEqual([bucketA, bucketB]);
});

test("what was written before the rule has no status and stays, until it is copied onto itself", async () => {
  const lab = await bench();
  const { a, b } = lab;
  await a.put("old", "1");
  await a.replicateTo(bucketB);
  await a.put("new", "2");
  await completed(a, "new");
  expect(await a.status("old")).toBeUndefined();
  expect(await b.has("old")).toBe(false);
  await a.client.copyObject({
    Bucket: bucketA,
    Key: "old",
    CopySource: `${bucketA}/old`,
    MetadataDirective: "REPLACE",
    ContentType: "text/plain",
  });
  await completed(a, "old");
  expect(await b.text("old")).toBe("1");
  expect((await b.head("old")).ContentType).toBe("text/plain");
  // Only the copy travelled.
  expect(await a.versionIds()).toHaveLength(3);
  expect(await b.versionIds()).toHaveLength(2);
});

test("a delete marker travels when the rule says so", async () => {
  const lab = await twoWays();
  await lab.a.put("k", "1");
  await completed(lab.a, "k");
  const { VersionId } = await lab.a.remove("k");
  await eventually("the marker hides the replica", async () => !(await lab.b.has("k")));
  const { DeleteMarkers } = await lab.b.client.listObjectVersions({ Bucket: bucketB });
  expect(DeleteMarkers?.map((marker) => marker.VersionId)).toEqual([VersionId]);
});

test("a delete marker stays when the rule says so, and so does the end of one version", async () => {
  const lab = await bench();
  const { a, b } = lab;
  await a.replicateTo(bucketB, { DeleteMarkerReplication: { Status: "Disabled" } });
  const id = await a.put("kept", "1");
  await a.put("hidden", "2");
  await completed(a, "kept");
  await completed(a, "hidden");
  await a.client.deleteObject({ Bucket: bucketA, Key: "kept", VersionId: id });
  await a.remove("hidden");
  await a.put("last", "3");
  await completed(a, "last");
  await quiet(lab);
  expect(await a.has("kept")).toBe(false);
  expect(await a.has("hidden")).toBe(false);
  expect(await b.text("kept")).toBe("1");
  expect(await b.text("hidden")).toBe("2");
});

test("only keys under the prefix travel, and a disabled rule takes nothing", async () => {
  const { a, b } = await bench();
  await a.replicateTo(bucketB, { Filter: { Prefix: "in/" } });
  await a.put("out/1", "1");
  await a.put("in/1", "1");
  await completed(a, "in/1");
  expect(await a.status("out/1")).toBeUndefined();
  await a.replicateTo(bucketB, { Status: "Disabled" });
  await a.put("in/2", "2");
  expect(await a.status("in/2")).toBeUndefined();
  expect(await b.versionIds()).toHaveLength(1);
});

test("of two rules for one bucket the one with the higher priority decides", async () => {
  const lab = await bench();
  const { a, b } = lab;
  const strict = ruleTo(bucketB, {
    ID: "strict",
    Priority: 2,
    Filter: { Prefix: "keep/" },
    DeleteMarkerReplication: { Status: "Disabled" },
  });
  await a.client.putBucketReplication({
    Bucket: bucketA,
    ReplicationConfiguration: { Role: role, Rules: [strict, ruleTo(bucketB)] },
  });
  for (const key of ["keep/1", "1"]) {
    await a.put(key, "1");
    await completed(a, key);
    await a.remove(key);
  }
  await eventually("the marker hides the replica", async () => !(await b.has("1")));
  await quiet(lab);
  expect(await b.has("keep/1")).toBe(true);
});

test("over a cut link a version is pending, and completed once the link is healed", async () => {
  const lab = await twoWays();
  lab.mesh.cut(regionA, regionB);
  await lab.a.put("k", "1");
  await lab.a.put("k", "2");
  await eventually("an attempt has failed", () => lab.mesh.links.some((l) => l.connections > 0));
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(await lab.a.status("k")).toBe("PENDING");
  expect(await lab.b.has("k")).toBe(false);
  expect(lab.storage.metrics()).toMatchObject([
    { operationsPending: 2, bytesPending: 2, operationsFailed: 0, ruleId: `to-${bucketB}` },
  ]);
  lab.mesh.heal(regionA, regionB);
  await completed(lab.a, "k");
  await quiet(lab);
  expect(await lab.b.text("k")).toBe("2");
  expect(await lab.b.versionIds()).toEqual(await lab.a.versionIds());
});

test.each([
  ["the region that it is for", regionB],
  ["the region that it is in", regionA],
])("a version waits while %s is dark, and goes on when it is lit", async (_which, dark) => {
  const lab = await twoWays();
  lab.mesh.dark(dark);
  await lab.a.put("k", "1");
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(await lab.a.status("k")).toBe("PENDING");
  expect(await lab.b.has("k")).toBe(false);
  lab.mesh.light(dark);
  await completed(lab.a, "k");
  expect(await lab.b.text("k")).toBe("1");
});

test("when both regions write one key, both end with the same versions in the same order", async () => {
  const lab = await twoWays();
  lab.mesh.cut(regionA, regionB);
  for (const n of [1, 2, 3]) {
    await Promise.all([lab.a.put("k", `a${n}`), lab.b.put("k", `b${n}`)]);
  }
  await lab.a.remove("gone");
  await later();
  await lab.b.put("gone", "written last");
  lab.mesh.heal(regionA, regionB);
  await quiet(lab);
  const ids = await lab.a.versionIds();
  expect(ids).toHaveLength(8);
  expect(await lab.b.versionIds()).toEqual(ids);
  expect(await lab.b.text("k")).toBe(await lab.a.text("k"));
  expect(await lab.a.text("gone")).toBe("written last");
});

test("a version that a later one follows from the other side does not come out on top", async () => {
  const lab = await twoWays();
  lab.mesh.dark(regionA);
  await lab.a.put("k", "lost on the way");
  await later();
  await lab.b.put("k", "written after the failover");
  lab.mesh.light(regionA);
  await quiet(lab);
  expect(await lab.a.text("k")).toBe("written after the failover");
  expect(await lab.b.text("k")).toBe("written after the failover");
  expect(await lab.b.versionIds()).toHaveLength(2);
});

test("without a bucket to go to a version fails, and only then", async () => {
  const lab = await bench();
  const { a, b } = lab;
  await a.replicateTo(bucketB);
  await b.client.deleteBucket({ Bucket: bucketB });
  await a.put("k", "1");
  await eventually("it has failed", async () => (await a.status("k")) === "FAILED");
  expect(lab.storage.metrics()).toMatchObject([{ operationsFailed: 1, operationsPending: 0 }]);
});

test("CloudWatch is told in the destination's region how far it is behind", async () => {
  const models = new Map([regionA, regionB].map((name) => [name, cloudwatchModel()]));
  const lab = await twoWays({
    publishEveryMs: 20,
    publish: (region, metrics) => models.get(region)?.put(metrics),
  });
  lab.mesh.cut(regionA, regionB);
  await lab.a.put("k", "12345");
  const dimensions = { SourceBucket: bucketA, DestinationBucket: bucketB, RuleId: `to-${bucketB}` };
  const largest = async (region: string, MetricName: string) => {
    const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
    const Metric = { Namespace: "AWS/S3", MetricName, Dimensions };
    const query = { Id: "q", MetricStat: { Metric, Period: 3_600, Stat: "Maximum" } };
    const handler = models.get(region)?.service.handlers["GetMetricData"];
    const got = (await handler?.({ MetricDataQueries: [query] } as never, {} as never)) as {
      MetricDataResults: { Values: number[] }[];
    };
    return Math.max(...(got.MetricDataResults[0]?.Values ?? []));
  };
  await eventually(
    "bytes are pending",
    async () => (await largest(regionB, "BytesPendingReplication")) === 5,
  );
  await eventually("it is late", async () => (await largest(regionB, "ReplicationLatency")) > 0);
  expect(await largest(regionB, "OperationsPendingReplication")).toBe(1);
  expect(await largest(regionA, "OperationsFailedReplication")).toBe(0);
  expect(await largest(regionA, "BytesPendingReplication")).toBe(-Infinity);
});
