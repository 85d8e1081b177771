//! Goal: a load balancer that errs or dawdles does so to the share and the audience that were asked
//! for, also on connections from before; without a fault it is not in the way at all.
//! Method: HTTP servers as pods, reached over keep-alive connections through a link.

import http, { type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Address } from "../../lab/descriptor.ts";
import type { Fault } from "../../lab/faults/faults.ts";
import type { Link } from "../../lab/links/link.ts";
import { Mesh } from "../../lab/links/mesh.ts";
import { AppEntrance, isChosen, treatmentOf } from "../../lab/world/app-entrance.ts";
import { eventually, host } from "./postgres-fixture.ts";

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: http.IncomingHttpHeaders;
}

let mesh: Mesh;
let link: Link;
let entrance: AppEntrance;
let agent: http.Agent;
let pod: http.Server;
let picked: Address | undefined;
const seen: IncomingMessage[] = [];
let connections = 0;

beforeEach(async () => {
  seen.length = 0;
  connections = 0;
  pod = http.createServer((request, response) => {
    seen.push(request);
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      if (request.url === "/silent") return;
      response.setHeader("set-cookie", ["a=1", "b=2"]);
      response.end(`${request.method} ${request.url} ${body}`);
    });
  });
  pod.on("connection", () => (connections += 1));
  await new Promise<void>((resolve) => pod.listen(0, host, resolve));
  picked = { host, port: (pod.address() as AddressInfo).port };
  mesh = new Mesh({ sites: ["users", "region"], oneWayMs: () => 0 });
  entrance = new AppEntrance({ host, audience: "everyone", pick: () => picked });
  link = await mesh.open({
    name: "users to region",
    from: "users",
    to: "region",
    listen: { host, port: 0 },
    target: () => entrance.target(),
  });
  entrance.attach(link);
  agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
});
afterEach(async () => {
  agent.destroy();
  await mesh.close();
  await entrance.close();
  await new Promise((resolve) => {
    pod.close(resolve);
    pod.closeAllConnections();
  });
});

function ask(path: string, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? "GET" : "POST";
    const request = http.request({ host, port: link.port, path, method, agent }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers }),
      );
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** Undefined when it was answered. */
function codeOf(answer: Promise<Answer>): Promise<string | undefined> {
  return answer.then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error.code,
  );
}

/** As users do: once more when the connection was reset. */
async function askAgain(path: string, body?: string): Promise<Answer> {
  return ask(path, body).catch(() => ask(path, body));
}

const errors = (errorPercent: number) => ({ errorPercent, latencyMs: 0 });
const none = errors(0);

test("without a fault connections lead straight to the pod", async () => {
  expect((await ask("/one")).body).toBe("GET /one ");
  expect((await ask("/two")).body).toBe("GET /two ");
  expect(connections).toBe(1);
  expect(seen[0]?.socket).toBe(seen[1]?.socket);
});

test("a fault reaches connections that were open before it, and the pod hears of no error", async () => {
  await ask("/before");
  await entrance.treat(errors(100));
  expect((await askAgain("/during")).status).toBe(500);
  expect(seen.map(({ url }) => url)).toEqual(["/before"]);
});

test("the share of errors is the one that was asked for", async () => {
  await entrance.treat(errors(30));
  const statuses: number[] = [];
  for (let i = 0; i < 100; i += 1) statuses.push((await ask("/")).status);
  const failed = statuses.filter((status) => status === 500).length;
  expect(Math.abs(failed - 30)).toBeLessThanOrEqual(2);
  expect(statuses.filter((status) => status === 200)).toHaveLength(100 - failed);
});

test("the share is the same for two users that take turns", () => {
  const numbers = Array.from({ length: 1_000 }, (_, index) => index);
  const hits = (user: number) =>
    numbers.filter((n) => n % 2 === user && isChosen(n, 50)).length / 500;
  expect(hits(0)).toBeCloseTo(0.5, 1);
  expect(hits(1)).toBeCloseTo(0.5, 1);
  expect(numbers.every((n) => isChosen(n, 100) && !isChosen(n, 0))).toBe(true);
});

test("what passes through is whole: method, path, body, repeated headers", async () => {
  await entrance.treat({ errorPercent: 0, latencyMs: 1 });
  const answer = await ask("/orders?a=b", "umbrella ".repeat(20_000));
  expect(answer.status).toBe(200);
  expect(answer.body).toBe(`POST /orders?a=b ${"umbrella ".repeat(20_000)}`);
  expect(answer.headers["set-cookie"]).toEqual(["a=1", "b=2"]);
  expect(seen[0]?.headers.host).toBe(`${host}:${link.port}`);
});

test("a slow app has the request at once and answers late", async () => {
  await entrance.treat({ errorPercent: 0, latencyMs: 600 });
  const startedAtMs = performance.now();
  let arrivedAfterMs = 0;
  pod.once("request", () => {
    arrivedAfterMs = performance.now() - startedAtMs;
  });
  await ask("/");
  const answeredAfterMs = performance.now() - startedAtMs;
  expect(answeredAfterMs - arrivedAfterMs).toBeGreaterThanOrEqual(590);
});

test("after the fault connections go straight again, without being broken off", async () => {
  await entrance.treat(errors(1));
  await ask("/during");
  await entrance.treat(none);
  const drained = await ask("/last");
  expect([drained.status, drained.headers.connection]).toEqual([200, "close"]);
  await ask("/after");
  await ask("/after");
  expect(seen.at(-1)?.socket).toBe(seen.at(-2)?.socket);
});

test("the caller sees a reset where no pod is ready or the pod goes away", async () => {
  await entrance.treat({ errorPercent: 0, latencyMs: 1 });
  picked = undefined;
  expect(await codeOf(ask("/"))).toBe("ECONNRESET");
  picked = { host, port: (pod.address() as AddressInfo).port };
  const waiting = codeOf(ask("/silent"));
  await eventually("the pod has the request", () => seen.length > 0);
  pod.closeAllConnections();
  expect(await waiting).toBe("ECONNRESET");
});

test("through a way that is cut no reset arrives before it is healed", async () => {
  await ask("/before");
  mesh.cut("users", "region");
  const stuck = codeOf(ask("/stuck"));
  await entrance.treat(errors(100));
  const early = new Promise<string>((resolve) => setTimeout(() => resolve("nothing yet"), 200));
  expect(await Promise.race([stuck, early])).toBe("nothing yet");
  mesh.heal("users", "region");
  expect(await stuck).toBe("ECONNRESET");
});

test.each<[string, readonly Fault[], number, number]>([
  ["nothing", [], 0, 0],
  ["one of another region", [{ kind: "app-errors", region: "b", percent: 9 }], 0, 0],
  ["one for everyone", [{ kind: "app-errors", region: "a", percent: 9 }], 9, 9],
  ["one for the peer", [{ kind: "app-errors", region: "a", percent: 9, audience: "peer" }], 0, 9],
])("%s makes errors for those it is meant for", (_what, faults, everyone, peer) => {
  expect(treatmentOf(faults, "a", "everyone").errorPercent).toBe(everyone);
  expect(treatmentOf(faults, "a", "peer").errorPercent).toBe(peer);
});
