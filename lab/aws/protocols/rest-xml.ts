//! REST-XML: Route 53 and S3. S3 writes its errors without the wrapper the others have.

import type { Operation, ServiceModel } from "../model.ts";
import type { Shape } from "../shapes.ts";
import type { Protocol, WireContext, WireObject, WireRequest, WireResponse } from "./protocol.ts";
import type { WireFailure } from "./protocol.ts";
import { readBindings, routeRest, writeHeaders } from "./rest.ts";
import { escapeXml, parseXmlBody, structureFromXml, structureToXml } from "./xml.ts";

export const restXml: Protocol = { route: routeRest, read, write, writeError };

const declaration = '<?xml version="1.0" encoding="UTF-8"?>';

function read(request: WireRequest, operation: Operation, model: ServiceModel): WireObject {
  const bound = readBindings(request, model);
  const { payload } = operation.input;
  if (payload !== undefined) {
    const content = readPayload(payload.shape, request.body);
    return content === undefined ? bound : { ...bound, [payload.name]: content };
  }
  if (request.body.length === 0) return bound;
  return { ...structureFromXml(operation.input, parseXmlBody(request.body)), ...bound };
}

function readPayload(shape: Shape, body: Buffer): unknown {
  if (shape.kind === "scalar" && shape.type === "blob") return body;
  if (body.length === 0) return undefined;
  return shape.kind === "structure"
    ? structureFromXml(shape, parseXmlBody(body))
    : body.toString("utf8");
}

function write(answer: WireObject, operation: Operation, { model }: WireContext): WireResponse {
  const status = operation.http?.status ?? 200;
  const headers = writeHeaders(operation.output, answer);
  const { payload } = operation.output;
  if (payload !== undefined) {
    const content = answer[payload.name];
    if (payload.shape.kind === "structure" && content !== undefined) {
      const xml = structureToXml(payload.shape, content as WireObject, payload.xmlName);
      return {
        status,
        headers: { ...headers, "content-type": "application/xml" },
        body: declaration + xml,
      };
    }
    // A part of an object was asked for, and the answer says which.
    const partial = headers["content-range"] !== undefined;
    return { status: partial ? 206 : status, headers, body: bytesOf(content) };
  }
  if (!operation.output.members.some((member) => member.location === "body")) {
    return { status, headers, body: "" };
  }
  const tag = operation.output.name || `${operation.name}Response`;
  const xml = structureToXml(operation.output, answer, tag);
  const rooted = xml.replace(`<${tag}`, `<${tag} xmlns="${model.xmlNamespace}"`);
  return {
    status,
    headers: { ...headers, "content-type": "application/xml" },
    body: declaration + rooted,
  };
}

function bytesOf(content: unknown): Buffer {
  if (content === undefined) return Buffer.alloc(0);
  if (content instanceof Uint8Array) return Buffer.from(content);
  if (typeof content === "string") return Buffer.from(content);
  throw new Error("the body of an answer must be bytes or text");
}

function writeError(failure: WireFailure, { model, requestId }: WireContext): WireResponse {
  const { error, status } = failure;
  const members = errorMembers(failure);
  const code = `<Code>${escapeXml(failure.model?.queryCode ?? error.code)}</Code>`;
  const message = `<Message>${escapeXml(error.message)}</Message>`;
  const headers = { "content-type": "application/xml" };
  if (model.isS3) {
    const id = `<RequestId>${requestId}</RequestId>`;
    return {
      status,
      headers,
      body: `${declaration}<Error>${code}${message}${members}${id}</Error>`,
    };
  }
  const type = `<Type>${status >= 500 ? "Receiver" : "Sender"}</Type>`;
  return {
    status,
    headers,
    body:
      `${declaration}<ErrorResponse xmlns="${model.xmlNamespace}">` +
      `<Error>${type}${code}${message}${members}</Error>` +
      `<RequestId>${requestId}</RequestId></ErrorResponse>`,
  };
}

/** Further members of the error, as elements beside its code and message. */
export function errorMembers({ error, model }: WireFailure): string {
  if (model === undefined || Object.keys(error.members).length === 0) return "";
  const wrapped = structureToXml(model.shape, error.members, "E");
  return wrapped.slice("<E>".length, -"</E>".length);
}
