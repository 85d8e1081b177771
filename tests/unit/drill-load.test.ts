//! Goal: the load behaves like users: it follows DNS by TTL, keeps its rhythm through an outage,
//! repeats nothing, and writes down exactly what it was told.
//! Method: small servers that answer on command, and clocks that are moved by hand.

import http from "node:http";
import type net from "node:net";
import type { LabDescriptor } from "../../lab/descriptor.ts";
import type { RefusalsLine, RequestLine } from "../../lab/drill/ledger.ts";
import { newAttachments } from "../../lab/drill/load/attachments.ts";
import { createCanary } from "../../lab/drill/load/canary.ts";
import { orderOf } from "../../lab/drill/load/orders.ts";
import { ask, meaningOfWrite } from "../../lab/drill/load/request.ts";
import { cachedName } from "../../lab/drill/load/resolver.ts";
import { openLoop, operationsDue } from "../../lab/drill/load/schedule.ts";
import { operationKind, operationsPerWrite } from "../../lab/drill/load/session.ts";
import { createUser } from "../../lab/drill/load/user.ts";

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

async function startApp(host: string, listener: http.RequestListener, port = 0): Promise<number> {
  // Without a limit of its own the server never closes an idle connection: only the client does.
  const server = http.createServer({ keepAliveTimeout: 0 }, listener);
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  closers.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return (server.address() as net.AddressInfo).port;
}

/** Answers every order with 201, as the region it is told to be. */
function accepting(region: string, seen: http.IncomingMessage[] = []): http.RequestListener {
  return (request, response) => {
    seen.push(request);
    response.writeHead(201, { "x-switchback-region": region, "x-switchback-epoch": "4" });
    response.end(JSON.stringify({ key: request.headers["idempotency-key"] }));
  };
}

const east = { address: "127.0.0.1" };

function labOf(appPort: number): LabDescriptor {
  const regions = {
    "us-east-1": { ...east, app: `http://127.0.0.1:${appPort}` },
    "us-west-2": { address: "127.0.0.2", app: `http://127.0.0.2:${appPort}` },
  };
  return { hostname: "orders.switchback.test", appPort, regions } as unknown as LabDescriptor;
}

function userProps(appPort: number) {
  const attachments = newAttachments();
  return { lab: labOf(appPort), seed: 7, clock: noTime, timeoutMs: 200, attachments };
}

async function perform(
  appPort: number,
  operations: readonly ["user" | "read" | "object", number][],
  name = { address: async () => "127.0.0.1" },
): Promise<RequestLine[]> {
  const lines: RequestLine[] = [];
  const record = (line: RequestLine): void => void lines.push(line);
  const user = createUser({ ...userProps(appPort), name, record });
  for (const [kind, seq] of operations) await user.perform(kind, seq);
  user.close();
  return lines;
}

function noTime(): number {
  return 0;
}

function answered(status: number, body: object) {
  return { status, region: null, epoch: null, body: { ...body } };
}

const hostname = "orders.test";

describe("a cached name", () => {
  test("is asked for once within its TTL and again when that has passed", async () => {
    let nowMs = 0;
    let asked = 0;
    const lookup = async () => [{ address: `10.0.0.${(asked += 1)}`, ttl: 2 }];
    const name = cachedName({ hostname, lookup, clock: () => nowMs });
    expect(await name.address()).toBe("10.0.0.1");
    nowMs = 1_999;
    expect(await name.address()).toBe("10.0.0.1");
    nowMs = 2_000;
    expect(await name.address()).toBe("10.0.0.2");
  });

  test("is gone, not stale, when DNS does not answer after its TTL", async () => {
    let nowMs = 0;
    let dead = false;
    const lookup = async () => {
      if (dead) throw new Error("ETIMEOUT");
      return [{ address: "10.0.0.1", ttl: 1 }];
    };
    const name = cachedName({ hostname, lookup, clock: () => nowMs });
    await name.address();
    dead = true;
    nowMs = 1_500;
    await expect(name.address()).rejects.toThrow("ETIMEOUT");
    dead = false;
    expect(await name.address()).toBe("10.0.0.1");
  });

  test("is kept for ever by a cache that ignores the TTL", async () => {
    let nowMs = 0;
    let asked = 0;
    const lookup = async () => [{ address: `10.0.0.${(asked += 1)}`, ttl: 1 }];
    const name = cachedName({ hostname, lookup, clock: () => nowMs, ignoresTtl: true });
    await name.address();
    nowMs = 86_400_000;
    expect(await name.address()).toBe("10.0.0.1");
  });

  test("is asked for once by many at the same time", async () => {
    let asked = 0;
    const lookup = async () => [{ address: `10.0.0.${(asked += 1)}`, ttl: 0 }];
    const name = cachedName({ hostname, lookup, clock: () => 0 });
    await Promise.all([name.address(), name.address(), name.address()]);
    expect(asked).toBe(1);
  });
});

describe("the schedule", () => {
  test.each([
    [0, 1],
    [99, 1],
    [100, 2],
    [1_000, 11],
    [-1, 0],
  ])("after %i ms of ten a second, %i are due", (elapsedMs, due) => {
    expect(operationsDue(elapsedMs, 10)).toBe(due);
  });

  test("goes on while earlier operations hang, and skips and counts beyond its limit", async () => {
    const hanging: (() => void)[] = [];
    const schedule = openLoop({
      ratePerSecond: 500,
      inFlightMax: 5,
      clock: () => performance.now(),
      operation: () => new Promise((resolve) => hanging.push(resolve)),
    });
    while (schedule.skipped() === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(hanging).toHaveLength(5);
    const stopped = schedule.stop();
    hanging.forEach((release) => release());
    await stopped;
    expect(schedule.started()).toBe(5);
  });

  test("does not make up for a long stall with a burst", async () => {
    let nowMs = 0;
    let ran = 0;
    const schedule = openLoop({
      ratePerSecond: 100,
      inFlightMax: 10_000,
      clock: () => nowMs,
      operation: async () => void (ran += 1),
    });
    nowMs = 60_000;
    while (schedule.started() === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await schedule.stop();
    expect(ran).toBeLessThanOrEqual(25);
    expect(schedule.skipped()).toBeGreaterThan(5_900);
  });

  test("of forty operations 36 are writes, three pages and one an object", () => {
    const kinds = Array.from({ length: 40 }, (_, i) => operationKind(i + 1, 40));
    expect(kinds.filter((kind) => kind === "user")).toHaveLength(36);
    expect(kinds.filter((kind) => kind === "read")).toHaveLength(3);
    expect(kinds.filter((kind) => kind === "object")).toHaveLength(1);
    expect(operationKind(40, 0)).toBe("read");
    expect(operationsPerWrite(40)).toBeCloseTo(40 / 36);
    expect(operationsPerWrite(0)).toBeCloseTo(10 / 9);
  });
});

describe("a user", () => {
  test("sends a row that depends on the seed only, and records who answered", async () => {
    const seen: http.IncomingMessage[] = [];
    const port = await startApp("127.0.0.1", accepting("us-west-2", seen));
    const [line] = await perform(port, [["user", 3]]);
    expect(line).toMatchObject({
      kind: "user",
      seq: 3,
      key: "load-7-3",
      region: "us-east-1",
      answeredBy: "us-west-2",
      epoch: 4,
      status: 201,
      outcome: "acknowledged",
      ...orderOf(7, 3),
    });
    expect(seen[0]?.headers).toMatchObject({
      host: `orders.switchback.test:${port}`,
      "idempotency-key": "load-7-3",
    });
  });

  test("keeps its connection from request to request", async () => {
    const seen: http.IncomingMessage[] = [];
    const port = await startApp("127.0.0.1", accepting("us-east-1", seen));
    await perform(port, [
      ["user", 1],
      ["user", 2],
      ["user", 3],
    ]);
    expect(new Set(seen.map((request) => request.socket)).size).toBe(1);
  });

  test("goes to the new address when the TTL has passed", async () => {
    const [first, second]: [http.IncomingMessage[], http.IncomingMessage[]] = [[], []];
    const port = await startApp("127.0.0.1", accepting("us-east-1", first));
    await startApp("127.0.0.2", accepting("us-west-2", second), port);
    let nowMs = 0;
    let address = "127.0.0.1";
    const name = cachedName({
      hostname,
      lookup: async () => [{ address, ttl: 1 }],
      clock: () => nowMs,
    });
    const lines: RequestLine[] = [];
    const user = createUser({ ...userProps(port), name, record: (line) => lines.push(line) });
    await user.perform("user", 1);
    address = "127.0.0.2";
    await user.perform("user", 2);
    nowMs = 1_000;
    await user.perform("user", 3);
    // The idle connection to the old address is given up, not kept for later.
    while (first[0]?.socket.destroyed === false) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    user.close();
    expect(lines.map((line) => line.region)).toEqual(["us-east-1", "us-east-1", "us-west-2"]);
    expect([first.length, second.length]).toEqual([2, 1]);
  });

  test("never repeats a request that broke", async () => {
    let requests = 0;
    const port = await startApp("127.0.0.1", (request) => {
      requests += 1;
      request.socket.destroy();
    });
    const [line] = await perform(port, [["user", 1]]);
    expect(requests).toBe(1);
    expect(line).toMatchObject({ outcome: "unknown", error: "ECONNRESET", status: null });
  });

  test("does not know what became of a request that nobody answered", async () => {
    const port = await startApp("127.0.0.1", () => undefined);
    const [line] = await perform(port, [["user", 1]]);
    expect(line).toMatchObject({ outcome: "unknown", error: "timeout-answering" });
  });

  test("knows that nothing was stored where nobody listens, or where DNS is silent", async () => {
    const port = await startApp("127.0.0.1", accepting("us-east-1"));
    await closers.pop()?.();
    const [refused] = await perform(port, [["user", 1]]);
    expect(refused).toMatchObject({ outcome: "failed", error: "ECONNREFUSED" });
    const name = { address: () => Promise.reject(new Error("ETIMEOUT")) };
    const [nameless] = await perform(port, [["user", 1]], name);
    expect(nameless).toMatchObject({ outcome: "failed", error: "dns-ETIMEOUT", region: null });
  });

  test("points at an object only once that was acknowledged, and not with every order", async () => {
    const bodies: string[] = [];
    let serving = false;
    const port = await startApp("127.0.0.1", (request, response) => {
      let body = "";
      request.on("data", (part: Buffer) => (body += part.toString()));
      request.on("end", () => {
        if (request.url === "/orders") bodies.push(body);
        if (serving) accepting("us-east-1")(request, response);
        else response.writeHead(503).end("{}");
      });
    });
    const before = await perform(port, [
      ["object", 1],
      ["user", 5],
    ]);
    serving = true;
    const after = await perform(port, [
      ["object", 2],
      ["user", 9],
      ["user", 10],
    ]);
    expect(before[1]).not.toHaveProperty("attachment");
    expect(after.map((line) => line.attachment ?? null)).toEqual([null, null, "object-7-2"]);
    expect(bodies.map((body) => JSON.parse(body) as object)).toEqual([
      orderOf(7, 5),
      orderOf(7, 9),
      { ...orderOf(7, 10), attachment: "object-7-2" },
    ]);
  });

  test("takes a service without objects as it is", async () => {
    const port = await startApp("127.0.0.1", (_request, response) => {
      response.writeHead(404).end("{}");
    });
    const lines = await perform(port, [
      ["object", 1],
      ["read", 1],
    ]);
    expect(lines.map(({ outcome, error }) => [outcome, error])).toEqual([
      ["refused", "objects-off"],
      ["failed", "http-404"],
    ]);
  });
});

describe("what an answer to a write means", () => {
  test.each([
    [answered(201, { key: "k" }), "acknowledged", null],
    [answered(200, { key: "k" }), "acknowledged", null],
    [answered(201, { key: "other" }), "unknown", "answer-without-the-key"],
    [answered(201, {}), "unknown", "answer-without-the-key"],
    [answered(503, { error: "not-serving" }), "refused", "not-serving"],
    [answered(503, { error: "outcome-unknown" }), "unknown", "outcome-unknown"],
    [answered(502, {}), "unknown", "http-502"],
    [answered(422, { error: "other-body" }), "failed", "other-body"],
    [{ connected: true, error: "ECONNRESET" }, "unknown", "ECONNRESET"],
    [{ connected: false, error: "ECONNREFUSED" }, "failed", "ECONNREFUSED"],
  ])("%j is %s", (answer, outcome, error) => {
    expect(meaningOfWrite(answer, "k")).toEqual({ outcome, error });
  });

  test("an answer that is cut off in the middle is no answer", async () => {
    const port = await startApp("127.0.0.1", (request, response) => {
      response.writeHead(201, { "content-length": 100 });
      response.write('{"key":');
      setTimeout(() => request.socket.destroy(), 20);
    });
    const agent = new http.Agent();
    const question = { host: "127.0.0.1", port, method: "GET", path: "/", headers: {} } as const;
    const answer = await ask({ ...question, agent, timeoutMs: 5_000 });
    expect(answer).toMatchObject({ connected: true });
    expect(answer).not.toHaveProperty("status");
  });
});

describe("a canary", () => {
  test("forbids forwarding, and puts refusals in a row into one line", async () => {
    let serving = false;
    const seen: http.IncomingMessage[] = [];
    const port = await startApp("127.0.0.1", (request, response) => {
      if (serving) return accepting("us-east-1", seen)(request, response);
      seen.push(request);
      response.writeHead(503).end(JSON.stringify({ error: "not-serving" }));
    });
    const lines: (RequestLine | RefusalsLine)[] = [];
    const canary = createCanary({
      lab: labOf(port),
      region: "us-east-1",
      seed: 7,
      clock: () => 5,
      timeoutMs: 5_000,
      record: (line) => lines.push(line),
    });
    for (const seq of [1, 2, 3]) await canary.perform(seq);
    serving = true;
    await canary.perform(4);
    serving = false;
    await canary.perform(5);
    canary.close();
    expect(seen.every((request) => request.headers["x-switchback-forward"] === "never")).toBe(true);
    expect(lines).toMatchObject([
      { kind: "refusals", region: "us-east-1", firstSeq: 1, lastSeq: 3 },
      { kind: "canary", key: "canary-7-us-east-1-4", outcome: "acknowledged" },
      { kind: "refusals", firstSeq: 5, lastSeq: 5 },
    ]);
  });
});
