//! What happens to a request that this region does not serve itself: it goes to the other region,
//! once for each attempt. A write that may have arrived there is never called refused, nor tried
//! again; one that nobody took may be.

import type { Request, Response } from "express";
import { answerFault, notServing, outcomeUnknown, stampState, type Fault } from "./answers.ts";
import {
  epochHeader,
  forwardedByHeader,
  handoverHeader,
  isForwardingDeclined,
  mayHop,
  roleHeader,
} from "./hop-headers.ts";
import type { Untaken } from "./parking.ts";
import type { Parts } from "./parts.ts";
import type { Forwarded, NotServing, Peer } from "./ports.ts";
import { isHandover } from "./serving.ts";

/** How the user was answered, for the count of writes. */
export type Elsewhere = "forwarded" | "not-serving" | "outcome-unknown";

export interface Unserved {
  /** Why this region does not serve it. */
  readonly state: NotServing;
  /** Key of the write; null for a request that changes nothing. */
  readonly writeKey: string | null;
}

/** Answers, unless nobody took the request: whoever asked may then try again or give up. */
export async function serveElsewhere(
  parts: Parts,
  request: Request,
  response: Response,
  { state, writeKey }: Unserved,
): Promise<Elsewhere | Untaken<Elsewhere>> {
  const { peer } = parts;
  const { because } = state;
  const handover = isHandover(state);
  if (peer === "none" || isForwardingDeclined(request.headers) || !mayHop(request.headers)) {
    return untaken(response, handover, because);
  }
  const forwarded = await forward(peer, request);
  parts.metrics.forwarded.inc({ outcome: forwarded.kind });
  switch (forwarded.kind) {
    case "answered": {
      const giveUp = () => relay(parts.region, response, forwarded);
      if (!isRefusal(forwarded, writeKey)) return giveUp();
      const peerKnows = forwarded.headers[handoverHeader] !== undefined;
      return { kind: "untaken", handover: handover || peerKnows, giveUp };
    }
    case "not-sent":
      return untaken(response, handover, `${because}; ${forwarded.because}`);
    case "outcome-unknown": {
      const lost = `${because}; ${forwarded.because}`;
      if (writeKey === null) return untaken(response, handover, lost);
      answerFault(response, outcomeUnknown(writeKey, lost));
      return "outcome-unknown";
    }
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
): Promise<Elsewhere | "unavailable" | Untaken<Elsewhere>> {
  const { state } = await parts.leases.look();
  stampState(response, state);
  if (state.role !== "serving") {
    return serveElsewhere(parts, request, response, { state, writeKey });
  }
  // Closed and opened again in between: nothing to wait for, unless we wait already.
  if (fault.error === "not-serving") return untaken(response, false, fault.message);
  answerFault(response, fault);
  return "unavailable";
}

function untaken(response: Response, handover: boolean, because: string): Untaken<Elsewhere> {
  const giveUp = () => {
    answerFault(response, notServing(because));
    return "not-serving" as const;
  };
  return { kind: "untaken", handover, giveUp };
}

type Answered = Extract<Forwarded, { readonly kind: "answered" }>;

/**
 * Whether the peer certainly did nothing. It may be unable to answer for another reason, after the
 * write; only its own word counts. A read changes nothing, whatever the peer says.
 */
function isRefusal({ status, body }: Answered, writeKey: string | null): boolean {
  if (status !== 503) return false;
  return writeKey === null || errorOf(body) === "not-serving";
}

function errorOf(body: Buffer): unknown {
  try {
    return (JSON.parse(body.toString("utf8")) as { readonly error?: unknown } | null)?.error;
  } catch {
    return undefined;
  }
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
  { status, headers, body }: Answered,
): "forwarded" {
  for (const name of [epochHeader, roleHeader, handoverHeader]) response.removeHeader(name);
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) response.setHeader(name, value);
  }
  response.setHeader(forwardedByHeader, region);
  response.status(status).end(body);
  return "forwarded";
}
