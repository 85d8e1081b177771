//! Goal: a request crosses to the other region whole, once and within its limits, and the forwarder
//! never calls a request unsent that the peer may have seen.
//! Method: a real HTTP server as the peer, which answers, hangs, breaks off or is not there.

import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createTcpServer, type AddressInfo } from "node:net";
import { Forwarder, type ForwarderProps } from "../../app/forwarder.ts";
import type { ForwardRequest } from "../../app/ports.ts";
import { there } from "./app-fakes.ts";

const servers: Server[] = [];
const forwarders: Forwarder[] = [];

afterEach(async () => {
  for (const forwarder of forwarders.splice(0)) forwarder.close();
  await Promise.all(
    servers.splice(0).map(
      (server) =>
        new Promise((resolve) => {
          server.close(resolve);
          server.closeAllConnections();
        }),
    ),
  );
});

async function openPeer(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function openForwarder(peerUrl: string, overrides: Partial<ForwarderProps> = {}): Forwarder {
  const forwarder = new Forwarder({
    peerUrl,
    requestsMax: 4,
    connectTimeoutMs: 10_000,
    timeoutMs: 20_000,
    answerBytesMax: 10_000,
    ...overrides,
  });
  forwarders.push(forwarder);
  return forwarder;
}

const post: ForwardRequest = {
  method: "POST",
  path: "/orders?x=1",
  headers: {
    host: "orders.example.com",
    connection: "keep-alive, x-private",
    "x-private": "for the next hop only",
    "keep-alive": "timeout=5",
    "transfer-encoding": "chunked",
    "idempotency-key": "key-1",
    "x-forwarded-for": "198.51.100.7",
  },
  body: Buffer.from('{"item":"tea","quantity":2}'),
  clientAddress: "192.0.2.1",
};

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function closedPort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test("method, path, body and end-to-end headers arrive; those of one hop do not", async () => {
  let seen: object = {};
  const url = await openPeer(async (request, response) => {
    const { method, url, headers } = request;
    seen = { method, url, headers, body: await textOf(request) };
    response.writeHead(201, { "x-switchback-region": there, "keep-alive": "timeout=5" });
    response.end("made");
  });
  const forwarded = await openForwarder(url).forward(post);
  expect(forwarded).toMatchObject({ kind: "answered", status: 201, body: Buffer.from("made") });
  if (forwarded.kind !== "answered") throw new Error(forwarded.kind);
  expect(forwarded.headers["x-switchback-region"]).toBe(there);
  expect(Object.keys(forwarded.headers)).not.toContain("keep-alive");
  expect(seen).toMatchObject({
    method: "POST",
    url: "/orders?x=1",
    body: post.body.toString(),
    headers: {
      host: new URL(url).host,
      "idempotency-key": "key-1",
      "x-switchback-hops": "1",
      "x-forwarded-for": "198.51.100.7, 192.0.2.1",
      "content-length": String(post.body.length),
    },
  });
  expect(seen).not.toHaveProperty(["headers", "x-private"]);
  expect(seen).not.toHaveProperty(["headers", "transfer-encoding"]);
});

test("connections are kept and used again", async () => {
  const ports = new Set<number | undefined>();
  const url = await openPeer((request, response) => {
    ports.add(request.socket.remotePort);
    response.writeHead(200, { "x-switchback-region": there }).end();
  });
  const forwarder = openForwarder(url);
  for (let n = 0; n < 3; n += 1) await forwarder.forward({ ...post, method: "GET" });
  expect(ports.size).toBe(1);
});

test("a peer that is not there saw nothing", async () => {
  const forwarder = openForwarder(`http://127.0.0.1:${await closedPort()}`);
  expect(await forwarder.forward(post)).toMatchObject({ kind: "not-sent" });
});

test("a peer that takes the request and says nothing may have carried it out", async () => {
  const url = await openPeer(() => undefined);
  const forwarder = openForwarder(url, { timeoutMs: 200 });
  expect(await forwarder.forward(post)).toMatchObject({
    kind: "outcome-unknown",
    because: expect.stringContaining("no answer within 200 ms") as string,
  });
});

test("a peer that hangs up, before or within its answer, may have carried it out", async () => {
  const url = await openPeer((request, response) => {
    if (request.url === "/before") {
      request.socket.destroy();
      return;
    }
    response.writeHead(201, { "x-switchback-region": there, "content-length": "100" });
    response.write("half");
    setTimeout(() => request.socket.destroy(), 20);
  });
  const forwarder = openForwarder(url);
  for (const path of ["/before", "/within"]) {
    expect(await forwarder.forward({ ...post, path })).toMatchObject({ kind: "outcome-unknown" });
  }
});

test("the deadline covers an answer that begins and never ends", async () => {
  const url = await openPeer((_request, response) => {
    response.writeHead(200, { "x-switchback-region": there }).write("half");
  });
  const forwarder = openForwarder(url, { timeoutMs: 200 });
  expect(await forwarder.forward(post)).toMatchObject({ kind: "outcome-unknown" });
});

test("an answer that is too large is not taken", async () => {
  const url = await openPeer((_request, response) => {
    response.writeHead(200, { "x-switchback-region": there }).end(Buffer.alloc(20_000));
  });
  expect(await openForwarder(url).forward(post)).toMatchObject({ kind: "outcome-unknown" });
});

test("an answer that does not come from the service proves nothing about the write", async () => {
  const url = await openPeer((_request, response) => {
    response.writeHead(502).end("bad gateway");
  });
  expect(await openForwarder(url).forward(post)).toMatchObject({
    kind: "outcome-unknown",
    because: expect.stringContaining("502") as string,
  });
});

test("more requests than may be under way are turned away unsent", async () => {
  let arrived = 0;
  const waiting: (() => void)[] = [];
  const url = await openPeer((_request, response) => {
    arrived += 1;
    waiting.push(() => response.writeHead(200, { "x-switchback-region": there }).end());
    if (waiting.length === 4) for (const answer of waiting) answer();
  });
  const forwarder = openForwarder(url);
  const all = await Promise.all([1, 2, 3, 4, 5].map(() => forwarder.forward(post)));
  expect(all.map(({ kind }) => kind)).toEqual([
    "answered",
    "answered",
    "answered",
    "answered",
    "not-sent",
  ]);
  expect(arrived).toBe(4);
});
