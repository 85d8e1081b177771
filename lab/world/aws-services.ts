//! Which AWS services answer in a region, and the real thing behind each: this region's PostgreSQL
//! behind RDS, its pods' Kubernetes API behind EKS, the arbiter's table behind DynamoDB.

import type { Topology } from "../../topology/topology.ts";
import type { MrscModel } from "../aws/dynamodb.ts";
import { eksService } from "../aws/eks.ts";
import type { AwsService } from "../aws/endpoint.ts";
import { stsService } from "../aws/sts.ts";
import { clusterOf, type LabRegion } from "./region.ts";

export interface ServicesProps {
  readonly region: LabRegion;
  readonly topology: Topology;
  readonly arbiter: MrscModel;
  readonly rds: AwsService;
  readonly s3: AwsService;
  readonly monitoring: AwsService;
}

export type ServiceTable = Readonly<Record<string, AwsService>>;

/** By signing name. */
export function servicesOf(props: ServicesProps): ServiceTable {
  const { arbiter, monitoring, rds, region, s3, topology } = props;
  return {
    dynamodb: arbiter.service(region.name),
    rds,
    eks: eksService({
      cluster: {
        name: clusterOf(topology, region.name),
        version: "1.35",
        endpoint: region.kubernetesUrl,
      },
      nodegroups: [{ name: "app", minSize: 1, maxSize: 4, desiredSize: 1 }],
    }),
    s3,
    sts: stsService(),
    monitoring,
  };
}
