//! The express application: which routes there are, and what every answer carries.
//! Promise: each answer names the region whose database it came from, and the epoch when known.

import express, { type Express, type RequestHandler } from "express";
import { answerErrors, answerNotFound, stampState } from "./answers.ts";
import { regionHeader } from "./hop-headers.ts";
import { objectRoutes } from "./object-routes.ts";
import { orderRoutes } from "./orders.ts";
import type { Parts } from "./parts.ts";
import { servingPath, statusRoutes } from "./status-routes.ts";

export function createService(parts: Parts): Express {
  const service = express();
  service.disable("x-powered-by");
  service.disable("etag");
  service.set("query parser", "simple");
  service.use(observe(parts), introduce(parts));
  service.use(statusRoutes(parts));
  service.use(orderRoutes(parts));
  if (parts.objects !== "none") service.use(objectRoutes(parts, parts.objects));
  service.use(answerNotFound, answerErrors(parts.log));
  return service;
}

/** Asked many times a second by machines: a line for each would hide everything else. */
const quietPaths: ReadonlySet<string> = new Set([servingPath, "/healthz", "/readyz", "/metrics"]);

const methods: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT"]);

/** Notes the arrival, which every limit of time counts from; measures and logs the end. */
function observe({ clock, metrics, log }: Parts): RequestHandler {
  return (request, response, next) => {
    const arrivedAtMs = clock.nowMs();
    response.locals["arrivedAtMs"] = arrivedAtMs;
    response.once("close", () => {
      const tookMs = clock.nowMs() - arrivedAtMs;
      const route = (request.route as { path?: string } | undefined)?.path ?? "unmatched";
      const method = methods.has(request.method) ? request.method : "other";
      const status = response.writableFinished ? String(response.statusCode) : "aborted";
      metrics.requestSeconds.observe({ route, method, status }, tookMs / 1_000);
      const line = {
        method: request.method,
        path: request.path,
        status,
        tookMs: Math.round(tookMs * 10) / 10,
      };
      if (quietPaths.has(request.path)) log.trace(line, "request");
      else log.info(line, "request");
    });
    next();
  };
}

function introduce({ leases, region }: Parts): RequestHandler {
  return (_request, response, next) => {
    response.setHeader(regionHeader, region);
    stampState(response, leases.latest());
    response.setHeader("x-content-type-options", "nosniff");
    response.setHeader("x-frame-options", "DENY");
    response.setHeader("referrer-policy", "no-referrer");
    response.setHeader("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
    response.setHeader("cache-control", "no-store");
    next();
  };
}
