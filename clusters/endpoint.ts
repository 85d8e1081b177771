//! Where a region's public endpoint is. It exists before these stacks do and is made elsewhere, so it
//! comes in by parameters of the template: a load balancer's name and zone, or fixed addresses.

import { CfnParameter } from "aws-cdk-lib";
import { RecordTarget } from "aws-cdk-lib/aws-route53";
import type { Construct } from "constructs";
import type { RegionName } from "../topology/topology.ts";

/** `addresses`: an NLB with Elastic IPs, or Global Accelerator. Only they let us choose the TTL. */
export const endpointKinds = ["load-balancers", "addresses"] as const;
export type EndpointKind = (typeof endpointKinds)[number];

/** An alias has no TTL of its own; Route 53 answers with that of Elastic Load Balancing. */
export const loadBalancerTtlSeconds = 60;

export interface Endpoint {
  readonly target: RecordTarget;
  /** Whether the record's TTL is ours to set. */
  readonly ownTtl: boolean;
}

export function endpointParameter(
  scope: Construct,
  region: RegionName,
  kind: EndpointKind,
): Endpoint {
  const prefix = region.split("-").map(capitalised).join("");
  switch (kind) {
    case "load-balancers":
      return { target: loadBalancer(scope, region, prefix), ownTtl: false };
    case "addresses": {
      const { valueAsList } = new CfnParameter(scope, `${prefix}Addresses`, {
        type: "CommaDelimitedList",
        description: `IPv4 addresses of the endpoint in ${region}`,
      });
      return { target: RecordTarget.fromIpAddresses(...valueAsList), ownTtl: true };
    }
    default:
      return kind satisfies never;
  }
}

function loadBalancer(scope: Construct, region: RegionName, prefix: string): RecordTarget {
  const name = new CfnParameter(scope, `${prefix}LoadBalancerName`, {
    description: `DNS name of the load balancer in ${region}`,
    allowedPattern: "[a-zA-Z0-9.-]+",
  });
  const zone = new CfnParameter(scope, `${prefix}LoadBalancerZone`, {
    description: `Canonical hosted zone id of the load balancer in ${region}`,
    allowedPattern: "Z[A-Z0-9]+",
  });
  return RecordTarget.fromAlias({
    // Counts beside our own health check: a load balancer without a ready pod has nobody to answer.
    bind: () => ({
      dnsName: name.valueAsString,
      hostedZoneId: zone.valueAsString,
      evaluateTargetHealth: true,
    }),
  });
}

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
