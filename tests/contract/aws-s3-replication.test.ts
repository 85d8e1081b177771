//! Goal: replication rules are kept and refused as S3 keeps and refuses them, and a copy is a version
//! of its own. Method: the real client against one region, with nothing that carries objects away.

import { S3, type ReplicationConfiguration, type ReplicationRule } from "@aws-sdk/client-s3";
import { s3Region } from "../../lab/aws/s3.ts";
import { clientOptions, closeAll, endpoint, opened, refusal, regionA } from "./aws-fixture.ts";

afterEach(closeAll);

const Bucket = "source";
const Role = "arn:aws:iam::000000000000:role/replication";
const Enabled = { Status: "Enabled" } as const;

async function lab() {
  const { service } = s3Region({ region: regionA });
  const server = await endpoint({ services: { s3: service } });
  const client = opened(new S3({ ...clientOptions(server), forcePathStyle: true }));
  for (const name of [Bucket, "destination"]) {
    await client.createBucket({ Bucket: name });
    await client.putBucketVersioning({ Bucket: name, VersioningConfiguration: Enabled });
  }
  await client.createBucket({ Bucket: "unversioned" });
  const replicate = (ReplicationConfiguration: ReplicationConfiguration) =>
    client.putBucketReplication({ Bucket, ReplicationConfiguration });
  const put = async (Key: string, Body: string, more = {}) =>
    (await client.putObject({ Bucket, Key, Body, ...more })).VersionId;
  return { client, replicate, put };
}

const rule = (changes: Partial<ReplicationRule> = {}): ReplicationRule => ({
  ID: "all",
  ...Enabled,
  Priority: 1,
  Filter: { Prefix: "" },
  DeleteMarkerReplication: Enabled,
  Destination: { Bucket: "arn:aws:s3:::destination" },
  ...changes,
});

const to = (bucket: string) => rule({ Destination: { Bucket: `arn:aws:s3:::${bucket}` } });
const minutes = { Minutes: 15 };

describe("rules", () => {
  test("come back as they were given, are replaced as a whole, and end", async () => {
    const { client, replicate } = await lab();
    const none = await refusal(client.getBucketReplication({ Bucket }));
    expect([none.name, none.$metadata]).toEqual([
      "ReplicationConfigurationNotFoundError",
      expect.objectContaining({ httpStatusCode: 404 }),
    ]);
    const full = rule({
      Destination: {
        Bucket: "arn:aws:s3:::destination",
        Metrics: { ...Enabled, EventThreshold: minutes },
        ReplicationTime: { ...Enabled, Time: minutes },
      },
    });
    const first = { Role, Rules: [full, rule({ ID: "tagged", Priority: 2, ...tagged })] };
    await replicate(first);
    const got = await client.getBucketReplication({ Bucket });
    expect(got.ReplicationConfiguration).toEqual(first);
    const second = { Role, Rules: [rule({ ID: "other" })] };
    await replicate(second);
    expect((await client.getBucketReplication({ Bucket })).ReplicationConfiguration).toEqual(
      second,
    );
    await client.deleteBucketReplication({ Bucket });
    await client.deleteBucketReplication({ Bucket });
    expect((await refusal(client.getBucketReplication({ Bucket }))).name).toBe(
      "ReplicationConfigurationNotFoundError",
    );
  });

  const tagged: Partial<ReplicationRule> = {
    Filter: { And: { Prefix: "", Tags: [{ Key: "a", Value: "b" }] } },
    DeleteMarkerReplication: { Status: "Disabled" },
  };

  test.each<[string, readonly ReplicationRule[], string, string]>([
    ["an unknown bucket", [to("nowhere")], "InvalidRequest", "Destination bucket must exist."],
    ["no versions there", [to("unversioned")], "InvalidRequest", "versioning enabled"],
    ["the bucket itself", [to(Bucket)], "InvalidRequest", "same as the source"],
    [
      "a name that is no ARN",
      [rule({ Destination: { Bucket: "destination" } })],
      "InvalidArgument",
      "Invalid bucket ARN",
    ],
    ["no priority", [rule({ Priority: undefined })], "InvalidRequest", "Priority must be"],
    [
      "no word on delete markers",
      [rule({ DeleteMarkerReplication: undefined })],
      "InvalidRequest",
      "DeleteMarkerReplication must be",
    ],
    [
      "delete markers by tag",
      [rule({ ...tagged, DeleteMarkerReplication: Enabled })],
      "InvalidRequest",
      "Tag filter",
    ],
    [
      "a promise of time without metrics",
      [
        rule({
          Destination: {
            Bucket: "arn:aws:s3:::destination",
            ReplicationTime: { ...Enabled, Time: minutes },
          },
        }),
      ],
      "InvalidRequest",
      "needs Metrics",
    ],
    ["one name twice", [rule(), rule({ Priority: 2 })], "InvalidArgument", "more than one all"],
    [
      "one priority twice",
      [rule(), rule({ ID: "b" })],
      "InvalidArgument",
      "more than one priority",
    ],
    [
      "the older form",
      [{ ...Enabled, Prefix: "", Destination: to("destination").Destination }],
      "NotImplemented",
      "with a Filter",
    ],
  ])("with %s are refused, and change nothing", async (_title, Rules, code, text) => {
    const { client, replicate } = await lab();
    const refused = await refusal(replicate({ Role, Rules: [...Rules] }));
    expect([refused.name, refused.message]).toEqual([code, expect.stringContaining(text)]);
    expect((await refusal(client.getBucketReplication({ Bucket }))).name).toBe(
      "ReplicationConfigurationNotFoundError",
    );
  });

  test("need a role, and versions at their own end, which then stay", async () => {
    const { client, replicate } = await lab();
    expect((await refusal(replicate({ Role: "me", Rules: [rule()] }))).name).toBe(
      "InvalidArgument",
    );
    const unversioned = await refusal(
      client.putBucketReplication({
        Bucket: "unversioned",
        ReplicationConfiguration: { Role, Rules: [rule()] },
      }),
    );
    expect([unversioned.name, unversioned.message]).toEqual([
      "InvalidRequest",
      "Versioning must be 'Enabled' on the bucket to apply a replication configuration",
    ]);
    await replicate({ Role, Rules: [rule()] });
    const suspend = () =>
      client.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: "Suspended" } });
    const kept = await refusal(suspend());
    expect([kept.name, kept.$metadata]).toEqual([
      "InvalidBucketState",
      expect.objectContaining({ httpStatusCode: 409 }),
    ]);
    await client.deleteBucketReplication({ Bucket });
    await suspend();
  });

  test("take what is written after them, and say so in every answer about it", async () => {
    const { client, put, replicate } = await lab();
    await put("before", "1");
    await replicate({ Role, Rules: [rule()] });
    await put("after", "1");
    expect((await client.headObject({ Bucket, Key: "before" })).ReplicationStatus).toBeUndefined();
    expect((await client.headObject({ Bucket, Key: "after" })).ReplicationStatus).toBe("PENDING");
    expect((await client.getObject({ Bucket, Key: "after" })).ReplicationStatus).toBe("PENDING");
  });
});

describe("a copy", () => {
  const content = { ContentType: "text/plain", Metadata: { who: "me" } };

  test("keeps what describes the object, or takes what is given", async () => {
    const { client, put } = await lab();
    const VersionId = await put("a/ünï 1?.txt", "text", content);
    const CopySource = `${Bucket}/${encodeURIComponent("a/ünï 1?.txt")}`;
    const copied = await client.copyObject({ Bucket: "destination", Key: "kept", CopySource });
    expect(copied).toMatchObject({ CopySourceVersionId: VersionId });
    const kept = await client.getObject({ Bucket: "destination", Key: "kept" });
    expect(await kept.Body?.transformToString()).toBe("text");
    expect(kept).toMatchObject({ ...content, VersionId: copied.VersionId });
    expect(copied.CopyObjectResult?.ETag).toBe(kept.ETag);
    await client.copyObject({
      Bucket,
      Key: "taken",
      CopySource: `/${CopySource}`,
      MetadataDirective: "REPLACE",
      ContentType: "text/x",
    });
    const taken = await client.headObject({ Bucket, Key: "taken" });
    expect([taken.ContentType, taken.Metadata]).toEqual(["text/x", {}]);
  });

  test("of an object onto itself needs a change, and then is a new version", async () => {
    const { client, put } = await lab();
    const first = await put("k", "1", content);
    const onItself = { Bucket, Key: "k", CopySource: `${Bucket}/k` };
    const refused = await refusal(client.copyObject(onItself));
    expect([refused.name, refused.message]).toEqual([
      "InvalidRequest",
      expect.stringContaining("to itself without changing"),
    ]);
    const second = await client.copyObject({ ...onItself, MetadataDirective: "REPLACE" });
    expect(second.VersionId).not.toBe(first);
    expect((await client.headObject({ Bucket, Key: "k" })).VersionId).toBe(second.VersionId);
  });

  test("brings an old version back", async () => {
    const { client, put } = await lab();
    const old = await put("k", "old");
    await put("k", "new");
    const CopySource = `${Bucket}/k?versionId=${old}`;
    await client.copyObject({ Bucket, Key: "k", CopySource });
    const got = await client.getObject({ Bucket, Key: "k" });
    expect(await got.Body?.transformToString()).toBe("old");
  });

  test("goes by its conditions, and needs something to copy", async () => {
    const { client, put } = await lab();
    await put("k", "1");
    const copy = (more: object, CopySource = `${Bucket}/k`) =>
      refusal(client.copyObject({ Bucket, Key: "x", CopySource, ...more }));
    expect((await copy({ CopySourceIfMatch: '"other"' })).name).toBe("PreconditionFailed");
    expect((await copy({}, `${Bucket}/nothing`)).name).toBe("NoSuchKey");
    expect((await copy({}, "no-such-bucket/k")).name).toBe("NoSuchBucket");
    expect((await copy({}, `${Bucket}/%zz`)).name).toBe("InvalidArgument");
  });
});
