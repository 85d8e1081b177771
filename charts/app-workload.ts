//! The app of one region: Deployment, Service, PodDisruptionBudget, ServiceAccount. The Deployment
//! says nothing of `replicas`: the operator sets the count, and applying this again must not undo it.
//! Expects a Secret `<service>-database` with `url` and `ca.pem`.

import { JsonPatch } from "cdk8s";
import { k8s } from "cdk8s-plus-27";
import { Construct } from "constructs";
import { regionHostname } from "../topology/topology.ts";
import { certificatesMount, certificatesVolume, secretVariable } from "./database.ts";
import { digestOf, imageIn } from "./image.ts";
import { appName, podLabels, ports } from "./names.ts";
import type { RegionProps } from "./parameters.ts";
import { httpProbe, restrictedContainer, restrictedPod } from "./restricted.ts";

const zone = "topology.kubernetes.io/zone";

/** Load balancers take a moment to hear that a pod goes; it keeps answering for that long. */
const lingerSeconds = 10;
/** Then the app has its own five seconds for requests under way, and some to spare. */
const terminationSeconds = 30;

export class AppWorkload extends Construct {
  constructor(scope: Construct, id: string, props: RegionProps) {
    super(scope, id);
    const name = appName(props.topology);
    const metadata = { name };
    const selector = podLabels(name);

    // Nothing in the app talks to Kubernetes.
    new k8s.KubeServiceAccount(this, "account", { metadata, automountServiceAccountToken: false });
    new LingeringDeployment(this, "deployment", {
      metadata,
      spec: {
        selector: { matchLabels: selector },
        revisionHistoryLimit: 3,
        strategy: {
          type: "RollingUpdate",
          rollingUpdate: {
            maxUnavailable: k8s.IntOrString.fromNumber(0),
            maxSurge: k8s.IntOrString.fromNumber(1),
          },
        },
        template: { metadata: { labels: selector }, spec: podSpec(name, props) },
      },
    });
    new k8s.KubeService(this, "service", {
      metadata,
      spec: {
        type: "ClusterIP",
        selector,
        ports: [{ name: "http", port: 80, targetPort: k8s.IntOrString.fromString("http") }],
      },
    });
    new k8s.KubePodDisruptionBudget(this, "disruption", {
      metadata,
      spec: {
        // Not `minAvailable`: a standby of one pod could then never leave its node.
        maxUnavailable: k8s.IntOrString.fromNumber(1),
        // Pods that are not ready serve nobody; they must not hold up a drain.
        unhealthyPodEvictionPolicy: "AlwaysAllow",
        selector: { matchLabels: selector },
      },
    });
  }
}

/** The `sleep` action needs no program in the image; the types in use are older and drop it. */
class LingeringDeployment extends k8s.KubeDeployment {
  override toJson(): unknown {
    const preStop = { sleep: { seconds: lingerSeconds } };
    const path = "/spec/template/spec/containers/0/lifecycle";
    return JsonPatch.apply(super.toJson(), JsonPatch.add(path, { preStop }));
  }
}

function podSpec(name: string, props: RegionProps): k8s.PodSpec {
  return {
    ...restrictedPod,
    serviceAccountName: name,
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: terminationSeconds,
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: zone,
        // A zone that is lost must not keep pods from starting in the others.
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: podLabels(name) },
      },
    ],
    containers: [container(props)],
    volumes: [certificatesVolume(secretName(props))],
  };
}

function container(props: RegionProps): k8s.Container {
  const port = ports.app;
  return {
    name: "app",
    image: imageIn(props.region, props.parameters.appImage),
    ports: [{ name: "http", containerPort: port }],
    env: environment(props),
    securityContext: restrictedContainer,
    // No limit on CPU: a throttled pod is slow exactly when it takes over.
    resources: {
      requests: { cpu: k8s.Quantity.fromString("250m"), memory: k8s.Quantity.fromString("256Mi") },
      limits: { memory: k8s.Quantity.fromString("512Mi") },
    },
    startupProbe: httpProbe({ path: "/healthz", port, periodSeconds: 1, failureThreshold: 60 }),
    // Shallow: a restart would not bring a lost database back.
    livenessProbe: httpProbe({ path: "/healthz", port, periodSeconds: 5, failureThreshold: 6 }),
    readinessProbe: httpProbe({ path: "/readyz", port, periodSeconds: 2, failureThreshold: 3 }),
    volumeMounts: [certificatesMount],
  };
}

function environment(props: RegionProps): k8s.EnvVar[] {
  const { parameters, peer, region, topology } = props;
  return [
    { name: "SWITCHBACK_REGION", value: region },
    { name: "HOST", value: "0.0.0.0" },
    { name: "PORT", value: String(ports.app) },
    secretVariable("DATABASE_URL", secretName(props), "url"),
    { name: "PEER_URL", value: `https://${regionHostname(topology, peer)}` },
    { name: "ACK_WITHIN_MS", value: String(topology.lease.ackWithinMs) },
    { name: "BUCKET", value: `${topology.storage.bucketPrefix}-${region}` },
    { name: "AWS_REGION", value: region },
    { name: "BUILD_ID", value: digestOf(parameters.appImage) },
  ];
}

function secretName({ topology }: RegionProps): string {
  return `${appName(topology)}-database`;
}
