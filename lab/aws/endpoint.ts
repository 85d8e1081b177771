//! One HTTP server that answers as AWS does in one region, for every service it was given.
//! Requests and answers are checked against the services' models; a lost call never gets an answer.

import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { dispatch, failureResponse, type DispatchOptions } from "./dispatch.ts";
import type { ServiceModel } from "./model.ts";
import { decodeBody, readBody } from "./protocols/body.ts";
import type { WireRequest, WireResponse } from "./protocols/protocol.ts";
import { credentialScopeOf } from "./scope.ts";
import { AwsError, NoAnswer, type AwsService } from "./service.ts";

export { describeService } from "./model.ts";
export type { ServiceModel } from "./model.ts";
export type { AwsCall, GateDecision } from "./dispatch.ts";
export { AwsError, NoAnswer } from "./service.ts";
export type { AwsErrorOptions, AwsService, CallContext, Handler, Handlers } from "./service.ts";

export interface AwsEndpointOptions extends DispatchOptions {
  readonly region: string;
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** By signing name. */
  readonly services: Readonly<Record<string, AwsService>>;
  /** @default 16 MiB, the largest request that any of the services takes */
  readonly bodyBytesMax?: number;
  /** How long the socket of an unanswered call is kept. @default 60 s */
  readonly holdMsMax?: number;
}

export interface AwsEndpoint {
  readonly url: string;
  readonly port: number;
  /** Cuts every connection, also those that wait for an answer that never comes. */
  close(): Promise<void>;
}

export async function startAwsEndpoint(options: AwsEndpointOptions): Promise<AwsEndpoint> {
  const server = createServer({ keepAlive: true, noDelay: true }, (request, response) => {
    // Only a caller that went away makes this fail; there is nobody left to tell.
    answer(request, response, options).catch(() => response.destroy());
  });
  // The SDK keeps idle connections; an endpoint that closes them first makes calls fail at random.
  server.keepAliveTimeout = 120_000;
  server.maxConnections = 1_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${options.host}:${port}`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: AwsEndpointOptions,
): Promise<void> {
  const requestId = randomUUID();
  const target = targetOf(request);
  const scope = credentialScopeOf(request.headers.authorization, target.query);
  const service = scope === undefined ? undefined : options.services[scope.service];
  if (scope === undefined || service === undefined) {
    send(response, requestId, noService(scope?.service));
    return;
  }
  const { model } = service;
  const context = { region: options.region, requestId, accessKeyId: scope.accessKeyId };
  try {
    const wire = await readRequest(request, target, { model, options });
    assertRegion(scope.region, options.region, model);
    send(response, requestId, await dispatch(wire, service, { options, context }));
  } catch (error) {
    if (error instanceof NoAnswer) hold(request, options.holdMsMax ?? 60_000);
    else send(response, requestId, failureResponse(error, model, requestId));
  }
}

type Target = Pick<WireRequest, "path" | "query">;

/** Split by hand: `URL` would resolve the dots that S3 keys may contain. */
function targetOf({ url = "/" }: IncomingMessage): Target {
  const mark = url.indexOf("?");
  const path = mark === -1 ? url : url.slice(0, mark);
  return { path, query: new URLSearchParams(mark === -1 ? "" : url.slice(mark)) };
}

async function readRequest(
  request: IncomingMessage,
  target: Target,
  limits: { readonly model: ServiceModel; readonly options: AwsEndpointOptions },
): Promise<WireRequest> {
  const { model, options } = limits;
  const bytesMax = options.bodyBytesMax ?? 16 * 1024 * 1024;
  const raw = await readBody(request, bytesMax);
  if (raw === "too-large") throw tooLarge(model, bytesMax);
  const decoded = await decodeBody(raw, request.headers, { model, bytesMax });
  return { method: request.method ?? "GET", ...target, ...decoded };
}

/** Partition-wide services are signed with whatever region the client has. */
const globalServices: ReadonlySet<string> = new Set(["route53"]);

function assertRegion(scoped: string, region: string, { signingName, isS3 }: ServiceModel): void {
  if (scoped === region || globalServices.has(signingName)) return;
  throw new AwsError(
    isS3 ? "AuthorizationHeaderMalformed" : "InvalidSignatureException",
    `Credential should be scoped to a valid region: this is ${region}, not ${scoped}`,
    { status: isS3 ? 400 : 403 },
  );
}

function tooLarge(model: ServiceModel, bytesMax: number): AwsError {
  const code = model.isS3 ? "EntityTooLarge" : "RequestEntityTooLarge";
  return new AwsError(code, `the body has more than ${bytesMax} bytes`, { status: 413 });
}

function noService(name: string | undefined): WireResponse {
  const body = name === undefined ? "no SigV4 credential scope" : `no service ${name} here`;
  return { status: 403, headers: { "content-type": "text/plain" }, body };
}

function send(response: ServerResponse, requestId: string, wire: WireResponse): void {
  // An unread rest of the body would be taken for the next request.
  const closing = response.req.complete ? {} : { connection: "close" };
  response.writeHead(wire.status, {
    "x-amzn-requestid": requestId,
    "content-length": String(Buffer.byteLength(wire.body)),
    ...wire.headers,
    ...closing,
  });
  response.end(response.req.method === "HEAD" ? undefined : wire.body);
  if (!response.req.complete) response.req.resume();
}

/** Keeps the caller waiting, but not the lab's memory for ever. */
function hold({ socket }: IncomingMessage, holdMsMax: number): void {
  const timer = setTimeout(() => socket.destroy(), holdMsMax);
  socket.once("close", () => clearTimeout(timer));
}
