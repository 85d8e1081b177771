//! The operator of one region: its settings, its rights, its one process. Expects a Secret
//! `<service>-operator-database` with `host`, `peer-host`, `user`, `password` and `ca.pem`, and another
//! `<service>-operator-access` with `token`.

import { createHash } from "node:crypto";
import { k8s } from "cdk8s-plus-27";
import { Construct } from "constructs";
import { certificatesMount, certificatesVolume, secretVariable } from "./database.ts";
import { imageIn } from "./image.ts";
import { appName, operatorName, podLabels, ports } from "./names.ts";
import {
  accessFolder,
  configFolder,
  operatorSettings,
  serviceAccountFolder,
} from "./operator-settings.ts";
import type { RegionProps } from "./parameters.ts";
import { httpProbe, restrictedContainer, restrictedPod } from "./restricted.ts";

const terminationSeconds = 30;

export class OperatorWorkload extends Construct {
  constructor(scope: Construct, id: string, props: RegionProps) {
    super(scope, id);
    const name = operatorName(props.topology);
    const metadata = { name };
    const settings = operatorSettings(props);

    new k8s.KubeServiceAccount(this, "account", { metadata });
    new k8s.KubeRole(this, "role", { metadata, rules: rules(appName(props.topology)) });
    new k8s.KubeRoleBinding(this, "binding", {
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
      subjects: [{ kind: "ServiceAccount", name, namespace: props.topology.service }],
    });
    new k8s.KubeConfigMap(this, "settings", { metadata, data: settings });
    new k8s.KubeDeployment(this, "deployment", {
      metadata,
      spec: {
        // One process a region, and the old one goes first: the operators of a region do not yet
        // elect a leader among themselves.
        replicas: 1,
        strategy: { type: "Recreate" },
        revisionHistoryLimit: 3,
        selector: { matchLabels: podLabels(name) },
        template: {
          metadata: {
            labels: podLabels(name),
            // Settings are read once, at the start; other settings are other pods.
            annotations: { "switchback/settings": digest(settings) },
          },
          spec: podSpec(name, props),
        },
      },
    });
  }
}

/** To see the app's Deployment and to set its count: nothing else, and of no other workload. */
function rules(app: string): k8s.PolicyRule[] {
  const exactly = { apiGroups: ["apps"], resourceNames: [app] };
  return [
    { ...exactly, resources: ["deployments"], verbs: ["get"] },
    { ...exactly, resources: ["deployments/scale"], verbs: ["patch"] },
  ];
}

function podSpec(name: string, props: RegionProps): k8s.PodSpec {
  return {
    ...restrictedPod,
    serviceAccountName: name,
    automountServiceAccountToken: true,
    terminationGracePeriodSeconds: terminationSeconds,
    containers: [container(props, `${name}-database`)],
    volumes: [
      { name: "settings", configMap: { name } },
      certificatesVolume(`${name}-database`, "peer-host"),
      { name: "access", secret: { secretName: `${name}-access` } },
    ],
  };
}

function container({ parameters, region }: RegionProps, database: string): k8s.Container {
  const port = ports.operator;
  return {
    name: "operator",
    image: imageIn(region, parameters.operatorImage),
    ports: [{ name: "http", containerPort: port }],
    env: [
      { name: "SWITCHBACK_CONFIG", value: `${configFolder}/operator.json` },
      // The Kubernetes API's certificate is the cluster's own.
      { name: "NODE_EXTRA_CA_CERTS", value: `${serviceAccountFolder}/ca.crt` },
      secretVariable("PGHOST", database, "host"),
      secretVariable("PGUSER", database, "user"),
      secretVariable("PGPASSWORD", database, "password"),
    ],
    securityContext: restrictedContainer,
    // No limit on CPU: a renewal that is throttled is a lease that lapses.
    resources: {
      requests: { cpu: k8s.Quantity.fromString("100m"), memory: k8s.Quantity.fromString("128Mi") },
      limits: { memory: k8s.Quantity.fromString("256Mi") },
    },
    livenessProbe: httpProbe({ path: "/healthz", port, periodSeconds: 5, failureThreshold: 6 }),
    readinessProbe: httpProbe({ path: "/readyz", port, periodSeconds: 5, failureThreshold: 3 }),
    volumeMounts: [
      { name: "settings", mountPath: configFolder, readOnly: true },
      certificatesMount,
      { name: "access", mountPath: accessFolder, readOnly: true },
    ],
  };
}

function digest(settings: Readonly<Record<string, string>>): string {
  return createHash("sha256").update(JSON.stringify(settings)).digest("hex").slice(0, 16);
}
