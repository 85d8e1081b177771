//! Asks a region's public endpoint, as a user's browser would, whether it serves.

import http from "node:http";
import https from "node:https";

export type ProbeAnswer =
  | { readonly health: "serving" | "failing"; readonly detail: string }
  | { readonly health: "silent"; readonly detail: string };

export interface ProbeProps {
  readonly endpoint: string;
  /** The region that must answer: a name that leads elsewhere is not this region serving. */
  readonly region: string;
  readonly timeoutMs: number;
}

const servingPath = "/.well-known/switchback/serving";
const bodyCharactersMax = 4_096;

/** Never throws. An endpoint that does not answer in time is failing, from where we stand. */
export function probeServing({ endpoint, region, timeoutMs }: ProbeProps): Promise<ProbeAnswer> {
  const url = new URL(servingPath, endpoint);
  const client = url.protocol === "https:" ? https : http;
  return new Promise((resolve) => {
    const request = client.get(url, { agent: false, timeout: timeoutMs }, (response) => {
      const status = response.statusCode ?? 0;
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        body += chunk;
        if (body.length > bodyCharactersMax) response.destroy();
      });
      response.on("close", () => resolve(judge(url.host, region, { status, body })));
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

interface Answer {
  readonly status: number;
  readonly body: string;
}

function judge(host: string, region: string, { status, body }: Answer): ProbeAnswer {
  if (status !== 200) return { health: "failing", detail: `${host} answers ${status}` };
  const answered = regionIn(body);
  if (answered === region) return { health: "serving", detail: `${host} answers 200` };
  return { health: "failing", detail: `${host} answers 200 for ${answered ?? "nobody"}` };
}

function regionIn(body: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed !== "object" || parsed === null) return undefined;
    const region: unknown = Reflect.get(parsed, "region");
    return typeof region === "string" ? region : undefined;
  } catch {
    return undefined;
  }
}
