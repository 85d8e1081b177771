//! The app's buckets, one a region, versioned as replication asks.

import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from "@aws-sdk/client-s3";
import type { LabRegion } from "./region.ts";

export async function createBuckets(regions: readonly LabRegion[]): Promise<void> {
  for (const { awsUrl, bucket, name } of regions) {
    const client = new S3Client({
      endpoint: awsUrl,
      region: name,
      forcePathStyle: true,
      credentials: { accessKeyId: "lab", secretAccessKey: "lab" },
    });
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    await client.send(
      new PutBucketVersioningCommand({
        Bucket: bucket,
        VersioningConfiguration: { Status: "Enabled" },
      }),
    );
    client.destroy();
  }
}
