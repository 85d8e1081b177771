//! The routes of the ledger: append an order under an idempotency key, read one, read many.
//! Promise: 201 and 200 are only said of a row that the database took under a live lease of this
//! region; what is not known is called unknown, with the key, and is never tried again from here.

import { Router, raw, type Request, type Response } from "express";
import { mayAcknowledge } from "./acknowledge.ts";
import {
  answerFault,
  invalid,
  outcomeUnknown,
  refuseOtherMethods,
  unavailable,
  notServing,
  stateFor,
} from "./answers.ts";
import { serveElsewhere, serveElsewhereUnlessServing } from "./elsewhere.ts";
import { epochHeader } from "./hop-headers.ts";
import type { WriteOutcome } from "./metrics.ts";
import { parseKey, parseOrder, parsePage } from "./order-input.ts";
import type { Attempt, Untaken } from "./parking.ts";
import type { Parts } from "./parts.ts";
import type { Appended } from "./ports.ts";
import { serveRead } from "./reads.ts";

const bodyBytesMax = 64 * 1024;

export function orderRoutes(parts: Parts): Router {
  const router = Router();
  // Bytes, not JSON: a region that only forwards has no opinion about them.
  const body = raw({ type: () => true, limit: bodyBytesMax, inflate: false });
  router
    .route("/orders")
    .get((request, response) => answerOrders(parts, request, response))
    .post(body, async (request, response) => {
      const attempt = append(parts, request, response);
      parts.metrics.countWrite("order", await parts.parking.serve(request, response, attempt));
    })
    .all(refuseOtherMethods("GET", "HEAD", "POST"));
  router
    .route("/orders/:key")
    .get((request, response) => answerOrder(parts, request, response))
    .all(refuseOtherMethods("GET", "HEAD"));
  return router;
}

function append(parts: Parts, request: Request, response: Response): Attempt<WriteOutcome> {
  return async (startedAtMs) => {
    const state = await stateFor(response, parts.leases);
    const writeKey = request.get("idempotency-key") ?? "";
    if (state.role !== "serving") {
      return serveElsewhere(parts, request, response, { state, writeKey });
    }
    const input = parseOrder(request.headers, request.body);
    if (!input.ok) {
      answerFault(response, invalid(input.problems));
      return "invalid";
    }
    const appended = await parts.ledger.append(input.value);
    return conclude(parts, request, response, { appended, writeKey, startedAtMs });
  };
}

interface Concluded {
  readonly appended: Appended;
  readonly writeKey: string;
  readonly startedAtMs: number;
}

async function conclude(
  parts: Parts,
  request: Request,
  response: Response,
  { appended, writeKey, startedAtMs }: Concluded,
): Promise<WriteOutcome | Untaken<WriteOutcome>> {
  switch (appended.kind) {
    case "accepted":
    case "repeated":
      return acknowledge(parts, response, appended, startedAtMs);
    case "conflicting": {
      const message = "this idempotency key was used for another order";
      answerFault(response, { status: 422, error: "key-reused", message, key: writeKey });
      return "conflicting";
    }
    case "not-serving": {
      const fault = notServing(appended.because);
      return serveElsewhereUnlessServing(parts, request, response, { writeKey, fault });
    }
    case "unavailable": {
      const fault = unavailable(appended.because);
      return serveElsewhereUnlessServing(parts, request, response, { writeKey, fault });
    }
    case "outcome-unknown":
      parts.log.warn({ key: writeKey, because: appended.because }, "outcome unknown");
      answerFault(response, outcomeUnknown(writeKey, appended.because));
      return "outcome-unknown";
    default:
      return appended satisfies never;
  }
}

type Taken = Extract<Appended, { kind: "accepted" | "repeated" }>;

async function acknowledge(
  parts: Parts,
  response: Response,
  { kind, order, lease }: Taken,
  startedAtMs: number,
): Promise<WriteOutcome> {
  const acknowledgement = await mayAcknowledge(lease, startedAtMs, parts);
  response.setHeader(epochHeader, String(lease.epoch));
  if (!acknowledgement.allowed) {
    const { because } = acknowledgement;
    parts.log.warn({ key: order.key, because }, "outcome unknown");
    answerFault(response, outcomeUnknown(order.key, because));
    return "outcome-unknown";
  }
  response.status(kind === "accepted" ? 201 : 200).json(order);
  return kind;
}

async function answerOrders(parts: Parts, request: Request, response: Response): Promise<void> {
  const page = parsePage(request.query);
  if (!page.ok) return answerFault(response, invalid(page.problems));
  await serveRead(parts, request, response, {
    read: () => parts.ledger.list(page.value),
    answer: (orders) => {
      const next = orders.length === page.value.limit ? (orders.at(-1)?.id ?? null) : null;
      response.json({ orders, next });
    },
  });
}

async function answerOrder(parts: Parts, request: Request, response: Response): Promise<void> {
  const key = parseKey(request.params["key"]);
  if (!key.ok) return answerFault(response, invalid(key.problems));
  await serveRead(parts, request, response, {
    read: () => parts.ledger.find(key.value),
    answer: (order) => response.json(order),
  });
}
