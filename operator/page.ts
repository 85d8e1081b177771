//! The operator's own HTTP page: liveness, readiness, metrics, and what it sees and does as JSON.
//! Read only: nothing here changes anything.

import http from "node:http";
import type { AddressInfo } from "node:net";

export interface PageProps {
  readonly host: string;
  readonly port: number;
  readonly ready: () => { readonly ready: boolean; readonly because: string };
  readonly status: () => unknown;
  readonly journal: () => Promise<unknown>;
  readonly metrics: () => Promise<string>;
  readonly metricsType: string;
}

export interface Page {
  readonly port: number;
  close(): Promise<void>;
}

type Answer = readonly [status: number, type: string, body: string];

export async function startPage(props: PageProps): Promise<Page> {
  const server = http.createServer((request, response) => {
    void respond(request.url ?? "/", response, props);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(props.port, props.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function respond(
  url: string,
  response: http.ServerResponse,
  props: PageProps,
): Promise<void> {
  const [status, type, body] = await answer(url, props);
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" });
  response.end(body);
}

async function answer(url: string, props: PageProps): Promise<Answer> {
  try {
    switch (url.split("?")[0] ?? "") {
      case "/healthz":
        return [200, "text/plain", "ok\n"];
      case "/readyz": {
        const { ready, because } = props.ready();
        return [ready ? 200 : 503, "text/plain", `${because}\n`];
      }
      case "/metrics":
        return [200, props.metricsType, await props.metrics()];
      case "/status":
        return json(200, props.status());
      case "/journal":
        return json(200, await props.journal());
      default:
        return json(404, {
          error: "not-found",
          paths: ["/healthz", "/readyz", "/status", "/journal", "/metrics"],
        });
    }
  } catch (error) {
    return json(500, { error: error instanceof Error ? error.message : String(error) });
  }
}

function json(status: number, body: unknown): Answer {
  return [status, "application/json", `${JSON.stringify(body, undefined, 2)}\n`];
}
