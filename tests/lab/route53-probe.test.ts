//! Goal: a probe sees what a Route 53 health checker would see, over a connection of its own.
//! Method: real servers on the loopback that answer well, badly, slowly or not at all.

import { createServer as createHttpServer } from "node:http";
import type { IncomingMessage, RequestListener } from "node:http";
import { createServer as createTcpServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";

import { readHealthCheckConfig } from "../../lab/route53/health-config.ts";
import type { EndpointCheck } from "../../lab/route53/health-config.ts";
import { createProbe } from "../../lab/route53/probe.ts";
import type { ProbeResult } from "../../lab/route53/probe.ts";

const host = "127.0.0.1";
const servers = new Set<Server>();
const sockets = new Set<Socket>();

async function listen(server: Server): Promise<number> {
  servers.add(server);
  server.on("connection", (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => {
    server.listen(0, host, resolve);
  });
  return (server.address() as AddressInfo).port;
}

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await Promise.all(
    Array.from(servers, (server) => new Promise((resolve) => server.close(resolve))),
  );
  servers.clear();
  sockets.clear();
});

type Shape = Parameters<typeof readHealthCheckConfig>[0];

function checkOf(shape: Partial<Shape>): EndpointCheck {
  const read = readHealthCheckConfig({ Type: "HTTP", IPAddress: host, ...shape });
  if (!read.ok || read.config.kind === "calculated") throw new Error("no endpoint");
  return read.config;
}

function probe(
  port: number,
  shape: Partial<Shape> = {},
  signal = new AbortController().signal,
): Promise<ProbeResult> {
  // The configured port is the endpoint's own; the connection goes where the lab leads it.
  const ask = createProbe({ probeTarget: () => ({ host, port }), speedup: 100 });
  return ask(checkOf(shape), signal);
}

const answering =
  (status: number, body = ""): RequestListener =>
  (_, response) => {
    response.writeHead(status).end(body);
  };

test.each([
  [200, true],
  [204, true],
  [302, true],
  [399, true],
  [400, false],
  [503, false],
])("a status of %i is success: %p", async (status, succeeded) => {
  const port = await listen(createHttpServer(answering(status)));
  const result = await probe(port);
  expect(result.succeeded).toBe(succeeded);
  expect(result.text).toContain(`HTTP Status Code ${status}`);
});

test.each<[string, Partial<Shape>, string]>([
  [
    "the name and port of the endpoint",
    { FullyQualifiedDomainName: "www.example.test", Port: 8080 },
    "www.example.test:8080",
  ],
  [
    "no port when it is 80",
    { FullyQualifiedDomainName: "www.example.test", Port: 80 },
    "www.example.test",
  ],
  ["the address when there is no name", { Port: 8080 }, "127.0.0.1:8080"],
])("the Host header has %s", async (_, shape, expected) => {
  const seen: IncomingMessage[] = [];
  const server = createHttpServer((request, response) => {
    seen.push(request);
    response.end();
  });
  await probe(await listen(server), { ...shape, ResourcePath: "/ready?deep=1" });
  expect(seen.map(({ url, headers }) => [url, headers.host])).toEqual([
    ["/ready?deep=1", expected],
  ]);
});

test("each probe makes a new connection", async () => {
  let connections = 0;
  const server = createHttpServer(answering(200));
  server.on("connection", () => (connections += 1));
  const port = await listen(server);
  for (let round = 0; round < 3; round += 1) await probe(port);
  expect(connections).toBe(3);
});

describe("a search for a string", () => {
  const match = { Type: "HTTP_STR_MATCH", SearchString: "serving" } as const;
  test.each([
    ["finds it", "we are serving", true],
    ["minds the case", "we are Serving", false],
    ["finds it at the very end of the first 5,120 bytes", `${"x".repeat(5_113)}serving`, true],
    ["does not find it across that end", `${"x".repeat(5_114)}serving`, false],
    ["does not find it in an empty body", "", false],
  ])("%s", async (_, body, expected) => {
    const port = await listen(createHttpServer(answering(200, body)));
    expect((await probe(port, match)).succeeded).toBe(expected);
  });

  test("needs a good status all the same", async () => {
    const port = await listen(createHttpServer(answering(503, "serving")));
    expect((await probe(port, match)).succeeded).toBe(false);
  });

  test("gives up on a body that does not come", async () => {
    const port = await listen(
      createHttpServer((_, response) => {
        response.writeHead(200, { "content-length": "100" }).write("serv");
      }),
    );
    expect(await probe(port, match)).toEqual({
      succeeded: false,
      text: "Failure: Response body timed out.",
    });
  });
});

test("an endpoint that accepts and says nothing times out", async () => {
  const port = await listen(createTcpServer(() => undefined));
  expect(await probe(port)).toEqual({ succeeded: false, text: "Failure: Response timed out." });
});

test("a closed port is refused", async () => {
  const server = createTcpServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  servers.delete(server);
  expect(await probe(port)).toEqual({ succeeded: false, text: "Failure: Connection refused." });
});

test("an endpoint that hangs up has failed", async () => {
  const port = await listen(createTcpServer((socket) => socket.destroy()));
  expect((await probe(port)).succeeded).toBe(false);
});

test("TCP only wants a connection", async () => {
  const port = await listen(createTcpServer(() => undefined));
  expect((await probe(port, { Type: "TCP", Port: port })).succeeded).toBe(true);
});

test("a probe that is called off ends at once and leaves no connection", async () => {
  let closed = 0;
  const accepted: Socket[] = [];
  const server = createTcpServer((socket) => {
    accepted.push(socket.on("error", () => undefined).resume());
    socket.on("close", () => (closed += 1));
  });
  const port = await listen(server);
  const aborting = new AbortController();
  const running = probe(port, {}, aborting.signal);
  await until(() => accepted.length > 0);
  aborting.abort();
  expect((await running).succeeded).toBe(false);
  await until(() => closed === accepted.length);
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}
