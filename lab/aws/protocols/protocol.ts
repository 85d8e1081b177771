//! What a wire protocol must do: find the operation, read its input, write its answer or its error.

import type { IncomingHttpHeaders } from "node:http";
import type { ErrorModel, Operation, ServiceModel } from "../model.ts";
import type { AwsError } from "../service.ts";

export interface Protocol {
  /** The operation that is asked for, or `undefined` when the model has none such. */
  route(request: WireRequest, model: ServiceModel): Operation | undefined;
  read(request: WireRequest, operation: Operation, model: ServiceModel): WireObject;
  write(answer: WireObject, operation: Operation, wire: WireContext): WireResponse;
  writeError(failure: WireFailure, wire: WireContext): WireResponse;
}

export type WireObject = Readonly<Record<string, unknown>>;

export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface WireContext {
  readonly model: ServiceModel;
  readonly requestId: string;
}

export interface WireFailure {
  readonly error: AwsError;
  readonly model: ErrorModel | undefined;
  readonly status: number;
}

export interface WireResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

export function isRecord(value: unknown): value is WireObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
