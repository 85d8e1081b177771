//! Who may talk to whom: nobody, but for what the app and the operator need. Inbound only from the
//! region's own network, where its load balancer and its Prometheus are, and from the other operator.

import { k8s } from "cdk8s-plus-27";
import { Construct } from "constructs";
import { appName, operatorName, podLabels, ports } from "./names.ts";
import type { RegionProps } from "./parameters.ts";

/** Where EKS Pod Identity hands out AWS credentials, on every node. */
const podIdentity = { cidr: "169.254.170.23/32", port: 80 } as const;

export class NetworkPolicies extends Construct {
  constructor(scope: Construct, id: string, { cidr, peerCidr, topology }: RegionProps) {
    super(scope, id);
    const policyTypes = ["Ingress", "Egress"];
    new k8s.KubeNetworkPolicy(this, "deny", {
      metadata: { name: "default-deny" },
      spec: { podSelector: {}, policyTypes },
    });
    const workloads = [
      { name: appName(topology), port: ports.app, from: [cidr], also: [] },
      {
        name: operatorName(topology),
        port: ports.operator,
        // The operators vouch for each other, and each salvages what only the other's database has.
        from: [cidr, peerCidr],
        also: [
          {
            to: [{ ipBlock: { cidr: peerCidr } }],
            ports: [tcp(ports.database), tcp(ports.operator)],
          },
        ],
      },
    ];
    for (const { also, from, name, port } of workloads) {
      new k8s.KubeNetworkPolicy(this, name, {
        metadata: { name },
        spec: {
          podSelector: { matchLabels: podLabels(name) },
          policyTypes,
          ingress: [
            { from: from.map((range) => ({ ipBlock: { cidr: range } })), ports: [tcp(port)] },
          ],
          egress: [...egress(cidr), ...also],
        },
      });
    }
  }
}

function egress(cidr: string): k8s.NetworkPolicyEgressRule[] {
  return [
    // To any address: where the cluster's DNS answers from differs with how nodes are run.
    { ports: [tcp(53), { ...tcp(53), protocol: "UDP" }] },
    { to: [{ ipBlock: { cidr } }], ports: [tcp(ports.database)] },
    // AWS, the Kubernetes API, and both regions' public endpoints.
    { ports: [tcp(443)] },
    { to: [{ ipBlock: { cidr: podIdentity.cidr } }], ports: [tcp(podIdentity.port)] },
  ];
}

function tcp(port: number): k8s.NetworkPolicyPort {
  return { protocol: "TCP", port: k8s.IntOrString.fromNumber(port) };
}
