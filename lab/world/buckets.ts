//! The app's buckets, one a region, versioned, each with a rule that replicates it to the other one:
//! as infrastructure code would have made them.

import {
  CreateBucketCommand,
  PutBucketReplicationCommand,
  PutBucketVersioningCommand,
  type ReplicationRule,
  S3Client,
} from "@aws-sdk/client-s3";
import type { Topology } from "../../topology/topology.ts";
import { type LabRegion, peerAmong } from "./region.ts";

/** Rules name their destination, so all buckets are there before the first rule is. */
export async function createBuckets(
  regions: readonly LabRegion[],
  topology: Topology,
): Promise<void> {
  for (const { awsUrl, bucket, name } of regions) {
    await withClient({ awsUrl, name }, async (client) => {
      await client.send(new CreateBucketCommand({ Bucket: bucket }));
      const VersioningConfiguration = { Status: "Enabled" as const };
      await client.send(
        new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration }),
      );
    });
  }
  for (const region of regions) {
    const rule = ruleTo(peerAmong(regions, region), topology);
    const ReplicationConfiguration = { Role: roleArn, Rules: [rule] };
    await withClient(region, async (client) => {
      await client.send(
        new PutBucketReplicationCommand({ Bucket: region.bucket, ReplicationConfiguration }),
      );
    });
  }
}

const roleArn = "arn:aws:iam::000000000000:role/lab-replication";

function ruleTo({ bucket, name }: LabRegion, { storage }: Topology): ReplicationRule {
  const enabled = { Status: "Enabled" as const };
  const promised = storage.replicationTimeControl
    ? { ReplicationTime: { ...enabled, Time: { Minutes: 15 } } }
    : {};
  return {
    ID: `to-${name}`,
    ...enabled,
    Priority: 1,
    Filter: { Prefix: "" },
    DeleteMarkerReplication: enabled,
    Destination: {
      Bucket: `arn:aws:s3:::${bucket}`,
      Metrics: { ...enabled, EventThreshold: { Minutes: 15 } },
      ...promised,
    },
  };
}

async function withClient(
  { awsUrl, name }: Pick<LabRegion, "awsUrl" | "name">,
  use: (client: S3Client) => Promise<void>,
): Promise<void> {
  const client = new S3Client({
    endpoint: awsUrl,
    region: name,
    forcePathStyle: true,
    credentials: { accessKeyId: "lab", secretAccessKey: "lab" },
  });
  try {
    await use(client);
  } finally {
    client.destroy();
  }
}
