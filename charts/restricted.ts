//! What Pod Security "restricted" asks of every pod, and a little more: no writable root, no
//! addresses of other services in the environment.

import { k8s } from "cdk8s-plus-27";

export const restrictedPod = {
  enableServiceLinks: false,
  securityContext: {
    runAsNonRoot: true,
    runAsUser: 10_001,
    runAsGroup: 10_001,
    seccompProfile: { type: "RuntimeDefault" },
  },
} as const satisfies Partial<k8s.PodSpec>;

export const restrictedContainer = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
} as const satisfies k8s.SecurityContext;

export interface ProbeProps {
  readonly path: string;
  readonly port: number;
  readonly periodSeconds: number;
  readonly failureThreshold: number;
}

export function httpProbe({ path, port, periodSeconds, failureThreshold }: ProbeProps): k8s.Probe {
  return {
    httpGet: { path, port: k8s.IntOrString.fromNumber(port) },
    periodSeconds,
    failureThreshold,
    timeoutSeconds: 2,
  };
}
