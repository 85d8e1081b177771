//! Topology in, AWS stacks out. Today that is one stack: what both regions share and what a failover
//! stands on. No VPC, no EKS, no database and no bucket yet: those are made elsewhere.

import { App, type AppProps } from "aws-cdk-lib";
import { initialActive, type Topology } from "../topology/topology.ts";
import { type EndpointKind, loadBalancerTtlSeconds } from "./endpoint.ts";
import { GlobalStack } from "./global-stack.ts";

export interface ClustersProps {
  readonly endpoints: EndpointKind;
  /** @default the CDK's own: written to a temporary folder, templates validated */
  readonly app?: Pick<AppProps, "outdir" | "builtinCloudFormationValidation">;
}

/** A topology that is good in itself, but not for AWS. */
export class RefusedTopology extends Error {}

/** Here and not in cdk.json, so that tests and every way to run this see the same. */
const context = {
  // Errors that the CDK finds in a template without asking AWS fail the synthesis.
  "@aws-cdk/core:validateAgainstDefaultRules": true,
};

export function clusters(topology: Topology, { app: given, endpoints }: ClustersProps): App {
  const problem = problemOf(topology, endpoints);
  if (problem !== null) throw new RefusedTopology(problem);
  const app = new App({ ...given, context, analyticsReporting: false });
  // The region that serves at first. Its loss takes this stack out of reach, and none of its
  // resources: the arbiter lives in two regions, health checks and records on Route 53's data plane.
  const region = initialActive(topology);
  new GlobalStack(app, `${topology.service}-global`, {
    description: `${topology.service}: arbiter, health checks and records`,
    env: { region },
    terminationProtection: true,
    topology,
    endpoints,
  });
  return app;
}

function problemOf({ dns, lab }: Topology, endpoints: EndpointKind): string | null {
  if (lab !== undefined) return "has the field lab, so it is not for production";
  if (endpoints === "load-balancers" && dns.ttlSeconds < loadBalancerTtlSeconds) {
    return (
      `dns.ttlSeconds is ${dns.ttlSeconds}, but Route 53 answers an alias of a load balancer ` +
      `with ${loadBalancerTtlSeconds}: the recovery time would be longer than the topology says. ` +
      `Set ${loadBalancerTtlSeconds} or more, or take endpoints of fixed addresses`
    );
  }
  return null;
}
