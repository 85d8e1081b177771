//! AWS JSON 1.0: DynamoDB and CloudWatch. The operation is in `x-amz-target`.

import type { Operation, ServiceModel } from "../model.ts";
import { parseJsonBody, structureFromJson, structureToJson } from "./json.ts";
import type { Protocol, WireContext, WireFailure, WireObject } from "./protocol.ts";
import type { WireRequest, WireResponse } from "./protocol.ts";

export const awsJson: Protocol = { route, read, write, writeError };

const contentType = "application/x-amz-json-1.0";

function route({ headers }: WireRequest, model: ServiceModel): Operation | undefined {
  const target = headers["x-amz-target"];
  if (typeof target !== "string") return undefined;
  return model.operations.get(target.slice(target.indexOf(".") + 1));
}

function read(request: WireRequest, operation: Operation): WireObject {
  return structureFromJson(operation.input, parseJsonBody(request.body));
}

function write(answer: WireObject, operation: Operation, _wire: WireContext): WireResponse {
  const body = JSON.stringify(structureToJson(operation.output, answer));
  return { status: 200, headers: { "content-type": contentType }, body };
}

function writeError({ error, model, status }: WireFailure, wire: WireContext): WireResponse {
  const members = model === undefined ? {} : structureToJson(model.shape, error.members);
  const name = model?.name ?? error.code;
  const fault = status >= 500 ? "Receiver" : "Sender";
  return {
    status,
    headers: {
      "content-type": contentType,
      "x-amzn-query-error": `${model?.queryCode ?? error.code};${fault}`,
    },
    body: JSON.stringify({
      ...members,
      __type: `${wire.model.namespace}#${name}`,
      message: error.message,
    }),
  };
}
