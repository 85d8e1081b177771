//! The part of a Kubernetes API that the operator's capacity adapter uses: one Deployment and its
//! scale subresource, joined to app processes. Unknown paths answer a Kubernetes Status, not silence.

import http from "node:http";
import type { AddressInfo } from "node:net";

export interface Pods {
  readonly wanted: number;
  readonly ready: number;
  scaleTo(replicas: number): void;
}

export interface KubernetesProps {
  readonly host: string;
  readonly port: number;
  readonly namespace: string;
  readonly deployment: string;
  readonly pods: Pods;
}

export interface KubernetesApi {
  readonly url: string;
  close(): Promise<void>;
}

const bodyBytesMax = 64 * 1_024;
/** Pods are processes here: more than this would stall the machine, not serve anybody. */
const replicasMax = 8;

export async function startKubernetesApi(props: KubernetesProps): Promise<KubernetesApi> {
  const server = http.createServer((request, response) => {
    void respond(request, response, props);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(props.port, props.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${props.host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type Answer = readonly [status: number, body: unknown];

async function respond(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  props: KubernetesProps,
): Promise<void> {
  const [status, body] = await handle(request, props);
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

async function handle(request: http.IncomingMessage, props: KubernetesProps): Promise<Answer> {
  const { pathname } = new URL(request.url ?? "/", "http://kubernetes");
  const resource = `/apis/apps/v1/namespaces/${props.namespace}/deployments/${props.deployment}`;
  const call = `${request.method} ${pathname}`;
  switch (call) {
    case "GET /version":
      return [200, { major: "1", minor: "35", gitVersion: "v1.35.0-lab" }];
    case "GET /healthz":
    case "GET /readyz":
      return [200, "ok"];
    case `GET ${resource}`:
      return [200, deployment(props)];
    case `GET ${resource}/scale`:
      return [200, scale(props)];
    case `PATCH ${resource}/scale`:
      return patchScale(request, props);
    default:
      return [404, failure(404, "NotFound", `the server could not find ${call}`)];
  }
}

async function patchScale(request: http.IncomingMessage, props: KubernetesProps): Promise<Answer> {
  const body = await readBody(request);
  if (body === "too large") return [413, failure(413, "RequestEntityTooLarge", "body too large")];
  const replicas = replicasIn(body);
  if (replicas === undefined) {
    const message = `spec.replicas: expected an integer from 0 to ${replicasMax}, given ${body}`;
    return [422, failure(422, "Invalid", message)];
  }
  props.pods.scaleTo(replicas);
  return [200, scale(props)];
}

function replicasIn(body: string): number | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return undefined;
  }
  const spec = member(parsed, "spec");
  const replicas = member(spec, "replicas");
  const valid = typeof replicas === "number" && Number.isInteger(replicas);
  return valid && replicas >= 0 && replicas <= replicasMax ? replicas : undefined;
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

async function readBody(request: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) return "too large";
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function deployment({ namespace, deployment: name, pods }: KubernetesProps) {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace },
    spec: { replicas: pods.wanted },
    status: { replicas: pods.wanted, readyReplicas: pods.ready, availableReplicas: pods.ready },
  };
}

function scale({ namespace, deployment: name, pods }: KubernetesProps) {
  return {
    apiVersion: "autoscaling/v1",
    kind: "Scale",
    metadata: { name, namespace },
    spec: { replicas: pods.wanted },
    status: { replicas: pods.ready },
  };
}

function failure(code: number, reason: string, message: string) {
  return { apiVersion: "v1", kind: "Status", status: "Failure", reason, message, code };
}
