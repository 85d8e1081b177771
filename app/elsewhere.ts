//! What happens to a request that this region does not serve itself: it goes to the other region,
//! once, or is answered 503. A write that may have arrived there is never called refused.

import type { Request, Response } from "express";
import { answerFault, notServing, outcomeUnknown, stampState, type Fault } from "./answers.ts";
import {
  epochHeader,
  forwardedByHeader,
  isForwardingDeclined,
  mayHop,
  roleHeader,
} from "./hop-headers.ts";
import type { Parts } from "./parts.ts";
import type { Forwarded, Peer } from "./ports.ts";

export type Elsewhere = "forwarded" | "not-serving" | "outcome-unknown";

export interface Unserved {
  /** Why this region does not serve it. */
  readonly because: string;
  /** Key of the write; null for a request that changes nothing. */
  readonly writeKey: string | null;
}

/** Always answers. Returns how, for the count of writes. */
export async function serveElsewhere(
  parts: Parts,
  request: Request,
  response: Response,
  { because, writeKey }: Unserved,
): Promise<Elsewhere> {
  const { peer } = parts;
  if (peer === "none" || isForwardingDeclined(request.headers) || !mayHop(request.headers)) {
    answerFault(response, notServing(because));
    return "not-serving";
  }
  const forwarded = await forward(peer, request);
  parts.metrics.forwarded.inc({ outcome: forwarded.kind });
  switch (forwarded.kind) {
    case "answered":
      relay(parts.region, response, forwarded);
      return "forwarded";
    case "not-sent":
      answerFault(response, notServing(`${because}; ${forwarded.because}`));
      return "not-serving";
    case "outcome-unknown":
      return answerLost(response, `${because}; ${forwarded.because}`, writeKey);
    default:
      return forwarded satisfies never;
  }
}

/**
 * After the database refused what the last look allowed: asks it again and believes the answer.
 * Only for requests that certainly changed nothing here.
 */
export async function serveElsewhereUnlessServing(
  parts: Parts,
  request: Request,
  response: Response,
  { writeKey, fault }: Pick<Unserved, "writeKey"> & { readonly fault: Fault },
): Promise<Elsewhere | "unavailable"> {
  const { state } = await parts.leases.look();
  stampState(response, state);
  if (state.role !== "serving") {
    return serveElsewhere(parts, request, response, { because: state.because, writeKey });
  }
  answerFault(response, fault);
  return fault.error === "not-serving" ? "not-serving" : "unavailable";
}

function forward(peer: Peer, request: Request): Promise<Forwarded> {
  const body: unknown = request.body;
  return peer.forward({
    method: request.method,
    path: request.originalUrl,
    headers: request.headers,
    body: Buffer.isBuffer(body) ? body : Buffer.alloc(0),
    clientAddress: request.socket.remoteAddress ?? "unknown",
  });
}

/** The answer is the peer's: its region, its epoch. Ours must not shine through. */
function relay(
  region: string,
  response: Response,
  { status, headers, body }: Extract<Forwarded, { kind: "answered" }>,
): void {
  response.removeHeader(epochHeader);
  response.removeHeader(roleHeader);
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) response.setHeader(name, value);
  }
  response.setHeader(forwardedByHeader, region);
  response.status(status).end(body);
}

function answerLost(response: Response, because: string, writeKey: string | null): Elsewhere {
  if (writeKey === null) {
    answerFault(response, notServing(because));
    return "not-serving";
  }
  answerFault(response, outcomeUnknown(writeKey, because));
  return "outcome-unknown";
}
