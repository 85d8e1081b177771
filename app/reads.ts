//! Reads: from this region's own copy while it serves, else from the region that does.
//! Who asked not to be forwarded gets this region's copy whatever its role; the role header of
//! the answer says which it is.

import type { Request, Response } from "express";
import { answerFault, unavailable, stateFor } from "./answers.ts";
import { serveElsewhere, serveElsewhereUnlessServing, type Elsewhere } from "./elsewhere.ts";
import { isForwardingDeclined } from "./hop-headers.ts";
import type { Untaken } from "./parking.ts";
import type { Parts } from "./parts.ts";
import type { Found } from "./ports.ts";

export interface Read<T> {
  readonly read: () => Promise<Found<T>>;
  readonly answer: (value: T) => void;
}

export async function serveRead<T>(
  parts: Parts,
  request: Request,
  response: Response,
  wanted: Read<T>,
): Promise<void> {
  await parts.parking.serve(request, response, () => tryRead(parts, request, response, wanted));
}

type ReadOutcome = Elsewhere | "answered" | "unavailable";

async function tryRead<T>(
  parts: Parts,
  request: Request,
  response: Response,
  { read, answer }: Read<T>,
): Promise<ReadOutcome | Untaken<ReadOutcome>> {
  const state = await stateFor(response, parts.leases);
  if (state.role !== "serving" && !isForwardingDeclined(request.headers)) {
    return serveElsewhere(parts, request, response, { state, writeKey: null });
  }
  const found = await read();
  switch (found.kind) {
    case "found":
      answer(found.value);
      return "answered";
    case "absent": {
      const message = `nothing is at ${request.path}`;
      answerFault(response, { status: 404, error: "not-found", message });
      return "answered";
    }
    case "unavailable": {
      const fault = unavailable(found.because);
      if (!isForwardingDeclined(request.headers)) {
        return serveElsewhereUnlessServing(parts, request, response, { writeKey: null, fault });
      }
      answerFault(response, fault);
      return "unavailable";
    }
    default:
      return found satisfies never;
  }
}
