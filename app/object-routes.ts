//! The routes of the object store: put an object while this region serves, get one.
//! An object has no guard in a database, so its acknowledgement always obeys the lease's deadline.

import { Router, raw, type Request, type Response } from "express";
import { mayAcknowledge } from "./acknowledge.ts";
import {
  answerFault,
  invalid,
  outcomeUnknown,
  refuseOtherMethods,
  unavailable,
  stateFor,
} from "./answers.ts";
import { serveElsewhere } from "./elsewhere.ts";
import { epochHeader } from "./hop-headers.ts";
import type { WriteOutcome } from "./metrics.ts";
import { isObjectKey, objectKeyText } from "./object-key.ts";
import type { Parsed } from "./order-input.ts";
import type { Attempt } from "./parking.ts";
import type { Parts } from "./parts.ts";
import type { HeldLease, Objects, StoredObject } from "./ports.ts";
import { serveRead } from "./reads.ts";

export const objectBytesMax = 1024 * 1024;

export function objectRoutes(parts: Parts, objects: Objects): Router {
  const router = Router();
  const body = raw({ type: () => true, limit: objectBytesMax, inflate: false });
  router
    .route("/objects/:key")
    .get((request, response) => answerObject({ parts, objects }, request, response))
    .put(body, async (request, response) => {
      const attempt = put({ parts, objects }, request, response);
      parts.metrics.countWrite("object", await parts.parking.serve(request, response, attempt));
    })
    .all(refuseOtherMethods("GET", "HEAD", "PUT"));
  return router;
}

interface Store {
  readonly parts: Parts;
  readonly objects: Objects;
}

function put(store: Store, request: Request, response: Response): Attempt<WriteOutcome> {
  const { parts, objects } = store;
  return async (startedAtMs) => {
    const state = await stateFor(response, parts.leases);
    const key = String(request.params["key"]);
    if (state.role !== "serving") {
      return serveElsewhere(parts, request, response, { state, writeKey: key });
    }
    const input = parseObject(request);
    if (!input.ok) {
      answerFault(response, invalid(input.problems));
      return "invalid";
    }
    const result = await objects.put(key, input.value);
    switch (result.kind) {
      case "stored": {
        const taken = { key, object: input.value, lease: state, startedAtMs };
        return acknowledge(parts, response, taken);
      }
      case "unavailable":
        answerFault(response, unavailable(result.because));
        return "unavailable";
      case "outcome-unknown":
        answerFault(response, outcomeUnknown(key, result.because));
        return "outcome-unknown";
      default:
        return result satisfies never;
    }
  };
}

interface TakenObject {
  readonly key: string;
  readonly object: StoredObject;
  readonly lease: HeldLease;
  readonly startedAtMs: number;
}

async function acknowledge(
  parts: Parts,
  response: Response,
  { key, object, lease, startedAtMs }: TakenObject,
): Promise<WriteOutcome> {
  const acknowledgement = await mayAcknowledge(lease, startedAtMs, parts);
  response.setHeader(epochHeader, String(lease.epoch));
  if (!acknowledgement.allowed) {
    answerFault(response, outcomeUnknown(key, acknowledgement.because));
    return "outcome-unknown";
  }
  const { region } = parts;
  const { contentType, body } = object;
  const bytes = body.length;
  response.status(201).json({ key, bytes, contentType, region, epoch: lease.epoch });
  return "accepted";
}

async function answerObject(store: Store, request: Request, response: Response): Promise<void> {
  const key = parseObjectKey(request.params["key"]);
  if (!key.ok) return answerFault(response, invalid(key.problems));
  await serveRead(store.parts, request, response, {
    read: () => store.objects.get(key.value),
    answer: ({ contentType, body }) => {
      // Whatever a user stored must not act as a page of this service.
      response.setHeader("content-security-policy", "default-src 'none'; sandbox");
      response.setHeader("content-type", contentType);
      response.end(body);
    },
  });
}

function parseObject(request: Request): Parsed<StoredObject> {
  const key = parseObjectKey(request.params["key"]);
  const contentType = request.get("content-type") ?? "application/octet-stream";
  const body: unknown = request.body;
  const problems = key.ok ? [] : [...key.problems];
  if (!/^[\x20-\x7e]{1,200}$/.test(contentType)) {
    problems.push("Content-Type: at most 200 ASCII characters");
  }
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, value: { contentType, body: Buffer.isBuffer(body) ? body : Buffer.alloc(0) } };
}

function parseObjectKey(text: unknown): Parsed<string> {
  if (typeof text === "string" && isObjectKey(text)) return { ok: true, value: text };
  return { ok: false, problems: [`key: ${objectKeyText}`] };
}
