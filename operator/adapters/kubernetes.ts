//! App pods of the region: the scale subresource of one Deployment, and, where node groups are used,
//! the node group under them through the EKS API.

import {
  DescribeNodegroupCommand,
  EKSClient,
  UpdateNodegroupConfigCommand,
} from "@aws-sdk/client-eks";
import * as z from "zod";
import { type CallFault, failed, type Outcome, succeeded } from "../../failover/outcome.ts";
import type { Capacity, CapacityState } from "../../failover/ports.ts";
import { type AwsAccess, callAws, clientSettings } from "./aws-call.ts";

export interface KubernetesProps {
  readonly url: string;
  readonly token: () => string | undefined;
  readonly namespace: string;
  readonly deployment: string;
  readonly timeoutMs: number;
}

export interface NodeGroupProps {
  readonly access: AwsAccess;
  readonly clusterName: string;
  readonly nodegroupName: string;
  readonly podsPerNode: number;
  readonly timeoutMs: number;
}

const deploymentSchema = z.object({
  spec: z.object({ replicas: z.int().min(0) }),
  status: z.object({ readyReplicas: z.int().min(0).optional() }).optional(),
});

export function kubernetesCapacity(
  props: KubernetesProps,
  nodeGroup: NodeGroupProps | "none",
): Capacity {
  const path = `/apis/apps/v1/namespaces/${props.namespace}/deployments/${props.deployment}`;
  return {
    async state() {
      const answer = await request(props, "GET", path);
      return answer.ok ? stateFrom(answer.value) : answer;
    },
    async scaleTo(replicas) {
      const grown =
        nodeGroup === "none" ? succeeded(undefined) : await growNodes(nodeGroup, replicas);
      const patch = JSON.stringify({ spec: { replicas } });
      const answer = await request(props, "PATCH", `${path}/scale`, patch);
      if (!answer.ok) return answer;
      return grown;
    },
  };
}

function stateFrom(body: unknown): Outcome<CapacityState> {
  const parsed = deploymentSchema.safeParse(body);
  if (!parsed.success) return failed("refused", `not a Deployment: ${parsed.error.message}`);
  const { spec, status } = parsed.data;
  return succeeded({ wanted: spec.replicas, ready: status?.readyReplicas ?? 0 });
}

async function request(
  { url, token, timeoutMs }: KubernetesProps,
  method: "GET" | "PATCH",
  path: string,
  body?: string,
): Promise<Outcome<unknown>> {
  const bearer = token();
  const authorization = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
  const contentType = body === undefined ? {} : { "content-type": "application/merge-patch+json" };
  try {
    const response = await fetch(new URL(path, url), {
      method,
      signal: AbortSignal.timeout(timeoutMs),
      headers: { accept: "application/json", ...authorization, ...contentType },
      ...(body === undefined ? {} : { body }),
    });
    if (response.ok) return succeeded(await response.json());
    return failed(faultOf(response.status), `${method} ${path} answers ${response.status}`);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return failed("unreachable", `${method} ${path}: ${error.message}`);
  }
}

/** Kubernetes API conventions, "HTTP Status codes". */
function faultOf(status: number): CallFault {
  if (status >= 500) return "unreachable";
  return faults.get(status) ?? "refused";
}

const faults: ReadonlyMap<number, CallFault> = new Map([
  [401, "denied"],
  [403, "denied"],
  [409, "conflict"],
  [429, "throttled"],
]);

/** Never shrinks: taking nodes away is no part of a failover. */
async function growNodes(nodeGroup: NodeGroupProps, replicas: number): Promise<Outcome<void>> {
  const { access, clusterName, nodegroupName, podsPerNode, timeoutMs } = nodeGroup;
  const client = new EKSClient(clientSettings(access, timeoutMs));
  const names = { clusterName, nodegroupName };
  const described = await callAws(timeoutMs, (options) =>
    client.send(new DescribeNodegroupCommand(names), options),
  );
  if (!described.ok) return described;
  const scaling = described.value.nodegroup?.scalingConfig;
  const wanted = Math.min(Math.ceil(replicas / podsPerNode), scaling?.maxSize ?? 0);
  if ((scaling?.desiredSize ?? 0) >= wanted) return succeeded(undefined);
  const updated = await callAws(timeoutMs, (options) =>
    client.send(
      new UpdateNodegroupConfigCommand({ ...names, scalingConfig: { desiredSize: wanted } }),
      options,
    ),
  );
  return updated.ok ? succeeded(undefined) : updated;
}
