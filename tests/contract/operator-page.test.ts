//! Goal: the operator's page lets everybody look and only whoever has the token act, and says what is
//! wrong with a call. Method: the production page and entrances on loopback, over regions in memory.

import http from "node:http";
import { entrances } from "../../operator/entrances.ts";
import { type Page, type PageProps, startPage } from "../../operator/page.ts";
import { plansOf, itemOf } from "../fakes/people.ts";
import { TwoRegions } from "../fakes/two-regions.ts";

const token = "s3cret-token";
let earth: TwoRegions;
let page: Page;
let gate: ReturnType<PageProps["gate"]>;
let ready: ReturnType<PageProps["ready"]>;
let currentToken: string;
const said: string[] = [];

beforeEach(async () => {
  earth = await new TwoRegions().begin();
  gate = { open: true, because: "this region may write" };
  ready = { ready: true, because: "all answer" };
  currentToken = token;
  said.length = 0;
  page = await startPage({ ...pageProps(), posts: posts() });
});
afterEach(async () => {
  await page.close();
  earth.assertOneWriter();
});

function pageProps(): Omit<PageProps, "posts"> {
  return {
    host: "127.0.0.1",
    port: 0,
    token: () => currentToken,
    ready: () => ready,
    gate: () => gate,
    status: () => ({ region: earth.standby.name }),
    journal: async () => earth.entries,
    metrics: async () => "switchback_epoch 1\n",
    metricsType: "text/plain; version=0.0.4",
  };
}

/** The page of the standby; what runs in the other region it learns from the journal. */
function posts() {
  const { board, operator, voucher } = earth.standby.process;
  return entrances({
    board,
    voucher,
    journal: operator.journal,
    database: earth.standby.database,
    situation: () => ({
      region: earth.standby.name,
      topology: earth.topology,
      verdict: earth.standby.verdict.kind,
      preflight: operator.ports.preflight(),
      atMs: 1,
    }),
    onOrder: (says) => said.push(says),
  });
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  readonly body: () => Record<string, unknown>;
}

function call(
  method: string,
  path: string,
  given: { readonly body?: string; readonly headers?: http.OutgoingHttpHeaders } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port: page.port, method, path, headers: given.headers };
    const request = http.request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        const body = () => JSON.parse(text) as Record<string, unknown>;
        const type = response.headers["content-type"] ?? "";
        resolve({ status: response.statusCode ?? 0, type, text, body });
      });
    });
    request.on("error", reject);
    request.end(given.body);
  });
}

const broken = () => Promise.reject(new Error("out of memory"));

const authorization = `Bearer ${token}`;
const order = (given: unknown, headers: http.OutgoingHttpHeaders = { authorization }) =>
  call("POST", "/command", { body: JSON.stringify(given), headers });

test.each([
  ["/healthz", "text/plain", /^ok/],
  ["/readyz", "text/plain", /^all answer/],
  ["/gate", "text/plain", /^this region may write/],
  ["/metrics", "text/plain; version=0.0.4", /^switchback_epoch 1/],
  ["/status", "application/json", /us-west-2/],
  ["/status?pretty", "application/json", /us-west-2/],
  ["/journal", "application/json", /^\[\]/],
])("everybody may look at %s", async (path, type, text) => {
  const answer = await call("GET", path);
  expect(answer).toMatchObject({ status: 200, type });
  expect(answer.text).toMatch(text);
  expect(await call("HEAD", path)).toMatchObject({ status: 200, type, text: "" });
});

test("a closed gate and a page that is not ready say why with 503", async () => {
  gate = { open: false, because: "another region holds the lease" };
  ready = { ready: false, because: "the arbiter has not answered" };
  expect(await call("GET", "/gate")).toMatchObject({ status: 503, text: `${gate.because}\n` });
  expect(await call("GET", "/readyz")).toMatchObject({ status: 503, text: `${ready.because}\n` });
});

test("a path that is not there lists those that are", async () => {
  const answer = await call("GET", "/nowhere");
  expect(answer.status).toBe(404);
  expect(answer.body()).toMatchObject({
    error: "not-found",
    paths: expect.arrayContaining(["/status", "/gate"]) as unknown,
    posts: ["/command", "/peer/renewal"],
  });
});

test.each([
  ["GET", "/command", ["POST"]],
  ["DELETE", "/peer/renewal", ["POST"]],
  ["POST", "/status", ["GET", "HEAD"]],
  ["PUT", "/gate", ["GET", "HEAD"]],
])("%s %s is no way to call it", async (method, path, allowed) => {
  const answer = await call(method, path, { headers: { authorization } });
  expect(answer.status).toBe(405);
  expect(answer.body()).toEqual({ error: "method-not-allowed", allowed });
});

test.each<readonly [string, http.OutgoingHttpHeaders]>([
  ["no token", {}],
  ["another token", { authorization: "Bearer other" }],
  ["the beginning of it", { authorization: authorization.slice(0, -1) }],
  ["more than it", { authorization: `${authorization}x` }],
  ["it without Bearer", { authorization: token }],
  ["an empty one", { authorization: "Bearer " }],
])("with %s nothing is ordered and nothing vouched for", async (_what, headers) => {
  expect(await order({ kind: "switchover" }, headers)).toMatchObject({ status: 401 });
  const body = JSON.stringify({ held: itemOf(earth), word: itemOf(earth).word });
  const before = itemOf(earth);
  expect(await call("POST", "/peer/renewal", { body, headers })).toMatchObject({ status: 401 });
  expect(itemOf(earth)).toEqual(before);
});

test("a token that was renewed in place counts at once", async () => {
  currentToken = "another";
  expect(await order({ kind: "protect" })).toMatchObject({ status: 401 });
  expect(
    await order({ kind: "pause", because: "x" }, { authorization: "Bearer another" }),
  ).toMatchObject({ status: 202 });
});

test.each([
  ["not JSON", "{kind: switchover}", "not-json"],
  ["nothing", "", "not-json"],
  ["no order", JSON.stringify({ kind: "explode" }), "not-an-order"],
  ["an order with too much", JSON.stringify({ kind: "protect", force: true }), "not-an-order"],
])("%s is refused with what is wrong", async (_what, body, error) => {
  const answer = await call("POST", "/command", { body, headers: { authorization } });
  expect(answer.status).toBe(400);
  expect(answer.body()).toMatchObject({ error });
  expect((answer.body()["problems"] as string[]).length).toBeGreaterThan(0);
});

test.each([64 * 1024 + 1, 3_000_000])(
  "a body of %i bytes is too long, and said so",
  async (bytes) => {
    const body = `"${"x".repeat(bytes - 2)}"`;
    const answer = await call("POST", "/command", { body, headers: { authorization } });
    expect(answer.status).toBe(413);
    expect(answer.body()).toEqual({ error: "too-long", bytesMax: 65_536 });
    expect(await call("GET", "/healthz")).toMatchObject({ status: 200 });
  },
);

test("an order is written where both operators see it, and what it means is answered", async () => {
  const answer = await order({ kind: "switchover" });
  expect(answer.status).toBe(202);
  const { control } = itemOf(earth);
  expect(control.command).toMatchObject({ kind: "switchover", to: earth.standby.name });
  expect(answer.body()).toEqual({ accepted: true, says: said[0], control });
  await earth.until("it is begun", () => plansOf(earth).includes("switchover-2"));
});

test("an order that cannot be is refused with every reason", async () => {
  await order({ kind: "pause", because: "release night" });
  const answer = await order({ kind: "switchover", to: earth.active.name });
  expect(answer.status).toBe(409);
  const { error, problems } = answer.body();
  expect(error).toBe("refused");
  expect(problems).toEqual([
    expect.stringContaining("release night"),
    expect.stringContaining("holds the lease already"),
  ]);
  expect(said).toHaveLength(1);
});

test("an order is judged by what runs now, also in the other region, which this one has not heard of", async () => {
  earth.standby.isUp = false;
  await order({ kind: "protect" });
  earth.active.process.operator.ports.rebuild.state = async () =>
    ({
      ok: true,
      value: { kind: "primary", status: "available", followsThisRegion: false },
    }) as const;
  await earth.until("the other one begins", () => plansOf(earth).includes("protect-1"));
  const refusal = await order({ kind: "switchover" });
  expect(refusal.body()["problems"]).toContainEqual("plan protect-1 is running");
  // Not merely taken off the list, while the plan goes on.
  expect(await order({ kind: "abort" })).toMatchObject({ status: 202 });
  expect(itemOf(earth).control).toMatchObject({ abort: "protect-1", command: { kind: "protect" } });
  earth.standby.isUp = true;
});

test.each(["read", "journal.read", "instruct"] as const)(
  "an order that the arbiter does not answer (%s) may be tried again",
  async (name) => {
    earth.standby.wires.arbiter.failBefore(name);
    expect(await order({ kind: "pause", because: "x" })).toMatchObject({ status: 503 });
    expect(said).toEqual([]);
    expect(await order({ kind: "pause", because: "x" })).toMatchObject({ status: 202 });
  },
);

test("what breaks inside is answered with 500, and the page lives on", async () => {
  await page.close();
  page = await startPage({ ...pageProps(), posts: { "/command": broken }, metrics: broken });
  expect(await call("GET", "/metrics")).toMatchObject({ status: 500 });
  expect(await order({})).toMatchObject({ status: 500 });
  expect(await call("GET", "/healthz")).toMatchObject({ status: 200 });
});
