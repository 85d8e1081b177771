//! Reads: from this region's own copy while it serves, else from the region that does.
//! Who asked not to be forwarded gets this region's copy whatever its role; the role header of
//! the answer says which it is.

import type { Request, Response } from "express";
import { answerFault, unavailable, stateFor } from "./answers.ts";
import { serveElsewhere, serveElsewhereUnlessServing } from "./elsewhere.ts";
import { isForwardingDeclined } from "./hop-headers.ts";
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
  { read, answer }: Read<T>,
): Promise<void> {
  const state = await stateFor(response, parts.leases);
  if (state.role !== "serving" && !isForwardingDeclined(request.headers)) {
    await serveElsewhere(parts, request, response, { because: state.because, writeKey: null });
    return;
  }
  const found = await read();
  switch (found.kind) {
    case "found":
      answer(found.value);
      return;
    case "absent": {
      const message = `nothing is at ${request.path}`;
      answerFault(response, { status: 404, error: "not-found", message });
      return;
    }
    case "unavailable": {
      const fault = unavailable(found.because);
      if (isForwardingDeclined(request.headers)) answerFault(response, fault);
      else await serveElsewhereUnlessServing(parts, request, response, { writeKey: null, fault });
      return;
    }
    default:
      found satisfies never;
  }
}
