//! The replication rules of a bucket: kept as given, after the checks that S3 makes. Rules with a
//! `Filter` only; the older form without one is refused.

import type * as S3 from "@aws-sdk/client-s3";
import { AwsError, type Handlers } from "../service.ts";
import type { Bucket, Versioning } from "./bucket.ts";
import type { S3Store } from "./objects.ts";
import { bucketArnPrefix, bucketOf, hasTags } from "./replication.ts";

/** Names of buckets are unique over all regions, so a destination may be anywhere. */
export type FindVersioning = (bucket: string) => Versioning | "absent";

export function replicationOperations(store: S3Store, versioningOf: FindVersioning): Handlers {
  return {
    PutBucketReplication: (input: S3.PutBucketReplicationCommandInput) => {
      const bucket = store.bucket(input.Bucket);
      bucket.replication = checked(bucket, input.ReplicationConfiguration, versioningOf);
    },
    GetBucketReplication: (input: S3.GetBucketReplicationCommandInput) => {
      const { replication } = store.bucket(input.Bucket);
      if (replication !== undefined) return { ReplicationConfiguration: replication };
      throw new AwsError(
        "ReplicationConfigurationNotFoundError",
        "The replication configuration was not found",
        { status: 404 },
      );
    },
    // What waits for its way at this moment still goes it.
    DeleteBucketReplication: (input: S3.DeleteBucketReplicationCommandInput) => {
      store.bucket(input.Bucket).replication = undefined;
    },
  };
}

/** Replication needs versions at both ends. */
export function assertMaySuspend({ replication }: Bucket): void {
  if (replication === undefined) return;
  throw new AwsError(
    "InvalidBucketState",
    "A replication configuration is present on this bucket, so you cannot change the versioning " +
      "state. To change the versioning state, first delete the replication configuration.",
    { status: 409 },
  );
}

const rulesMax = 1_000;
const rulePriorityMissing = "must be specified for this version of the replication configuration";

function checked(
  bucket: Bucket,
  given: S3.ReplicationConfiguration | undefined,
  versioningOf: FindVersioning,
): S3.ReplicationConfiguration {
  const { Role = "", Rules = [] } = given ?? {};
  if (Rules.length > rulesMax) {
    throw new AwsError("MalformedXML", `a replication configuration has at most ${rulesMax} rules`);
  }
  if (bucket.versioning !== "Enabled") {
    throw invalid(
      "Versioning must be 'Enabled' on the bucket to apply a replication configuration",
    );
  }
  if (!/^arn:aws[\w-]*:iam::\d{12}:role\/.+/.test(Role)) {
    throw new AwsError("InvalidArgument", `Invalid Amazon Resource Name of a role: ${Role}`);
  }
  for (const rule of Rules) {
    assertRule(rule);
    assertDestination(rule, bucket, versioningOf);
    assertPromise(rule);
  }
  const named = Rules.map((rule, index) => ({ ...rule, ID: rule.ID || `rule-${index + 1}` }));
  assertDistinct(named.map(({ ID }) => ID));
  assertDistinct(named.map((rule) => `priority ${rule.Priority} to ${bucketOf(rule)}`));
  return { Role, Rules: named };
}

function assertRule(rule: S3.ReplicationRule): void {
  if (rule.Filter === undefined) {
    throw new AwsError("NotImplemented", "the lab takes replication rules with a Filter", {
      status: 501,
    });
  }
  if (rule.Status !== "Enabled" && rule.Status !== "Disabled") {
    throw new AwsError("MalformedXML", `a rule is Enabled or Disabled, not ${rule.Status}`);
  }
  if (rule.Priority === undefined) throw invalid(`Priority ${rulePriorityMissing}`);
  const { DeleteMarkerReplication: markers } = rule;
  if (markers === undefined) throw invalid(`DeleteMarkerReplication ${rulePriorityMissing}`);
  if (markers.Status === "Enabled" && hasTags(rule.Filter)) {
    throw invalid("Delete marker replication is not supported if any Tag filter is specified");
  }
}

function assertDestination(
  rule: S3.ReplicationRule,
  bucket: Bucket,
  versioningOf: FindVersioning,
): void {
  const arn = rule.Destination?.Bucket;
  if (arn?.startsWith(bucketArnPrefix) !== true) {
    throw new AwsError("InvalidArgument", `Invalid bucket ARN: ${arn}`);
  }
  const name = bucketOf(rule);
  if (name === bucket.name) {
    throw invalid("Destination bucket cannot be the same as the source bucket.");
  }
  const versioning = versioningOf(name);
  if (versioning === "absent") throw invalid("Destination bucket must exist.");
  if (versioning !== "Enabled") throw invalid("Destination bucket must have versioning enabled.");
}

function assertPromise({ Destination }: S3.ReplicationRule): void {
  const { Metrics, ReplicationTime } = Destination ?? {};
  if (ReplicationTime?.Status !== "Enabled") return;
  if (Metrics?.Status !== "Enabled") throw invalid("ReplicationTime needs Metrics to be enabled");
  if (ReplicationTime.Time?.Minutes !== 15) throw invalid("ReplicationTime is 15 minutes");
}

function assertDistinct(names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return;
  throw new AwsError("InvalidArgument", `Rules must differ, but there is more than one ${twice}`);
}

function invalid(message: string): AwsError {
  return new AwsError("InvalidRequest", message, { status: 400 });
}
