//! Everything that one region's cluster gets: the namespace, the app, the operator, who may talk to
//! whom. Secrets are not in it; each part says in its file which it expects to find.

import { Chart, JsonPatch } from "cdk8s";
import { k8s } from "cdk8s-plus-27";
import type { Construct } from "constructs";
import { AppWorkload } from "./app-workload.ts";
import { NetworkPolicies } from "./network-policies.ts";
import { OperatorWorkload } from "./operator-workload.ts";
import type { RegionProps } from "./parameters.ts";

export class RegionChart extends Chart {
  constructor(scope: Construct, id: string, props: RegionProps) {
    const { service } = props.topology;
    super(scope, id, {
      namespace: service,
      labels: { "app.kubernetes.io/part-of": service },
    });
    const namespace = new k8s.KubeNamespace(this, "namespace", {
      metadata: {
        name: service,
        labels: {
          "pod-security.kubernetes.io/enforce": "restricted",
          "pod-security.kubernetes.io/warn": "restricted",
          "pod-security.kubernetes.io/audit": "restricted",
        },
      },
    });
    // The chart's namespace is put on everything; a namespace lies in none.
    namespace.addJsonPatch(JsonPatch.remove("/metadata/namespace"));
    new AppWorkload(this, "app", props);
    new OperatorWorkload(this, "operator", props);
    new NetworkPolicies(this, "network", props);
  }
}
