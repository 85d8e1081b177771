//! What this region says about itself: to people, to health checkers, to load balancers, to
//! Prometheus. None of it is ever forwarded.

import { Router, type Request, type Response } from "express";
import { randomBytes } from "node:crypto";
import { refuseOtherMethods, stateFor } from "./answers.ts";
import { languageOf } from "./page-words.ts";
import { renderPage } from "./page.ts";
import type { Parts } from "./parts.ts";
import { remembered } from "./remembered.ts";
import { ownReport, peerReport } from "./report.ts";
import { epochOf } from "./serving.ts";

/** The page refreshes every two seconds for each reader; the answers behind it are shared. */
const summaryMs = 1_000;
const peerMs = 2_000;

export const servingPath = "/.well-known/switchback/serving";

export function statusRoutes(parts: Parts): Router {
  const router = Router();
  const get = (path: string, answer: (request: Request, response: Response) => unknown) =>
    router.route(path).get(answer).all(refuseOtherMethods("GET", "HEAD"));

  get(servingPath, (_request, response) => answerServing(parts, response));
  get("/healthz", (_request, response) => response.json({ ok: true }));
  get("/readyz", (_request, response) => answerReady(parts, response));
  get("/region", async (_request, response) => {
    const state = await stateFor(response, parts.leases);
    response.json({ region: parts.region, role: state.role, epoch: epochOf(state) });
  });
  get("/metrics", async (_request, response) => {
    // The gauges then are as old as the health checkers' answer, even on an idle replica.
    await parts.leases.current();
    const { registry } = parts.metrics;
    response.setHeader("content-type", registry.contentType);
    response.end(await registry.metrics());
  });
  get("/", front(parts));
  return router;
}

async function answerServing({ leases, region }: Parts, response: Response): Promise<void> {
  const state = await stateFor(response, leases);
  if (state.role === "serving") {
    response.json({ serving: true, region, epoch: state.epoch });
    return;
  }
  response.status(503).json({ serving: false, region, because: state.because });
}

async function answerReady({ leases }: Parts, response: Response): Promise<void> {
  const state = await stateFor(response, leases);
  const ready = state.role !== "unknown" || state.databaseAnswers;
  response.status(ready ? 200 : 503).json({
    ready,
    role: state.role,
    ...(state.role === "serving" ? {} : { because: state.because }),
  });
}

function front(parts: Parts) {
  const summary = remembered(parts.clock, summaryMs, async () => {
    const found = await parts.ledger.summary();
    return found.kind === "found" ? found.value : "unknown";
  });
  const peer = remembered(parts.clock, peerMs, () => peerReport(parts));

  return async (request: Request, response: Response): Promise<void> => {
    response.vary("Accept").vary("Accept-Language");
    if (request.accepts(["html", "json"]) === "json") {
      response.json(await ownReport(parts, summary));
      return;
    }
    const [own, other] = await Promise.all([ownReport(parts, summary), peer()]);
    const nonce = randomBytes(16).toString("base64");
    const language = languageOf(request.query["lang"], request.acceptsLanguages(["en", "ko"]));
    response.setHeader("content-security-policy", pagePolicy(nonce));
    response.type("html").send(renderPage({ own, peer: other, language, nonce }));
  };
}

function pagePolicy(nonce: string): string {
  return [
    "default-src 'none'",
    `style-src 'nonce-${nonce}'`,
    `script-src 'nonce-${nonce}'`,
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}
