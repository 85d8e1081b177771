//! The other region's operator over HTTP: one question, sent once, within a time.

import * as z from "zod";
import { failed, succeeded } from "../../failover/outcome.ts";
import type { Peer } from "../../failover/ports.ts";
import { leaseItem } from "./lease-json.ts";

export interface PeerHttpProps {
  /** Base address of the other operator's page. */
  readonly url: string;
  readonly token: () => string;
  readonly timeoutMs: number;
}

export const renewalPath = "/peer/renewal";

const vouched = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("relayed"), item: leaseItem }),
  z.object({ kind: z.literal("promised") }),
]);

export function httpPeer({ url, token, timeoutMs }: PeerHttpProps): Peer {
  return {
    async renewFor(held, word) {
      let status: number;
      let text: string;
      try {
        const response = await fetch(new URL(renewalPath, url), {
          method: "POST",
          headers: { "content-type": "application/json", authorization: `Bearer ${token()}` },
          body: JSON.stringify({ held, word }),
          signal: AbortSignal.timeout(timeoutMs),
        });
        status = response.status;
        text = await response.text();
      } catch (error) {
        return failed("unreachable", error instanceof Error ? error.message : String(error));
      }
      if (status === 401) return failed("denied", "the other operator does not know our token");
      const read = status === 200 ? vouched.safeParse(parsed(text)) : undefined;
      if (read?.success === true) return succeeded(read.data);
      return failed(status === 409 ? "conflict" : "refused", `${status}: ${text.slice(0, 200)}`);
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
