//! Asks a region's public endpoint, as a user's browser would, whether it serves.

import http from "node:http";
import https from "node:https";

export type ProbeAnswer =
  | { readonly health: "serving" | "failing"; readonly detail: string }
  | { readonly health: "silent"; readonly detail: string };

const servingPath = "/.well-known/switchback/serving";

/** Never throws. An endpoint that does not answer in time is failing, from where we stand. */
export function probeServing(endpoint: string, timeoutMs: number): Promise<ProbeAnswer> {
  const url = new URL(servingPath, endpoint);
  const client = url.protocol === "https:" ? https : http;
  return new Promise((resolve) => {
    const request = client.get(url, { agent: false, timeout: timeoutMs }, (response) => {
      response.resume();
      const status = response.statusCode ?? 0;
      resolve(
        status === 200
          ? { health: "serving", detail: `${url.host} answers 200` }
          : { health: "failing", detail: `${url.host} answers ${status}` },
      );
    });
    const deadline = setTimeout(() => request.destroy(new Error("timeout")), timeoutMs);
    request.on("timeout", () => request.destroy(new Error("timeout")));
    request.on("close", () => clearTimeout(deadline));
    request.on("error", (error: NodeJS.ErrnoException) => {
      const reason = error.code ?? error.message;
      // The name did not resolve or we have no route: that is about us, not about them.
      const ours = ["ENOTFOUND", "EAI_AGAIN", "ENETUNREACH", "EADDRNOTAVAIL"].includes(reason);
      resolve({ health: ours ? "silent" : "failing", detail: `${url.host}: ${reason}` });
    });
  });
}
