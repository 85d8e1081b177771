//! Goal: people, health checkers, load balancers and Prometheus each get the right word about this
//! region, and the page shows nothing that a user could have made into markup.
//! Method: the real HTTP service over a world in memory.

import { Stage, here, servingHere, standbyHere, there } from "./app-fakes.ts";

const serving = "/.well-known/switchback/serving";
const silent = { role: "unknown", because: "no answer", databaseAnswers: false } as const;

const stages: Stage[] = [];

function open(...props: ConstructorParameters<typeof Stage>): Promise<Stage> {
  const stage = new Stage(...props);
  stages.push(stage);
  return stage.open();
}

afterEach(async () => {
  await Promise.all(stages.splice(0).map((stage) => stage.close()));
});

describe("the health checkers' path", () => {
  test("answers 200 under a live lease", async () => {
    const answer = await (await open(servingHere)).fetch(serving);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ serving: true, region: here, epoch: 7 });
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });

  test.each([standbyHere, silent])("answers 503 and why otherwise", async (state) => {
    const stage = await open(state);
    const answer = await stage.fetch(serving);
    expect(answer.status).toBe(503);
    const because = "because" in state ? state.because : "";
    expect(await answer.json()).toEqual({ serving: false, region: here, because });
    expect(stage.peer.requests).toHaveLength(0);
  });
});

test("/healthz asks nobody; /readyz is about the database, not about the lease", async () => {
  const stage = await open(silent);
  expect((await stage.fetch("/healthz")).status).toBe(200);
  expect((await stage.fetch("/readyz")).status).toBe(503);
  stage.leases.state = { ...silent, databaseAnswers: true };
  expect((await stage.fetch("/readyz")).status).toBe(200);
  stage.leases.state = standbyHere;
  expect((await stage.fetch("/readyz")).status).toBe(200);
});

test("/region says region, role and epoch, and stamps them on the answer", async () => {
  const stage = await open(standbyHere);
  const answer = await stage.fetch("/region");
  expect(await answer.json()).toEqual({ region: here, role: "standby", epoch: 7 });
  expect(answer.headers.get("x-switchback-role")).toBe("standby");
  stage.leases.state = silent;
  const unknown = await stage.fetch("/region");
  expect(await unknown.json()).toEqual({ region: here, role: "unknown", epoch: null });
  expect(unknown.headers.get("x-switchback-epoch")).toBeNull();
});

test("/ answers programs in JSON, without asking the peer", async () => {
  const stage = await open(standbyHere);
  const answer = await stage.fetch("/", { headers: { accept: "application/json" } });
  expect(await answer.json()).toMatchObject({
    region: here,
    role: "standby",
    epoch: 7,
    replicationLagMs: 42,
    build: "test-1",
    ledger: { count: 0 },
  });
  expect(stage.peer.requests).toHaveLength(0);
});

describe("the page", () => {
  const html = { headers: { accept: "text/html" } };

  test("shows this region, its role, epoch and build, and the peer with its lag", async () => {
    const stage = await open(servingHere);
    stage.peer.answers(200, {
      region: there,
      role: "standby",
      because: "the database is a replica",
      epoch: 7,
      replicationLagMs: 1_500,
      build: "test-1",
    });
    const answer = await stage.fetch("/", html);
    expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
    const text = await answer.text();
    for (const word of [here, there, "Serving", "Standby", "1.5 s", "test-1"]) {
      expect(text).toContain(word);
    }
    const [request] = stage.peer.requests;
    expect(request?.headers["x-switchback-forward"]).toBe("never");
  });

  test("speaks Korean to those who ask for it, by browser or by link", async () => {
    const stage = await open(standbyHere);
    const byBrowser = await stage.fetch("/", {
      headers: { accept: "text/html", "accept-language": "ko-KR,ko;q=0.9,en;q=0.5" },
    });
    const text = await byBrowser.text();
    expect(text).toContain('<html lang="ko">');
    expect(text).toContain("대기");
    expect(await (await stage.fetch("/?lang=ko", html)).text()).toContain('<html lang="ko">');
    expect(await (await stage.fetch("/?lang=xx", html)).text()).toContain('<html lang="en">');
  });

  test("escapes whatever users or the peer bring in", async () => {
    const stage = await open(servingHere);
    const evil = `<script>alert("1")</script>'&`;
    await stage.order("key-1", { item: evil, quantity: 1 });
    stage.peer.answers(200, { region: evil, role: "serving", build: evil });
    const text = await (await stage.fetch("/", html)).text();
    expect(text).not.toContain("<script>alert");
    const escaped = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;";
    expect(text.split(escaped)).toHaveLength(3);
  });

  test("lets only its own style and script run, by a nonce that is never the same", async () => {
    const stage = await open(servingHere);
    const nonces = new Set<string>();
    for (let n = 0; n < 2; n += 1) {
      const answer = await stage.fetch("/", html);
      const policy = answer.headers.get("content-security-policy") ?? "";
      const nonce = /script-src 'nonce-([^']+)'/.exec(policy)?.[1] ?? "";
      nonces.add(nonce);
      expect(policy).toContain("default-src 'none'");
      expect(await answer.text()).toContain(`<script nonce="${nonce}">`);
    }
    expect(nonces.size).toBe(2);
  });

  test("does without a peer, without its answer and without the ledger", async () => {
    const alone = await open(silent, { peer: "none" });
    alone.ledger.readsFailWith = "connection lost";
    expect(await (await alone.fetch("/", html)).text()).toContain("No other region");
    const stage = await open(servingHere);
    expect(await (await stage.fetch("/", html)).text()).toContain("No answer from here");
  });

  test("asks the peer once for many readers", async () => {
    const stage = await open(servingHere);
    await Promise.all([1, 2, 3].map(() => stage.fetch("/", html)));
    expect(stage.peer.requests).toHaveLength(1);
    stage.clock.advance(2_000);
    await stage.fetch("/", html);
    expect(stage.peer.requests).toHaveLength(2);
  });
});

test("what does not exist is 404, what is not possible there is 405 with what is", async () => {
  const stage = await open(servingHere);
  const missing = await stage.fetch("/nowhere");
  expect(missing.status).toBe(404);
  expect(await missing.json()).toMatchObject({ error: "not-found" });
  const wrong = await stage.fetch("/orders", { method: "DELETE" });
  expect(wrong.status).toBe(405);
  expect(wrong.headers.get("allow")).toBe("GET, HEAD, POST");
  expect(await wrong.json()).toMatchObject({ error: "method-not-allowed" });
  expect((await stage.fetch("/orders/%E0%A4%A")).status).toBe(400);
});

test("a failure of our own is 500 in JSON and tells nothing of the inside", async () => {
  const stage = await open(servingHere);
  stage.ledger.onAppend = () => {
    throw new Error("password is hunter2");
  };
  const answer = await stage.order("key-1", { item: "tea", quantity: 1 });
  expect(answer.status).toBe(500);
  const text = await answer.text();
  expect(JSON.parse(text)).toMatchObject({ error: "internal" });
  expect(text).not.toContain("hunter2");
});

test("every answer carries the security headers and no name of the framework", async () => {
  const { headers } = await (await open(servingHere)).fetch("/region");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(headers.get("x-frame-options")).toBe("DENY");
  expect(headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(headers.get("x-powered-by")).toBeNull();
});

test("requests are measured by route, never by what users write into the path", async () => {
  const stage = await open(servingHere);
  await stage.fetch("/orders/key-that-nobody-made");
  await stage.fetch("/nowhere/at/all");
  const text = await (await stage.fetch("/metrics")).text();
  expect(text).not.toContain("key-that-nobody-made");
  expect(text).not.toContain("nowhere");
  const labels = { route: "/orders/:key", method: "GET", status: "404" };
  expect(await stage.metric("http_request_duration_seconds_count", labels)).toBe(1);
  expect(text).toContain(`region="${here}"`);
});
