//! Names that several manifests must agree on, and the labels that selectors rest on. A Deployment's
//! selector can never be changed, so these are a contract with what is already deployed.

import type { Topology } from "../topology/topology.ts";

export const ports = { app: 8080, operator: 8081, database: 5432 } as const;

export function appName({ service }: Topology): string {
  return service;
}

export function operatorName({ service }: Topology): string {
  return `${service}-operator`;
}

/** Identifies the pods of one workload inside the namespace. */
export function podLabels(name: string): Readonly<Record<string, string>> {
  return { "app.kubernetes.io/name": name };
}
