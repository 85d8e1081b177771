//! What a failover stands on: the arbiter that both regions obey, Route 53's health checks, and the
//! records that follow them. The ids here are a contract: another id is another table, another check.

import { CfnParameter, RemovalPolicy, Stack, type StackProps } from "aws-cdk-lib";
import { AttributeType, Billing, MultiRegionConsistency, TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { HostedZone } from "aws-cdk-lib/aws-route53";
import type { Construct } from "constructs";
import { initialStandby, type RegionName, type Topology } from "../topology/topology.ts";
import { type EndpointKind, endpointParameter } from "./endpoint.ts";
import { RegionRecords } from "./region-records.ts";

export interface GlobalStackProps extends StackProps {
  readonly topology: Topology;
  readonly endpoints: EndpointKind;
}

export class GlobalStack extends Stack {
  constructor(scope: Construct, id: string, props: GlobalStackProps) {
    super(scope, id, props);
    const { endpoints, topology } = props;
    arbiter(this, topology);

    const zone = HostedZone.fromHostedZoneAttributes(this, "Zone", {
      zoneName: topology.dns.zone,
      hostedZoneId: new CfnParameter(this, "HostedZoneId", {
        description: `Route 53's id of ${topology.dns.zone}`,
        allowedPattern: "Z[A-Z0-9]+",
      }).valueAsString,
    });
    for (const region of Object.keys(topology.regions)) {
      new RegionRecords(this, region, {
        topology,
        region,
        zone,
        endpoint: endpointParameter(this, region, endpoints),
      });
    }
  }
}

/** Losing this table is losing the word on who may write: it is hard to delete, and kept if deleted. */
function arbiter(scope: Construct, topology: Topology): TableV2 {
  const standby: RegionName = initialStandby(topology);
  return new TableV2(scope, "Arbiter", {
    tableName: topology.arbiter.table,
    partitionKey: { name: "pk", type: AttributeType.STRING },
    sortKey: { name: "sk", type: AttributeType.STRING },
    billing: Billing.onDemand(),
    // What the protocol rests on: conditional writes judged against the latest version anywhere.
    multiRegionConsistency: MultiRegionConsistency.STRONG,
    replicas: [{ region: standby }],
    witnessRegion: topology.arbiter.witnessRegion,
    deletionProtection: true,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    removalPolicy: RemovalPolicy.RETAIN,
  });
}
