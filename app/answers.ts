//! The answers that every route shares: errors as JSON `{error, message, ...}`, what the service
//! says when it cannot serve, and the last resort for whatever a route did not expect.

import type { ErrorRequestHandler, RequestHandler, Response } from "express";
import type { Logger } from "pino";
import { epochHeader, handoverHeader, roleHeader } from "./hop-headers.ts";
import type { LeaseView, ServingState } from "./ports.ts";
import { epochOf, isHandover } from "./serving.ts";

/** What the answer says of this region's own state. */
export function stampState(response: Response, state: ServingState): void {
  const epoch = epochOf(state);
  response.setHeader(roleHeader, state.role);
  if (isHandover(state)) response.setHeader(handoverHeader, "under-way");
  else response.removeHeader(handoverHeader);
  if (epoch === null) response.removeHeader(epochHeader);
  else response.setHeader(epochHeader, String(epoch));
}

/** The state to answer by, at most half a second old, stamped on the answer. */
export async function stateFor(response: Response, leases: LeaseView): Promise<ServingState> {
  const state = await leases.current();
  stampState(response, state);
  return state;
}

/** When a failed request may be tried again. */
export const retryAfterSeconds = 1;

export interface Fault {
  readonly status: number;
  readonly error: string;
  readonly message: string;
  readonly [detail: string]: unknown;
}

export function answerFault(response: Response, { status, ...body }: Fault): void {
  if (status === 503) response.setHeader("retry-after", String(retryAfterSeconds));
  response.status(status).json(body);
}

export function notServing(because: string): Fault {
  return { status: 503, error: "not-serving", message: because };
}

export function unavailable(because: string): Fault {
  return { status: 503, error: "unavailable", message: because };
}

/** The write may or may not be there. The key lets the client ask, or repeat it safely. */
export function outcomeUnknown(key: string, because: string): Fault {
  return { status: 503, error: "outcome-unknown", message: because, key };
}

export function invalid(problems: readonly string[]): Fault {
  return { status: 400, error: "invalid", message: problems.join("; "), problems };
}

export const answerNotFound: RequestHandler = (request, response) => {
  answerFault(response, {
    status: 404,
    error: "not-found",
    message: `nothing is at ${request.path}`,
  });
};

export function refuseOtherMethods(...allowed: readonly string[]): RequestHandler {
  const allow = allowed.join(", ");
  return (request, response) => {
    response.setHeader("allow", allow);
    const message = `${request.method} is not possible here, only ${allow}`;
    answerFault(response, { status: 405, error: "method-not-allowed", message });
  };
}

/** Errors of the framework become what they say; anything else is ours, and is logged. */
export function answerErrors(log: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const fault = faultOf(error);
    if (fault.status === 500) log.error({ err: error, path: request.path }, "request failed");
    answerFault(response, fault);
  };
}

function faultOf(error: unknown): Fault {
  const { status, type, limit } = error as { status?: unknown; type?: unknown; limit?: unknown };
  if (status === 413) {
    const message = `the body may have at most ${String(limit)} bytes`;
    return { status, error: "too-large", message };
  }
  if (status === 415) {
    return { status, error: "unsupported", message: "send the body without content-encoding" };
  }
  if (typeof status === "number" && status >= 400 && status < 500) {
    const what = typeof type === "string" ? ` (${type})` : "";
    return { status, error: "bad-request", message: `the request cannot be read${what}` };
  }
  return { status: 500, error: "internal", message: "the service failed to handle this request" };
}
