//! Goal: a probe always says something within its time, and tells a region that fails from a network
//! of our own that does. Method: servers that answer, refuse, hang and break off.

import http from "node:http";
import net, { type AddressInfo } from "node:net";
import { probeServing } from "../../operator/adapters/probe.ts";

const host = "127.0.0.1";
const timeoutMs = 300;
const region = "us-east-1";
const probe = (endpoint: string) => probeServing({ endpoint, region, timeoutMs });
const servers: net.Server[] = [];
const sockets = new Set<net.Socket>();

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await Promise.all(
    servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))),
  );
});

async function listen(server: net.Server): Promise<string> {
  servers.push(server);
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return `http://${host}:${(server.address() as AddressInfo).port}`;
}

const answering = (answer: http.RequestListener) => listen(http.createServer(answer));

test("200 is serving, and the path is the well-known one", async () => {
  const paths: (string | undefined)[] = [];
  const url = await answering((request, response) => {
    paths.push(request.url);
    response.end(`{"serving":true,"region":"${region}"}`);
  });
  expect(await probe(url)).toMatchObject({ health: "serving" });
  expect(paths).toEqual(["/.well-known/switchback/serving"]);
});

test.each(['{"serving":true,"region":"us-west-2"}', '{"serving":true}', "null", "<html>", ""])(
  "200 with another body than this region's is failing: %s",
  async (body) => {
    const url = await answering((_request, response) => response.end(body));
    expect(await probe(url)).toMatchObject({ health: "failing" });
  },
);

test("a body without end is cut off, and not believed", async () => {
  const url = await answering((_request, response) => {
    response.write(`{"serving":true,"region":"${region}","more":"`);
    response.end("x".repeat(100_000));
  });
  expect(await probe(url)).toMatchObject({ health: "failing" });
});

test.each([503, 500, 404, 301, 204])("%i is failing", async (status) => {
  const url = await answering((_request, response) => response.writeHead(status).end());
  const answer = await probe(url);
  expect(answer).toMatchObject({ health: "failing" });
  expect(answer.detail).toContain(`${status}`);
});

test("a port where nobody listens is failing", async () => {
  const url = await answering(() => undefined);
  await new Promise((resolve) => servers.pop()?.close(resolve));
  expect(await probe(url)).toMatchObject({
    health: "failing",
    detail: expect.stringContaining("ECONNREFUSED"),
  });
});

test("an endpoint that takes the connection and never answers is failing, in its time", async () => {
  const url = await listen(net.createServer());
  expect(await probe(url)).toMatchObject({
    health: "failing",
    detail: expect.stringContaining("timeout"),
  });
});

test("an endpoint that answers a byte at a time is failing, in its time", async () => {
  const url = await listen(
    net.createServer((socket) => {
      const drip = setInterval(() => socket.write("H"), 20);
      socket.on("close", () => clearInterval(drip));
    }),
  );
  expect(await probe(url)).toMatchObject({ health: "failing" });
});

test("an endpoint that breaks off or speaks no HTTP is failing", async () => {
  const reset = await listen(net.createServer((socket) => socket.resetAndDestroy()));
  const silent = await listen(net.createServer((socket) => socket.end()));
  const odd = await listen(net.createServer((socket) => socket.end("SSH-2.0-OpenSSH\r\n")));
  for (const url of [reset, silent, odd]) {
    expect(await probe(url)).toMatchObject({ health: "failing" });
  }
});

test("an answer whose body never ends is failing in its time, and its connection is given up", async () => {
  const url = await answering((_request, response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write("{");
  });
  expect(await probe(url)).toMatchObject({ health: "failing" });
  await new Promise((resolve) => setTimeout(resolve, 2 * timeoutMs));
  expect(sockets.size).toBe(0);
});

test("a name that does not resolve says something about us, not about them", async () => {
  const answer = await probeServing({
    endpoint: "http://no-such-name.invalid",
    region,
    timeoutMs: 5_000,
  });
  expect(answer).toMatchObject({ health: "silent" });
});

test("an endpoint that should speak TLS and does not is failing", async () => {
  const url = await listen(net.createServer((socket) => socket.end("no TLS here\r\n")));
  const answer = await probe(url.replace("http:", "https:"));
  expect(answer).toMatchObject({ health: "failing" });
});
