//! The operator's own HTTP page: liveness, readiness, metrics, what it sees and does as JSON; and,
//! for whoever has the token, the orders of people and the questions of the other operator.

import { createHash, timingSafeEqual } from "node:crypto";
import http from "node:http";
import type { AddressInfo } from "node:net";

export interface PageProps {
  readonly host: string;
  readonly port: number;
  /** What a caller must bring as `authorization: Bearer`, read anew each time. */
  readonly token: () => string;
  readonly ready: () => { readonly ready: boolean; readonly because: string };
  /** Whether this region may write at this moment: for gates in front of other workloads. */
  readonly gate: () => { readonly open: boolean; readonly because: string };
  readonly status: () => unknown;
  readonly journal: () => Promise<unknown>;
  /** By path; each gets the body as parsed JSON and answers with a status and JSON. */
  readonly posts: Readonly<Record<string, (body: unknown) => Promise<PostAnswer>>>;
  readonly metrics: () => Promise<string>;
  readonly metricsType: string;
}

export interface PostAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface Page {
  readonly port: number;
  close(): Promise<void>;
}

type Answer = readonly [status: number, type: string, body: string];

const bodyBytesMax = 64 * 1024;

export async function startPage(props: PageProps): Promise<Page> {
  const server = http.createServer((request, response) => {
    void respond(request, response, props);
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
  request: http.IncomingMessage,
  response: http.ServerResponse,
  props: PageProps,
): Promise<void> {
  const [status, type, body] = await answer(request, props);
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" });
  response.end(body);
}

async function answer(request: http.IncomingMessage, props: PageProps): Promise<Answer> {
  try {
    const path = (request.url ?? "/").split("?")[0] ?? "";
    const post = props.posts[path];
    if (post !== undefined) return await answerPost(request, post, props);
    if (request.method === "GET" || request.method === "HEAD") return await answerGet(path, props);
    return json(405, { error: "method-not-allowed", allowed: ["GET", "HEAD"] });
  } catch (error) {
    return json(500, { error: error instanceof Error ? error.message : String(error) });
  }
}

async function answerGet(path: string, props: PageProps): Promise<Answer> {
  switch (path) {
    case "/healthz":
      return [200, "text/plain", "ok\n"];
    case "/readyz": {
      const { ready, because } = props.ready();
      return [ready ? 200 : 503, "text/plain", `${because}\n`];
    }
    case "/gate": {
      const { open, because } = props.gate();
      return [open ? 200 : 503, "text/plain", `${because}\n`];
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
        paths: ["/healthz", "/readyz", "/gate", "/status", "/journal", "/metrics"],
        posts: Object.keys(props.posts),
      });
  }
}

async function answerPost(
  request: http.IncomingMessage,
  post: (body: unknown) => Promise<PostAnswer>,
  { token }: PageProps,
): Promise<Answer> {
  if (request.method !== "POST") {
    return json(405, { error: "method-not-allowed", allowed: ["POST"] });
  }
  if (!isSame(request.headers.authorization ?? "", `Bearer ${token()}`)) {
    return json(401, { error: "unauthorized", problems: ["send authorization: Bearer TOKEN"] });
  }
  const text = await readBody(request);
  if (text === "too-long") return json(413, { error: "too-long", bytesMax: bodyBytesMax });
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return json(400, { error: "not-json", problems: ["the body must be JSON"] });
  }
  const answered = await post(body);
  return json(answered.status, answered.body);
}

/** Without telling by its time how much of it was right. */
function isSame(given: string, wanted: string): boolean {
  return timingSafeEqual(digest(given), digest(wanted));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

async function readBody(request: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const arriving = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  for await (const chunk of arriving) {
    bytes += chunk.length;
    if (bytes <= bodyBytesMax) chunks.push(chunk);
    else break;
  }
  if (bytes > bodyBytesMax) {
    // The rest is thrown away as it comes: who is cut off while sending never hears why.
    request.resume();
    return "too-long";
  }
  return Buffer.concat(chunks).toString("utf8");
}

function json(status: number, body: unknown): Answer {
  return [status, "application/json", `${JSON.stringify(body, undefined, 2)}\n`];
}
