//! Goal: the lab's S3 keeps versions, conditions and replication rules as another implementation does.
//! Method: the same calls by the official client against the lab and against moto.

import type { ReplicationRule, S3 } from "@aws-sdk/client-s3";
import { compare } from "./scenario.ts";

const Bucket = "orders-objects";
const Status = "Enabled";
const Role = "arn:aws:iam::000000000000:role/replication";

async function versioned(s3: S3, ...names: readonly string[]): Promise<void> {
  for (const name of names) {
    await s3.createBucket({ Bucket: name });
    await s3.putBucketVersioning({ Bucket: name, VersioningConfiguration: { Status } });
  }
}

const textOf = async ({ Body }: { Body?: { transformToString?(): Promise<string> } }) =>
  Body?.transformToString?.();

compare({
  title: "buckets",
  async run({ s3 }, notes) {
    await notes.answered("create", s3.createBucket({ Bucket }));
    await notes.answered("head", s3.headBucket({ Bucket }));
    await notes.answered("list", s3.listBuckets({}));
    await notes.refused(
      "a name that is none",
      s3.createBucket({ Bucket: "Bad_Name" }),
      "InvalidBucketName",
      400,
    );
    await notes.refused(
      "head what is not there",
      s3.headBucket({ Bucket: "nothing-here" }),
      "NotFound",
      404,
    );
    await notes.refused(
      "list in what is not there",
      s3.listObjectsV2({ Bucket: "nothing-here" }),
      "NoSuchBucket",
      404,
    );
    const before = await notes.answered("versioning, before", s3.getBucketVersioning({ Bucket }));
    notes.is("versioning, before > Status", before.Status, undefined);
    await notes.answered(
      "versioning, on",
      s3.putBucketVersioning({ Bucket, VersioningConfiguration: { Status } }),
    );
    const after = await notes.answered("versioning, after", s3.getBucketVersioning({ Bucket }));
    notes.is("versioning, after > Status", after.Status, Status);
    await s3.putObject({ Bucket, Key: "k", Body: "1" });
    await notes.refused(
      "delete what is not empty",
      s3.deleteBucket({ Bucket }),
      "BucketNotEmpty",
      409,
    );
  },
  motoDiffers: {
    "a name that is none: is answered": "moto looks at the length of a name only",
  },
  onlyInMoto: { Owner: "everything in the lab has one owner, and nobody asks who" },
});

compare({
  title: "versions and delete markers",
  async run({ s3 }, notes) {
    await versioned(s3, Bucket);
    const content = { ContentType: "text/plain", Metadata: { who: "me" } };
    const one = await notes.answered(
      "put",
      s3.putObject({ Bucket, Key: "k", Body: "one", ...content }),
    );
    const two = await notes.answered("put again", s3.putObject({ Bucket, Key: "k", Body: "two" }));
    notes.is("two versions", one.VersionId !== two.VersionId, true);
    const got = await notes.answered("get", s3.getObject({ Bucket, Key: "k" }));
    notes.is("get > Body", await textOf(got), "two");
    const old = await notes.answered(
      "get the old one",
      s3.getObject({ Bucket, Key: "k", VersionId: one.VersionId }),
    );
    notes.is("get the old one > Body", await textOf(old), "one");
    notes.is(
      "get the old one > Metadata",
      [old.Metadata, old.ContentType],
      [{ who: "me" }, "text/plain"],
    );
    await notes.answered("head", s3.headObject({ Bucket, Key: "k" }));
    const marker = await notes.answered("delete", s3.deleteObject({ Bucket, Key: "k" }));
    notes.is("delete > DeleteMarker", marker.DeleteMarker, true);
    await notes.refused("get what is hidden", s3.getObject({ Bucket, Key: "k" }), "NoSuchKey", 404);
    await notes.refused(
      "head what is hidden",
      s3.headObject({ Bucket, Key: "k" }),
      "NotFound",
      404,
    );
    await notes.refused(
      "get the marker",
      s3.getObject({ Bucket, Key: "k", VersionId: marker.VersionId }),
      "MethodNotAllowed",
      405,
    );
    const listed = await notes.answered("list versions", s3.listObjectVersions({ Bucket }));
    notes.is(
      "list versions > Versions",
      listed.Versions?.map(({ IsLatest, VersionId }) => [VersionId === two.VersionId, IsLatest]),
      [
        [true, false],
        [false, false],
      ],
    );
    notes.is(
      "list versions > DeleteMarkers",
      listed.DeleteMarkers?.map(({ IsLatest, VersionId }) => [
        VersionId === marker.VersionId,
        IsLatest,
      ]),
      [[true, true]],
    );
    const none = await notes.answered("list", s3.listObjectsV2({ Bucket }));
    notes.is("list > KeyCount", [none.KeyCount, none.Contents], [0, undefined]);
    const undone = await notes.answered(
      "delete the marker",
      s3.deleteObject({ Bucket, Key: "k", VersionId: marker.VersionId }),
    );
    notes.is("delete the marker > DeleteMarker", undone.DeleteMarker, true);
    notes.is("what is there again", await textOf(await s3.getObject({ Bucket, Key: "k" })), "two");
    await notes.answered("list what is there", s3.listObjectsV2({ Bucket }));
    await notes.answered(
      "delete a version",
      s3.deleteObject({ Bucket, Key: "k", VersionId: two.VersionId }),
    );
    notes.is("what is there then", await textOf(await s3.getObject({ Bucket, Key: "k" })), "one");
    await notes.refused(
      "get what never was",
      s3.getObject({ Bucket, Key: "never" }),
      "NoSuchKey",
      404,
    );
    await notes.refused(
      "get a version that never was",
      s3.getObject({ Bucket, Key: "k", VersionId: two.VersionId }),
      "NoSuchVersion",
      404,
    );
    const nothing = await notes.answered(
      "delete what never was",
      s3.deleteObject({ Bucket, Key: "never" }),
    );
    notes.is("delete what never was > DeleteMarker", nothing.DeleteMarker, true);
  },
  motoDiffers: {
    "delete the marker > DeleteMarker: is nothing": "moto says so of new markers only",
    "delete what never was > DeleteMarker: is nothing":
      "S3 puts a marker where nothing was; moto does not",
    "get the marker: is refused, NoSuchVersion 404":
      "S3 refuses the method; moto does not count a marker as a version",
  },
  onlyInMoto: {
    "Versions > Owner": "everything in the lab has one owner, and nobody asks who",
    "DeleteMarkers > Owner": "as of versions",
    "Contents > ChecksumAlgorithm": "the lab keeps CRC32 of everything, and lists it nowhere",
  },
  onlyInLab: {
    DeleteMarker: "as the answers to the deletions",
    VersionId: "as the answers to the deletions",
  },
});

compare({
  title: "pages of keys",
  async run({ s3 }, notes) {
    await versioned(s3, Bucket);
    for (const Key of ["b", "a/2", "a/1", "c"]) await s3.putObject({ Bucket, Key, Body: Key });
    const page = await notes.answered("a page", s3.listObjectsV2({ Bucket, MaxKeys: 3 }));
    notes.is(
      "a page > keys",
      page.Contents?.map(({ Key }) => Key),
      ["a/1", "a/2", "b"],
    );
    notes.is("a page > IsTruncated", page.IsTruncated, true);
    const rest = await notes.answered(
      "the rest",
      s3.listObjectsV2({ Bucket, ContinuationToken: page.NextContinuationToken }),
    );
    notes.is(
      "the rest > keys",
      rest.Contents?.map(({ Key }) => Key),
      ["c"],
    );
    const below = await notes.answered(
      "below a prefix",
      s3.listObjectsV2({ Bucket, Prefix: "a/" }),
    );
    notes.is(
      "below a prefix > keys",
      below.Contents?.map(({ Key }) => Key),
      ["a/1", "a/2"],
    );
    const versions = await notes.answered(
      "a page of versions",
      s3.listObjectVersions({ Bucket, MaxKeys: 3 }),
    );
    notes.is(
      "a page of versions > keys",
      [versions.Versions?.map(({ Key }) => Key), versions.IsTruncated],
      [["a/1", "a/2", "b"], true],
    );
    const { NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = versions;
    const more = await notes.answered(
      "the rest of versions",
      s3.listObjectVersions({ Bucket, KeyMarker, VersionIdMarker }),
    );
    notes.is(
      "the rest of versions > keys",
      more.Versions?.map(({ Key }) => Key),
      ["c"],
    );
  },
  onlyInMoto: {
    "Contents > ChecksumAlgorithm": "the lab keeps CRC32 of everything, and lists it nowhere",
    "Versions > Owner": "everything in the lab has one owner, and nobody asks who",
  },
  onlyInLab: { ContinuationToken: "S3 gives the token of the request back; moto does not" },
});

compare({
  title: "ranges",
  async run({ s3 }, notes) {
    await versioned(s3, Bucket);
    await s3.putObject({ Bucket, Key: "k", Body: "0123456789" });
    const part = (Range: string) => s3.getObject({ Bucket, Key: "k", Range });
    for (const [Range, text] of [
      ["bytes=2-4", "234"],
      ["bytes=7-", "789"],
      ["bytes=-3", "789"],
      ["bytes=5-99", "56789"],
    ] as const) {
      const got = await notes.answered(Range, part(Range));
      notes.is(`${Range} > Body`, await textOf(got), text);
    }
    const first = await part("bytes=2-4");
    notes.is(
      "Content-Range",
      [first.ContentRange, first.$metadata.httpStatusCode],
      ["bytes 2-4/10", 206],
    );
    await notes.refused("past the end", part("bytes=10-"), "InvalidRange", 416);
    const other = await notes.answered("in another unit", part("lines=1-2"));
    notes.is("in another unit > Body", await textOf(other), "0123456789");
  },
  motoDiffers: {
    'in another unit > Body: is "12"':
      "S3 knows bytes only and gives the whole; moto reads any unit",
  },
  onlyInMoto: { ContentRange: "as the unit" },
  onlyInLab: { ChecksumCRC32: "as the unit: S3 has a checksum of the whole" },
});

compare({
  title: "conditions",
  async run({ s3 }, notes) {
    await versioned(s3, Bucket);
    const put = (Body: string, more = {}) => s3.putObject({ Bucket, Key: "k", Body, ...more });
    await notes.answered("put the first", put("1", { IfNoneMatch: "*" }));
    await notes.refused(
      "put another first",
      put("2", { IfNoneMatch: "*" }),
      "PreconditionFailed",
      412,
    );
    const { ETag } = await s3.headObject({ Bucket, Key: "k" });
    await notes.answered("put over what was seen", put("2", { IfMatch: ETag }));
    await notes.refused(
      "put over what was there before",
      put("3", { IfMatch: ETag }),
      "PreconditionFailed",
      412,
    );
    await notes.refused(
      "put over nothing",
      s3.putObject({ Bucket, Key: "new", Body: "1", IfMatch: ETag }),
      "NoSuchKey",
      404,
    );
    notes.is("what is there", await textOf(await s3.getObject({ Bucket, Key: "k" })), "2");
    await notes.refused(
      "get what was seen before",
      s3.getObject({ Bucket, Key: "k", IfMatch: ETag }),
      "PreconditionFailed",
      412,
    );
    const now = (await s3.headObject({ Bucket, Key: "k" })).ETag;
    await notes.refused(
      "get what is known",
      s3.getObject({ Bucket, Key: "k", IfNoneMatch: now }),
      "Unknown",
      304,
    );
    await s3.deleteObject({ Bucket, Key: "k" });
    await notes.answered(
      "put the first again, once it was deleted",
      put("4", { IfNoneMatch: "*" }),
    );
  },
});

const rule = (changes: Partial<ReplicationRule> = {}): ReplicationRule => ({
  ID: "all",
  Status,
  Priority: 1,
  Filter: { Prefix: "" },
  DeleteMarkerReplication: { Status },
  Destination: { Bucket: "arn:aws:s3:::destination" },
  ...changes,
});

compare({
  title: "replication rules",
  async run({ s3 }, notes) {
    await versioned(s3, Bucket, "destination");
    await s3.createBucket({ Bucket: "unversioned" });
    const replicate = (Rules: ReplicationRule[], source = Bucket) =>
      s3.putBucketReplication({ Bucket: source, ReplicationConfiguration: { Role, Rules } });
    const get = () => s3.getBucketReplication({ Bucket });
    const absent = "ReplicationConfigurationNotFoundError";
    await notes.refused("get before there is one", get(), absent, 404);
    await notes.refused(
      "from an unversioned bucket",
      replicate([rule()], "unversioned"),
      "InvalidRequest",
      400,
    );
    const refuse = (step: string, rules: ReplicationRule[], name = "InvalidRequest") =>
      notes.refused(step, replicate(rules), name, 400);
    const to = (name: string) => rule({ Destination: { Bucket: `arn:aws:s3:::${name}` } });
    await refuse("to a bucket that is not there", [to("nothing-here")]);
    await refuse("to an unversioned bucket", [to("unversioned")]);
    await refuse("to the bucket itself", [to(Bucket)]);
    await refuse("with one name twice", [rule(), rule({ Priority: 2 })], "InvalidArgument");
    await refuse("with one priority twice", [rule(), rule({ ID: "b" })], "InvalidArgument");
    await refuse("without a priority", [rule({ Priority: undefined })]);
    await refuse("without a word on delete markers", [
      rule({ DeleteMarkerReplication: undefined }),
    ]);
    await s3.deleteBucketReplication({ Bucket });
    await notes.answered("put", replicate([rule()]));
    const got = await notes.answered("get", get());
    notes.is("get > Role", got.ReplicationConfiguration?.Role, Role);
    const [kept] = got.ReplicationConfiguration?.Rules ?? [];
    notes.is("get > Filter", kept?.Filter, { Prefix: "" });
    notes.is("get > DeleteMarkerReplication", kept?.DeleteMarkerReplication, { Status });
    await notes.answered("put another", replicate([rule({ ID: "other" })]));
    const replaced = (await get()).ReplicationConfiguration?.Rules?.map(({ ID }) => ID);
    notes.is("what was put first", replaced, ["other"]);
    await notes.refused(
      "versioning, off",
      s3.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: "Suspended" } }),
      "InvalidBucketState",
      409,
    );
    await notes.answered("delete", s3.deleteBucketReplication({ Bucket }));
    await notes.answered("delete again", s3.deleteBucketReplication({ Bucket }));
    await notes.refused("get what is gone", get(), absent, 404);
    await notes.refused(
      "get of what is not there",
      s3.getBucketReplication({ Bucket: "nothing-here" }),
      "NoSuchBucket",
      404,
    );
  },
  motoDiffers: {
    'get > DeleteMarkerReplication: is {"Status":"Disabled"}':
      "moto overwrites what it is given, and nothing replicates",
    "to a bucket that is not there: is answered": "moto does not look at the destination",
    "to an unversioned bucket: is answered": "moto does not look at the destination",
    "to the bucket itself: is answered": "moto does not look at the destination",
    "versioning, off: is answered": "moto does not tie versions to rules",
    "with one name twice: is answered": "moto does not compare rules",
    "with one priority twice: is answered": "moto does not compare rules",
    "without a priority: is answered": "moto fills it in, with a filter too",
    "without a word on delete markers: is answered": "moto fills it in, with a filter too",
  },
});

compare({
  title: "copies",
  async run({ s3 }, notes) {
    await versioned(s3, Bucket, "destination");
    const first = await s3.putObject({
      Bucket,
      Key: "k",
      Body: "1",
      ContentType: "text/plain",
      Metadata: { who: "me" },
    });
    const CopySource = `${Bucket}/k`;
    await notes.answered("copy", s3.copyObject({ Bucket: "destination", Key: "kept", CopySource }));
    const kept = await s3.headObject({ Bucket: "destination", Key: "kept" });
    notes.is(
      "what describes the copy",
      [kept.ContentType, kept.Metadata],
      ["text/plain", { who: "me" }],
    );
    const onItself = { Bucket, Key: "k", CopySource };
    await notes.refused("onto itself, unchanged", s3.copyObject(onItself), "InvalidRequest", 400);
    const changed = await notes.answered(
      "onto itself, changed",
      s3.copyObject({ ...onItself, MetadataDirective: "REPLACE" }),
    );
    notes.is("a version of its own", changed.VersionId !== first.VersionId, true);
    await s3.putObject({ Bucket, Key: "k", Body: "2" });
    await notes.answered(
      "an old version onto the newest",
      s3.copyObject({ ...onItself, CopySource: `${CopySource}?versionId=${first.VersionId}` }),
    );
    notes.is("what is there", await textOf(await s3.getObject({ Bucket, Key: "k" })), "1");
    const from = (source: string, more = {}) =>
      s3.copyObject({ Bucket, Key: "x", CopySource: source, ...more });
    await notes.refused("of nothing", from(`${Bucket}/nothing`), "NoSuchKey", 404);
    await notes.refused("from nowhere", from("nothing-here/k"), "NoSuchBucket", 404);
    await notes.refused(
      "of another than was seen",
      from(CopySource, { CopySourceIfMatch: '"other"' }),
      "PreconditionFailed",
      412,
    );
  },
  motoDiffers: {
    "of another than was seen: is answered": "moto copies whatever the conditions say",
  },
});
