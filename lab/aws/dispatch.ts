//! One call from its wire request to its wire response: route, gate, read, check, handle, write.
//! Every failure a service announces becomes that service's own error on the wire.

import type { Operation, ProtocolName, ServiceModel } from "./model.ts";
import { awsJson } from "./protocols/aws-json.ts";
import { awsQuery } from "./protocols/aws-query.ts";
import type { Protocol, WireObject, WireRequest, WireResponse } from "./protocols/protocol.ts";
import { restJson } from "./protocols/rest-json.ts";
import { restXml } from "./protocols/rest-xml.ts";
import { AwsError, NoAnswer, type AwsService, type CallContext } from "./service.ts";
import type { HandlerAnswer } from "./service.ts";
import { missingMember } from "./validate.ts";

export interface AwsCall {
  readonly region: string;
  /** Signing name of the service. */
  readonly service: string;
  /** Name of the operation, `unknown` when the model has none such. */
  readonly operation: string;
}

/** `drop` means that the caller never hears back. */
export type GateDecision = "ok" | "drop" | AwsError;

export interface DispatchOptions {
  /** Asked before every call. @default every call passes */
  readonly gate?: (call: AwsCall) => Promise<GateDecision>;
  /** Told of every call, also of those that the gate stops. */
  readonly onCall?: (call: AwsCall) => void;
  /** Told when a handler failed in a way that no service announces. */
  readonly onDefect?: (call: AwsCall, error: unknown) => void;
}

/** Throws `NoAnswer` when the caller must not hear back, `AwsError` for what is refused. */
export async function dispatch(
  request: WireRequest,
  service: AwsService,
  { options, context }: { readonly options: DispatchOptions; readonly context: CallContext },
): Promise<WireResponse> {
  const { model } = service;
  const protocol = protocols[model.protocol];
  const operation = protocol.route(request, model);
  const call = {
    region: context.region,
    service: model.signingName,
    operation: operation?.name ?? "unknown",
  };
  options.onCall?.(call);
  await pass(call, options);
  if (operation === undefined) throw unknownOperation(model, request);
  const input = protocol.read(request, operation, model);
  assertInput(model, operation, input);
  try {
    const output = await handle(service, operation, { input, context });
    return protocol.write(output, operation, { model, requestId: context.requestId });
  } catch (error) {
    if (!isAnnounced(error)) options.onDefect?.(call, error);
    throw error;
  }
}

export function failureResponse(
  thrown: unknown,
  model: ServiceModel,
  requestId: string,
): WireResponse {
  const error = thrown instanceof AwsError ? thrown : internalFailure(thrown);
  const known = model.errors.get(error.code);
  const status = error.status ?? known?.status ?? 400;
  return protocols[model.protocol].writeError(
    { error, model: known, status },
    { model, requestId },
  );
}

const protocols: Readonly<Record<ProtocolName, Protocol>> = {
  restXml,
  query: awsQuery,
  restJson,
  json: awsJson,
};

async function pass(call: AwsCall, { gate }: DispatchOptions): Promise<void> {
  if (gate === undefined) return;
  const decision = await gate(call);
  if (decision === "drop") throw new NoAnswer();
  if (decision instanceof AwsError) throw decision;
}

async function handle(
  { handlers }: AwsService,
  operation: Operation,
  { input, context }: { readonly input: WireObject; readonly context: CallContext },
): Promise<WireObject> {
  const handler = Object.hasOwn(handlers, operation.name) ? handlers[operation.name] : undefined;
  if (handler === undefined) throw notWritten(operation.name, Object.keys(handlers));
  // The input was read by the operation's own schema, so it is what the handler's type says.
  const run = handler as (input: WireObject, context: CallContext) => HandlerAnswer;
  const output = ((await run(input, context)) ?? {}) as WireObject;
  const missing = missingMember(operation.output, output);
  if (missing !== undefined) throw new Error(`${operation.name} answered without ${missing}`);
  return output;
}

const validationCodes = [
  "ValidationException",
  "InvalidParameterException",
  "InvalidInput",
  "MissingRequiredParameterException",
];

function assertInput(model: ServiceModel, operation: Operation, input: WireObject): void {
  const missing = missingMember(operation.input, input);
  if (missing === undefined) return;
  const fallback = model.protocol === "json" ? "ValidationException" : "ValidationError";
  const code = validationCodes.find((name) => model.errors.has(name)) ?? fallback;
  throw new AwsError(code, `${operation.name}: required member ${missing} is missing`);
}

function unknownOperation(model: ServiceModel, request: WireRequest): AwsError {
  const code = model.protocol === "json" ? "UnknownOperationException" : "InvalidAction";
  const asked = request.headers["x-amz-target"] ?? `${request.method} ${request.path}`;
  return new AwsError(code, `no operation of ${model.signingName} answers ${String(asked)}`);
}

function notWritten(operation: string, written: readonly string[]): AwsError {
  const list = written.toSorted().join(", ");
  return new AwsError("NotImplemented", `the lab has no ${operation}; it has ${list}`, {
    status: 501,
  });
}

function isAnnounced(error: unknown): boolean {
  return error instanceof AwsError || error instanceof NoAnswer;
}

function internalFailure(thrown: unknown): AwsError {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return new AwsError("InternalFailure", `defect of the lab: ${text}`, { status: 500 });
}
