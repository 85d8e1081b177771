//! Goal: objects come back byte for byte, versions and conditions behave as in S3, and the memory of
//! the lab is bounded. Method: the real client in path style, and raw HTTP for broken uploads.

import { request } from "node:http";
import { Readable } from "node:stream";
import { S3, NoSuchBucket, NoSuchKey, BucketAlreadyOwnedByYou } from "@aws-sdk/client-s3";
import { s3Service, type ObjectVersion, type S3Options } from "../../lab/aws/s3.ts";
import { clientOptions, closeAll, endpoint, opened, refusal, regionA } from "./aws-fixture.ts";

afterEach(closeAll);

const Bucket = "orders-objects";

async function lab(options: Partial<S3Options> = {}) {
  const versions: ObjectVersion[] = [];
  const onVersion = (version: ObjectVersion) => versions.push(version);
  const service = s3Service({ region: regionA, onVersion, ...options });
  const server = await endpoint({ services: { s3: service } });
  const client = opened(new S3({ ...clientOptions(server), forcePathStyle: true }));
  await client.createBucket({ Bucket });
  const text = async (Key: string, more = {}) =>
    (await client.getObject({ Bucket, Key, ...more })).Body?.transformToString();
  return { server, client, text, versions };
}

const status = async (promise: Promise<unknown>) =>
  ((await refusal(promise)).$metadata as { httpStatusCode: number }).httpStatusCode;

test("buckets are made once, found, listed and removed when empty", async () => {
  const { client } = await lab();
  const again = await refusal(client.createBucket({ Bucket }));
  expect(again).toBeInstanceOf(BucketAlreadyOwnedByYou);
  expect((await client.headBucket({ Bucket })).BucketRegion).toBe(regionA);
  expect((await client.listBuckets({})).Buckets?.map(({ Name }) => Name)).toEqual([Bucket]);
  expect(await status(client.headBucket({ Bucket: "nothing-here" }))).toBe(404);
  expect((await refusal(client.createBucket({ Bucket: "Bad_Name" }))).name).toBe(
    "InvalidBucketName",
  );
  await client.putObject({ Bucket, Key: "a", Body: "x" });
  expect((await refusal(client.deleteBucket({ Bucket }))).name).toBe("BucketNotEmpty");
  await client.deleteObject({ Bucket, Key: "a" });
  await client.deleteBucket({ Bucket });
  expect(await refusal(client.listObjectsV2({ Bucket }))).toBeInstanceOf(NoSuchBucket);
});

test.each(["plain", "with space & <xml>", "a/b/../c/./d", "ünïcode/😀", "100%+done?x=1"])(
  "an object under the key %j comes back with its metadata",
  async (Key) => {
    const { client } = await lab();
    const Body = Buffer.from([0, 1, 2, 250, 251, 13, 10, 0]);
    const put = await client.putObject({
      Bucket,
      Key,
      Body,
      ContentType: "application/x-test",
      Metadata: { who: "me" },
    });
    const got = await client.getObject({ Bucket, Key, ChecksumMode: "ENABLED" });
    expect(Buffer.from((await got.Body?.transformToByteArray()) ?? [])).toEqual(Body);
    expect(got).toMatchObject({
      ETag: put.ETag,
      ContentType: "application/x-test",
      Metadata: { who: "me" },
      ContentLength: 8,
      ChecksumCRC32: put.ChecksumCRC32,
    });
    const head = await client.headObject({ Bucket, Key });
    expect(head).toMatchObject({ ETag: put.ETag, ContentLength: 8, Metadata: { who: "me" } });
    const listed = await client.listObjectsV2({ Bucket });
    expect(listed.Contents?.map((object) => [object.Key, object.Size])).toEqual([[Key, 8]]);
  },
);

test("a stream is stored without the frame it came in", async () => {
  const { client, text } = await lab();
  const Body = Readable.from([Buffer.from("abc"), Buffer.from("defgh")]);
  await client.putObject({ Bucket, Key: "stream", Body, ContentLength: 8 });
  expect(await text("stream")).toBe("abcdefgh");
  expect((await client.headObject({ Bucket, Key: "stream" })).ContentEncoding).toBeUndefined();
});

test("an empty object is an object", async () => {
  const { client, text } = await lab();
  await client.putObject({ Bucket, Key: "empty", Body: Buffer.alloc(0) });
  expect(await text("empty")).toBe("");
  expect((await client.headObject({ Bucket, Key: "empty" })).ContentLength).toBe(0);
});

test("what is not there answers 404, with a class where there is a body", async () => {
  const { client, text } = await lab();
  expect(await refusal(text("nothing"))).toBeInstanceOf(NoSuchKey);
  expect(await status(client.headObject({ Bucket, Key: "nothing" }))).toBe(404);
  await client.deleteObject({ Bucket, Key: "nothing" });
});

test("ranges give parts, and impossible ones are refused", async () => {
  const { client, text } = await lab();
  await client.putObject({ Bucket, Key: "k", Body: "0123456789" });
  const part = await client.getObject({ Bucket, Key: "k", Range: "bytes=2-4" });
  expect(await part.Body?.transformToString()).toBe("234");
  expect([part.ContentRange, part.$metadata.httpStatusCode]).toEqual(["bytes 2-4/10", 206]);
  expect(await text("k", { Range: "bytes=7-" })).toBe("789");
  expect(await text("k", { Range: "bytes=-3" })).toBe("789");
  expect(await text("k", { Range: "bytes=5-99" })).toBe("56789");
  expect(await text("k", { Range: "lines=1-2" })).toBe("0123456789");
  expect(await status(client.getObject({ Bucket, Key: "k", Range: "bytes=10-" }))).toBe(416);
});

describe("conditions", () => {
  test("If-None-Match lets only the first of many writers through", async () => {
    const { client } = await lab();
    const puts = Array.from({ length: 10 }, (_, n) =>
      client.putObject({ Bucket, Key: "once", Body: String(n), IfNoneMatch: "*" }),
    );
    const outcomes = await Promise.allSettled(puts);
    const refused = outcomes.filter((outcome) => outcome.status === "rejected");
    expect(refused).toHaveLength(9);
    for (const { reason } of refused) {
      expect(reason).toMatchObject({
        name: "PreconditionFailed",
        $metadata: { httpStatusCode: 412 },
      });
    }
  });

  test("If-Match writes over exactly the version that was seen", async () => {
    const { client, text } = await lab();
    const { ETag } = await client.putObject({ Bucket, Key: "k", Body: "1" });
    await client.putObject({ Bucket, Key: "k", Body: "2", IfMatch: ETag });
    expect(await status(client.putObject({ Bucket, Key: "k", Body: "3", IfMatch: ETag }))).toBe(
      412,
    );
    expect(await status(client.putObject({ Bucket, Key: "new", Body: "3", IfMatch: ETag }))).toBe(
      404,
    );
    expect(await text("k")).toBe("2");
    expect(await status(client.getObject({ Bucket, Key: "k", IfMatch: ETag }))).toBe(412);
    const current = (await client.headObject({ Bucket, Key: "k" })).ETag;
    expect(await status(client.getObject({ Bucket, Key: "k", IfNoneMatch: current }))).toBe(304);
  });
});

async function versioned() {
  const made = await lab();
  const Status = "Enabled" as const;
  expect((await made.client.getBucketVersioning({ Bucket })).Status).toBeUndefined();
  await made.client.putBucketVersioning({ Bucket, VersioningConfiguration: { Status } });
  expect((await made.client.getBucketVersioning({ Bucket })).Status).toBe(Status);
  const put = async (Key: string, Body: string) =>
    (await made.client.putObject({ Bucket, Key, Body })).VersionId;
  return { ...made, put };
}

describe("versions", () => {
  test("every version stays readable, and a delete only hides", async () => {
    const { client, text, put } = await versioned();
    const [one, two] = [await put("k", "1"), await put("k", "2")];
    expect(await text("k")).toBe("2");
    expect(await text("k", { VersionId: one })).toBe("1");
    const marker = await client.deleteObject({ Bucket, Key: "k" });
    expect(marker.DeleteMarker).toBe(true);
    expect(await refusal(text("k"))).toBeInstanceOf(NoSuchKey);
    expect(await text("k", { VersionId: two })).toBe("2");
    expect(await status(text("k", { VersionId: marker.VersionId }))).toBe(405);
    expect(await status(text("k", { VersionId: "nonsense" }))).toBe(404);
    expect((await client.listObjectsV2({ Bucket })).KeyCount).toBe(0);
    const removed = await client.deleteObject({ Bucket, Key: "k", VersionId: marker.VersionId });
    expect(removed.DeleteMarker).toBe(true);
    expect(await text("k")).toBe("2");
    await client.deleteObject({ Bucket, Key: "k", VersionId: two });
    expect(await text("k")).toBe("1");
  });

  test("all versions are listed, newest first, page by page", async () => {
    const { client, put } = await versioned();
    const expected = ["b", "a", "a"].map((key, n) => [key, String(n)] as const);
    for (const [key, body] of expected) await put(key, body);
    await client.deleteObject({ Bucket, Key: "b" });
    const whole = await client.listObjectVersions({ Bucket });
    expect(whole.Versions?.map(({ Key, IsLatest }) => [Key, IsLatest])).toEqual([
      ["a", true],
      ["a", false],
      ["b", false],
    ]);
    expect(whole.DeleteMarkers?.map(({ Key, IsLatest }) => [Key, IsLatest])).toEqual([["b", true]]);
    const seen: string[] = [];
    let markers = {};
    for (let more = true; more;) {
      const page = await client.listObjectVersions({ Bucket, MaxKeys: 1, ...markers });
      for (const { VersionId } of [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])]) {
        seen.push(VersionId ?? "");
      }
      markers = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
      more = page.IsTruncated === true;
    }
    expect(seen).toHaveLength(4);
    expect(new Set(seen).size).toBe(4);
  });

  test("a suspended bucket overwrites the version without an id and keeps the others", async () => {
    const { client, text, put } = await versioned();
    const kept = await put("k", "1");
    await client.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: "Suspended" } });
    expect(await put("k", "2")).toBe("null");
    expect(await put("k", "3")).toBe("null");
    expect(await text("k")).toBe("3");
    expect(await text("k", { VersionId: kept })).toBe("1");
    expect((await client.listObjectVersions({ Bucket })).Versions).toHaveLength(2);
  });

  test("the hook is told of every new version and delete marker, after it is stored", async () => {
    const { client, put, versions } = await versioned();
    const id = await put("k", "1");
    await client.deleteObject({ Bucket, Key: "k" });
    await client.deleteObject({ Bucket, Key: "k", VersionId: id });
    expect(
      versions.map(({ key, deleteMarker, body }) => [key, deleteMarker, String(body)]),
    ).toEqual([
      ["k", false, "1"],
      ["k", true, ""],
    ]);
    expect(versions[0]?.versionId).toBe(id);
  });
});

test("lists go in byte order, page by page, with common prefixes", async () => {
  const { client } = await lab();
  const keys = ["z", "a/1", "a/2", "b", "é", "B"];
  for (const Key of keys) await client.putObject({ Bucket, Key, Body: Key });
  const names = async (input: object) => {
    const page = await client.listObjectsV2({ Bucket, ...input });
    const objects = page.Contents?.map(({ Key }) => Key) ?? [];
    return [...objects, ...(page.CommonPrefixes?.map(({ Prefix }) => Prefix) ?? [])];
  };
  expect(await names({})).toEqual(["B", "a/1", "a/2", "b", "z", "é"]);
  expect(await names({ Prefix: "a/" })).toEqual(["a/1", "a/2"]);
  expect(await names({ Delimiter: "/" })).toEqual(["B", "b", "z", "é", "a/"]);
  expect(await names({ StartAfter: "b" })).toEqual(["z", "é"]);
  const seen: (string | undefined)[] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await client.listObjectsV2({ Bucket, MaxKeys: 2, ContinuationToken });
    seen.push(...(page.Contents?.map(({ Key }) => Key) ?? []));
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
  expect(seen).toEqual(["B", "a/1", "a/2", "b", "z", "é"]);
});

test("the bytes of a region are bounded, and deleting makes room", async () => {
  const { client, text } = await lab({ bytesMax: 10_000 });
  await client.putObject({ Bucket, Key: "a", Body: Buffer.alloc(6_000) });
  const full = await refusal(client.putObject({ Bucket, Key: "b", Body: Buffer.alloc(6_000) }));
  expect([full.name, full.message]).toEqual([
    "InsufficientStorage",
    expect.stringContaining("at most 10000 bytes"),
  ]);
  expect(await refusal(text("b"))).toBeInstanceOf(NoSuchKey);
  await client.putObject({ Bucket, Key: "a", Body: Buffer.alloc(7_000) });
  await client.deleteObject({ Bucket, Key: "a" });
  await client.putObject({ Bucket, Key: "b", Body: Buffer.alloc(6_000) });
});

function rawPut(port: number, headers: Record<string, string>, body: string) {
  const credential = `Credential=AK/20260101/${regionA}/s3/aws4_request`;
  const authorization = `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=host, Signature=00`;
  // Without `x-id`, as SDKs of other languages send it.
  const path = `/${Bucket}/broken`;
  return new Promise<string>((resolve, reject) => {
    const options = { host: "127.0.0.1", port, path, method: "PUT" };
    const sent = request({ ...options, headers: { authorization, ...headers } }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("end", () => resolve(`${response.statusCode} ${text}`));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

describe("broken uploads", () => {
  const chunked = { "content-encoding": "aws-chunked", "x-amz-decoded-content-length": "3" };

  test.each([
    [
      "a checksum that is not the body's",
      { "x-amz-checksum-crc32": "AAAAAA==" },
      "abc",
      "BadDigest",
    ],
    [
      "a trailer that is not the body's",
      chunked,
      "3\r\nabc\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n",
      "BadDigest",
    ],
    ["a chunk that is cut off", chunked, "5\r\nabc", "IncompleteBody"],
    ["a length that is not the body's", chunked, "2\r\nab\r\n0\r\n\r\n", "IncompleteBody"],
    ["no chunks at all", chunked, "abc", "IncompleteBody"],
  ])("%s is refused and stores nothing", async (_title, headers, body, code) => {
    const { server, text } = await lab();
    expect(await rawPut(server.port, headers, body)).toContain(`<Code>${code}</Code>`);
    expect(await refusal(text("broken"))).toBeInstanceOf(NoSuchKey);
  });

  test("signed chunks and a right trailer are stored", async () => {
    const { server, text } = await lab();
    const body =
      "3;chunk-signature=00\r\nabc\r\n0;chunk-signature=00\r\n" +
      "x-amz-checksum-crc32:NSRBwg==\r\n\r\n";
    expect(await rawPut(server.port, chunked, body)).toBe("200 ");
    expect(await text("broken")).toBe("abc");
  });
});
