//! Which AWS services answer in a region, and the real thing behind each: this region's PostgreSQL
//! behind RDS, its pods' Kubernetes API behind EKS, the arbiter's table behind DynamoDB.

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Topology } from "../../topology/topology.ts";
import { cloudwatchService } from "../aws/cloudwatch.ts";
import type { MrscModel } from "../aws/dynamodb.ts";
import { eksService } from "../aws/eks.ts";
import type { AwsService } from "../aws/endpoint.ts";
import { rdsService, type RdsInstance } from "../aws/rds.ts";
import { s3Service } from "../aws/s3.ts";
import { stsService } from "../aws/sts.ts";
import { clusterOf, instanceOf, type LabRegion, peerAmong } from "./region.ts";

export interface ServicesProps {
  readonly region: LabRegion;
  readonly regions: readonly LabRegion[];
  readonly topology: Topology;
  readonly arbiter: MrscModel;
}

export type ServiceTable = Readonly<Record<string, AwsService>>;

/** By signing name. */
export function servicesOf({ arbiter, region, regions, topology }: ServicesProps): ServiceTable {
  return {
    dynamodb: arbiter.service(region.name),
    rds: rdsService({
      instances: () => regions.map((each) => instanceIn(each, regions, topology)),
    }),
    eks: eksService({
      cluster: {
        name: clusterOf(topology, region.name),
        version: "1.35",
        endpoint: region.kubernetesUrl,
      },
      nodegroups: [{ name: "app", minSize: 1, maxSize: 4, desiredSize: 1 }],
    }),
    s3: s3Service({ region: region.name }),
    sts: stsService(),
    monitoring: cloudwatchService(),
  };
}

function instanceIn(
  region: LabRegion,
  regions: readonly LabRegion[],
  topology: Topology,
): RdsInstance {
  const { name, postgres } = region;
  // PostgreSQL itself removes the file when it is promoted, by whoever's hand.
  const isReplica = existsSync(join(postgres.dataDir, "standby.signal"));
  const peer = peerAmong(regions, region);
  return {
    identifier: instanceOf(topology, name),
    region: name,
    host: postgres.host,
    port: postgres.port,
    engineVersion: topology.database.engineVersion,
    databaseName: topology.database.name,
    role: () => (isReplica ? "replica" : "primary"),
    status: () => (postgres.running ? "available" : "failed"),
    source: () =>
      isReplica ? { identifier: instanceOf(topology, peer.name), region: peer.name } : undefined,
    promote: () => postgres.promote(),
  };
}
