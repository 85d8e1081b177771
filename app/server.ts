//! Listens, and stops in good order: no new connections, five seconds for the requests under way.

import { createServer, type RequestListener, type Server } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

export interface ServerProps {
  readonly host: string;
  readonly port: number;
  readonly service: RequestListener;
}

export interface RunningServer {
  readonly port: number;
  /** Resolves when the last connection is gone; those still busy after `graceMs` are cut. */
  stop(graceMs: number): Promise<void>;
}

const connectionsMax = 1_024;
/** Longer than the idle time of a load balancer in front, so that it hangs up first. */
const keepAliveTimeoutMs = 65_000;
const headersTimeoutMs = 10_000;
const requestTimeoutMs = 15_000;

export async function startServer({ host, port, service }: ServerProps): Promise<RunningServer> {
  const server = createServer(
    {
      keepAliveTimeout: keepAliveTimeoutMs,
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: 5_000,
    },
    service,
  );
  server.maxConnections = connectionsMax;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    stop: (graceMs) => stop(server, graceMs),
  };
}

async function stop(server: Server, graceMs: number): Promise<void> {
  const grace = new AbortController();
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // Connections that a request keeps busy now become idle later; they must not hold us up.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  const patience = pause(graceMs, undefined, { signal: grace.signal }).then(
    () => server.closeAllConnections(),
    () => undefined,
  );
  await closed;
  clearInterval(sweep);
  grace.abort();
  await patience;
}
