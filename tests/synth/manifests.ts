//! The charts of a topology, rendered in memory, and what tests ask of them.

import type { Chart } from "cdk8s";
import { charts } from "../../charts/charts.ts";
import type { ChartParameters } from "../../charts/parameters.ts";
import type { Topology } from "../../topology/topology.ts";

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Labels;
  };
  readonly spec?: unknown;
  readonly data?: Readonly<Record<string, string>>;
  readonly rules?: readonly unknown[];
  readonly roleRef?: unknown;
  readonly subjects?: readonly unknown[];
}

/** What of a pod the tests look at. */
interface PodSpec {
  readonly automountServiceAccountToken: boolean;
  readonly securityContext: unknown;
  readonly topologySpreadConstraints?: readonly unknown[];
  readonly terminationGracePeriodSeconds: number;
  readonly containers: readonly Container[];
}

export interface Container {
  readonly image: string;
  readonly env: readonly Variable[];
  readonly securityContext: unknown;
  readonly resources: { readonly requests: unknown; readonly limits: { readonly memory: string } };
  readonly livenessProbe: { readonly httpGet: unknown };
  readonly readinessProbe: { readonly httpGet: unknown };
  readonly lifecycle?: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
}

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } };
}

export interface DeploymentSpec {
  readonly replicas?: number;
  readonly strategy: unknown;
  readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly template: {
    readonly metadata: { readonly labels: Readonly<Record<string, string>> };
    readonly spec: PodSpec;
  };
}

type Labels = Readonly<Record<string, string>>;

export interface Rendered {
  readonly region: string;
  readonly manifests: readonly Manifest[];
}

const registry = "123456789012.dkr.ecr.{region}.amazonaws.com/orders";

export const parameters: ChartParameters = {
  appImage: `${registry}/app@sha256:${"a".repeat(64)}`,
  operatorImage: `${registry}/operator:1.2.3@sha256:${"b".repeat(64)}`,
  hostedZoneId: "Z0123456789ABCDEFGHIJ",
};

export function rendered(topology: Topology): readonly Rendered[] {
  // Nothing is written: only `synth` would.
  const app = charts(topology, parameters, "unused");
  return Object.keys(topology.regions).map((region) => ({
    region,
    manifests: chartOf(app.charts, `${topology.service}-${region}`).toJson() as Manifest[],
  }));
}

function chartOf(all: readonly Chart[], id: string): Chart {
  const chart = all.find(({ node }) => node.id === id);
  if (chart === undefined) throw new Error(`no chart ${id}`);
  return chart;
}

export function one(manifests: readonly Manifest[], kind: string, name: string): Manifest {
  const found = manifests.filter((each) => each.kind === kind && each.metadata.name === name);
  if (found.length !== 1 || found[0] === undefined)
    throw new Error(`${found.length} ${kind} ${name}`);
  return found[0];
}

export function deployment(manifests: readonly Manifest[], name: string): DeploymentSpec {
  return one(manifests, "Deployment", name).spec as DeploymentSpec;
}

export function containerOf({ template }: DeploymentSpec): Container {
  const [container] = template.spec.containers;
  if (container === undefined) throw new Error("a pod without container");
  return container;
}
