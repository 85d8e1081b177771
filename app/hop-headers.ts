//! The headers that a request and its answer keep when they cross from one region to the other.
//! A request crosses once: the hop header says so, and a hop header that makes no sense counts
//! as a hop, so that two regions can never send one request to and fro.

import type { ForwardRequest, Headers } from "./ports.ts";

export const regionHeader = "x-switchback-region";
export const epochHeader = "x-switchback-epoch";
export const roleHeader = "x-switchback-role";
export const hopsHeader = "x-switchback-hops";
/** On the answer of a region that knows of a handover under way. */
export const handoverHeader = "x-switchback-handover";
export const forwardHeader = "x-switchback-forward";
export const forwardedByHeader = "x-switchback-forwarded-by";

const hopsMax = 1;

/** They speak about one connection only, or are written anew by the next one. */
const hopByHop: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
  "host",
  "content-length",
]);

export function mayHop(headers: Headers): boolean {
  const hops = headers[hopsHeader];
  return hops === undefined || hops === "0";
}

/** The user asked for this very region, as a canary does. */
export function isForwardingDeclined(headers: Headers): boolean {
  return String(headers[forwardHeader] ?? "").toLowerCase() === "never";
}

export function requestHeaders(request: ForwardRequest): Record<string, string | string[]> {
  const before = request.headers["x-forwarded-for"];
  const path = before === undefined ? [] : [String(before)];
  return {
    ...endToEnd(request.headers),
    [hopsHeader]: String(hopsMax),
    "x-forwarded-for": [...path, request.clientAddress].join(", "),
    "content-length": String(request.body.length),
  };
}

export function answerHeaders(headers: Headers): Record<string, string | string[]> {
  return endToEnd(headers);
}

function endToEnd(headers: Headers): Record<string, string | string[]> {
  const named = String(headers["connection"] ?? "")
    .toLowerCase()
    .split(/\s*,\s*/);
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || hopByHop.has(name) || named.includes(name)) continue;
    kept[name] = typeof value === "string" ? value : [...value];
  }
  return kept;
}
