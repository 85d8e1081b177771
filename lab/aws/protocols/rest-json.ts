//! REST-JSON: EKS.

import type { Operation, ServiceModel } from "../model.ts";
import { parseJsonBody, structureFromJson, structureToJson } from "./json.ts";
import type { Protocol, WireContext, WireFailure, WireObject } from "./protocol.ts";
import type { WireRequest, WireResponse } from "./protocol.ts";
import { readBindings, routeRest, writeHeaders } from "./rest.ts";

export const restJson: Protocol = { route: routeRest, read, write, writeError };

function read(request: WireRequest, operation: Operation, model: ServiceModel): WireObject {
  const bound = readBindings(request, model);
  const { payload } = operation.input;
  if (payload?.shape.kind === "structure") {
    const content = structureFromJson(payload.shape, parseJsonBody(request.body));
    return { ...bound, [payload.name]: content };
  }
  return { ...structureFromJson(operation.input, parseJsonBody(request.body)), ...bound };
}

function write(answer: WireObject, operation: Operation, _wire: WireContext): WireResponse {
  const headers = writeHeaders(operation.output, answer);
  return {
    status: operation.http?.status ?? 200,
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify(structureToJson(operation.output, answer)),
  };
}

function writeError({ error, model, status }: WireFailure, _wire: WireContext): WireResponse {
  const members = model === undefined ? {} : structureToJson(model.shape, error.members);
  return {
    status,
    headers: { "content-type": "application/json", "x-amzn-errortype": model?.name ?? error.code },
    body: JSON.stringify({ ...members, message: error.message }),
  };
}
