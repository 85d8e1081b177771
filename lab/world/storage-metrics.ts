//! The replication metrics of S3 under the names that CloudWatch has for them.

import type { MetricDatum, PutMetricDataCommandInput } from "@aws-sdk/client-cloudwatch";
import type { ReplicationMetrics } from "../aws/s3/replicator.ts";

export type PublishMetrics = (region: string, metrics: PutMetricDataCommandInput) => void;

interface Datums {
  readonly atDestination: PutMetricDataCommandInput;
  readonly atSource: PutMetricDataCommandInput;
}

/** `failed`: since the last time. */
export function replicationDatums(metrics: ReplicationMetrics, failed: number): Datums {
  const Dimensions = [
    { Name: "SourceBucket", Value: metrics.sourceBucket },
    { Name: "DestinationBucket", Value: metrics.destinationBucket },
    { Name: "RuleId", Value: metrics.ruleId },
  ];
  const datum = (MetricName: string, Value: number): MetricDatum => ({
    MetricName,
    Value,
    Dimensions,
  });
  return {
    atDestination: {
      Namespace: "AWS/S3",
      MetricData: [
        datum("ReplicationLatency", metrics.latencySeconds),
        datum("BytesPendingReplication", metrics.bytesPending),
        datum("OperationsPendingReplication", metrics.operationsPending),
      ],
    },
    atSource: {
      Namespace: "AWS/S3",
      MetricData: [datum("OperationsFailedReplication", failed)],
    },
  };
}
