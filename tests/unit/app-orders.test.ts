//! Goal: what the service says about an order is true, whatever happens while it is written.
//! Method: the real HTTP service over a ledger and a lease in memory that a test steers.

import { Stage, here, lapsedHere, servingHere, standbyHere, there } from "./app-fakes.ts";

const tea = { item: "tea", quantity: 2 };

const stages: Stage[] = [];

function open(...props: ConstructorParameters<typeof Stage>): Promise<Stage> {
  const stage = new Stage(...props);
  stages.push(stage);
  return stage.open();
}

afterEach(async () => {
  await Promise.all(stages.splice(0).map((stage) => stage.close()));
});

describe("an order", () => {
  test("is accepted with region and epoch of the lease that covered it", async () => {
    const stage = await open(servingHere);
    const answer = await stage.order("key-1", tea);
    expect(answer.status).toBe(201);
    expect(await answer.json()).toEqual({
      ...tea,
      key: "key-1",
      id: 1,
      region: here,
      epoch: 7,
      acceptedAt: "1970-01-01T00:00:00.000Z",
      attachment: null,
    });
    expect(answer.headers.get("x-switchback-region")).toBe(here);
    expect(answer.headers.get("x-switchback-epoch")).toBe("7");
  });

  test("that is repeated is answered 200 with the stored row, and stored once", async () => {
    const stage = await open(servingHere);
    const first = await (await stage.order("key-1", tea)).json();
    const again = await stage.order("key-1", tea);
    expect(again.status).toBe(200);
    expect(await again.json()).toEqual(first);
    const { orders } = (await (await stage.fetch("/orders")).json()) as { orders: unknown[] };
    expect(orders).toHaveLength(1);
  });

  test("with a used key and another content is refused with 422", async () => {
    const stage = await open(servingHere);
    await stage.order("key-1", tea);
    const answer = await stage.order("key-1", { ...tea, quantity: 3 });
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({ error: "key-reused", key: "key-1" });
  });

  test("that is wrong in several ways hears of all of them", async () => {
    const stage = await open(servingHere);
    const answer = await stage.order("not a key", { item: "", quantity: 0.5 });
    expect(answer.status).toBe(400);
    const { error, problems } = (await answer.json()) as { error: string; problems: string[] };
    expect(error).toBe("invalid");
    expect(problems.map((problem) => problem.split(":")[0])).toEqual([
      "Idempotency-Key",
      "item",
      "quantity",
    ]);
    expect(stage.ledger.appends).toBe(0);
  });

  test.each([
    ["{", "body"],
    ["[]", "body"],
    ["null", "body"],
    ['{"item":"a\\u0000b","quantity":1}', "item"],
    ['{"item":"\\ud800","quantity":1}', "item"],
    ['{"item":"tea","quantity":"1"}', "quantity"],
    ['{"item":"tea","quantity":1001}', "quantity"],
    ['{"item":"tea","quantity":1,"attachment":""}', "attachment"],
    ['{"item":"tea","quantity":1,"attachment":"a/b"}', "attachment"],
    ['{"item":"tea","quantity":1,"attachment":".."}', "attachment"],
    ['{"item":"tea","quantity":1,"attachment":7}', "attachment"],
  ])("with the body %s is refused because of its %s", async (body, what) => {
    const stage = await open(servingHere);
    const answer = await stage.order("key-1", body);
    expect(answer.status).toBe(400);
    const { problems } = (await answer.json()) as { problems: string[] };
    expect(problems.join()).toMatch(new RegExp(`^${what}:`));
  });

  test("may name an item of 200 characters and not of 201", async () => {
    const stage = await open(servingHere);
    const longest = { item: "x".repeat(200), quantity: 1 };
    expect((await stage.order("key-1", longest)).status).toBe(201);
    const longer = { ...longest, item: `${longest.item}x` };
    expect((await stage.order("key-2", longer)).status).toBe(400);
  });

  test("may name an object that goes with it, and is another order without it", async () => {
    const stage = await open(servingHere);
    const attached = { ...tea, attachment: "receipt-1.pdf" };
    expect(await (await stage.order("key-1", attached)).json()).toMatchObject(attached);
    expect((await stage.order("key-1", attached)).status).toBe(200);
    expect((await stage.order("key-1", tea)).status).toBe(422);
    const page = await stage.fetch("/", { headers: { accept: "text/html" } });
    expect(await page.text()).toContain('<a href="/objects/receipt-1.pdf">receipt-1.pdf</a>');
  });

  test("without an attachment may say so, or say nothing", async () => {
    const stage = await open(servingHere);
    expect((await stage.order("key-1", { ...tea, attachment: null })).status).toBe(201);
    expect((await stage.order("key-1", tea)).status).toBe(200);
  });

  test("larger than 64 kB is refused with 413", async () => {
    const stage = await open(servingHere);
    const answer = await stage.order("key-1", { item: "x".repeat(70_000), quantity: 1 });
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ error: "too-large" });
  });
});

describe("the acknowledgement deadline", () => {
  test("a slow write is acknowledged when a fresh look finds the same lease live", async () => {
    const stage = await open(servingHere);
    stage.ledger.onAppend = () => stage.clock.advance(251);
    expect((await stage.order("key-1", tea)).status).toBe(201);
    expect(stage.leases.looks).toBe(1);
  });

  test("a write in time needs no look", async () => {
    const stage = await open(servingHere);
    stage.ledger.onAppend = () => stage.clock.advance(250);
    expect((await stage.order("key-1", tea)).status).toBe(201);
    expect(stage.leases.looks).toBe(0);
  });

  test.each([
    ["the lease is not live any more", lapsedHere],
    ["the epoch is another one", { ...servingHere, epoch: 8 }],
    ["the database is another one", { ...servingHere, instance: "started later/00000002" }],
    ["the database does not answer", { role: "unknown", because: "x", databaseAnswers: false }],
  ] as const)("a slow write is outcome-unknown when %s", async (_why, next) => {
    const stage = await open(servingHere);
    stage.leases.next = next;
    stage.ledger.onAppend = () => stage.clock.advance(251);
    const answer = await stage.order("key-1", tea);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ error: "outcome-unknown", key: "key-1" });
    expect(answer.headers.get("retry-after")).not.toBeNull();
    expect(await stage.metric("switchback_app_outcome_unknown_total")).toBe(1);
  });

  test("a look that itself outlasts the lease it saw proves nothing", async () => {
    const stage = await open({ ...servingHere, remainingMs: 400 } as typeof servingHere);
    stage.ledger.onAppend = () => stage.clock.advance(251);
    stage.leases.onLook = () => stage.clock.advance(400);
    const answer = await stage.order("key-1", tea);
    expect(await answer.json()).toMatchObject({ error: "outcome-unknown" });
  });

  test("a repeated order obeys it as well", async () => {
    const stage = await open(servingHere);
    await stage.order("key-1", tea);
    stage.leases.next = lapsedHere;
    stage.ledger.onAppend = () => stage.clock.advance(251);
    const answer = await stage.order("key-1", tea);
    expect(await answer.json()).toMatchObject({ error: "outcome-unknown", key: "key-1" });
  });
});

describe("an order that the database does not take", () => {
  test("is handed to the peer when a fresh look says that this region does not serve", async () => {
    const stage = await open(servingHere);
    stage.peer.answers(201, { key: "key-1", region: there });
    stage.ledger.failsWith = { kind: "not-serving", because: "no live lease" };
    stage.leases.next = lapsedHere;
    const answer = await stage.order("key-1", tea);
    expect(answer.status).toBe(201);
    expect(answer.headers.get("x-switchback-region")).toBe(there);
    expect(stage.peer.requests).toHaveLength(1);
  });

  test("is refused when the fresh look still finds the lease live", async () => {
    const stage = await open(servingHere);
    stage.ledger.failsWith = { kind: "not-serving", because: "no live lease" };
    const answer = await stage.order("key-1", tea);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ error: "not-serving" });
    expect(stage.peer.requests).toHaveLength(0);
  });

  test("is outcome-unknown when its answer got lost, and goes nowhere else", async () => {
    const stage = await open(servingHere);
    stage.peer.answers(201, { key: "key-1" });
    stage.leases.next = standbyHere;
    stage.ledger.failsWith = { kind: "outcome-unknown", because: "connection lost" };
    const answer = await stage.order("key-1", tea);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ error: "outcome-unknown", key: "key-1" });
    expect(stage.ledger.appends).toBe(1);
    expect(stage.peer.requests).toHaveLength(0);
  });
});

describe("while this region does not serve", () => {
  test("an order goes to the peer untouched, and the answer is the peer's", async () => {
    const stage = await open(standbyHere);
    stage.peer.answers(201, { key: "key-1", region: there });
    const answer = await stage.order("key-1", '{"item": "tea", "quantity": 2}');
    expect(answer.status).toBe(201);
    expect(await answer.json()).toEqual({ key: "key-1", region: there });
    expect(answer.headers.get("x-switchback-region")).toBe(there);
    expect(answer.headers.get("x-switchback-epoch")).toBe("8");
    expect(answer.headers.get("x-switchback-role")).toBeNull();
    expect(answer.headers.get("x-switchback-forwarded-by")).toBe(here);
    const [request] = stage.peer.requests;
    expect(request?.body.toString()).toBe('{"item": "tea", "quantity": 2}');
    expect(request?.path).toBe("/orders");
    expect(stage.ledger.appends).toBe(0);
  });

  test.each([
    ["the user forbids it", { "x-switchback-forward": "never" }],
    ["it was forwarded before", { "x-switchback-hops": "1" }],
    ["its hop header makes no sense", { "x-switchback-hops": "-1" }],
  ] as const)("an order is refused, not forwarded, when %s", async (_why, headers) => {
    const stage = await open(standbyHere);
    const answer = await stage.order("key-1", tea, headers);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ error: "not-serving" });
    expect(answer.headers.get("x-switchback-region")).toBe(here);
    expect(stage.peer.requests).toHaveLength(0);
  });

  test("an order is refused when no peer is configured", async () => {
    const stage = await open(standbyHere, { peer: "none" });
    expect(await (await stage.order("key-1", tea)).json()).toMatchObject({ error: "not-serving" });
  });

  test("an order that never reached the peer is refused", async () => {
    const stage = await open(standbyHere);
    const answer = await stage.order("key-1", tea);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ error: "not-serving" });
    expect(answer.headers.get("retry-after")).toBe("1");
  });

  test("an order that may have reached the peer is outcome-unknown", async () => {
    const stage = await open(standbyHere);
    stage.peer.answer = { kind: "outcome-unknown", because: "no answer within 3000 ms" };
    const answer = await stage.order("key-1", tea);
    expect(await answer.json()).toMatchObject({ error: "outcome-unknown", key: "key-1" });
  });

  test("a read that got no answer is not called a write of unknown outcome", async () => {
    const stage = await open(standbyHere);
    stage.peer.answer = { kind: "outcome-unknown", because: "no answer within 3000 ms" };
    const answer = await stage.fetch("/orders");
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ error: "not-serving" });
  });

  test("a read that must not be forwarded sees this region's copy, and whose it is", async () => {
    const stage = await open(standbyHere);
    const answer = await stage.fetch("/orders", { headers: { "x-switchback-forward": "never" } });
    expect(await answer.json()).toEqual({ orders: [], next: null });
    expect(answer.headers.get("x-switchback-role")).toBe("standby");
    expect(stage.peer.requests).toHaveLength(0);
  });
});

describe("reading orders", () => {
  test("goes page by page, and the last page has no next", async () => {
    const stage = await open(servingHere);
    for (let n = 1; n <= 5; n += 1)
      await stage.order(`key-${n}`, { item: `tea ${n}`, quantity: n });
    const seen: unknown[] = [];
    let after: number | null = 0;
    while (after !== null) {
      const answer = await stage.fetch(`/orders?after=${after}&limit=2`);
      const page = (await answer.json()) as { orders: { key: string }[]; next: number | null };
      seen.push(page.orders.map(({ key }) => key));
      after = page.next;
    }
    expect(seen).toEqual([["key-1", "key-2"], ["key-3", "key-4"], ["key-5"]]);
  });

  test.each(["limit=0", "limit=201", "limit=x", "after=-1", "after=9007199254740993"])(
    "refuses the query %s",
    async (query) => {
      const stage = await open(servingHere);
      const answer = await stage.fetch(`/orders?${query}`);
      expect(answer.status).toBe(400);
    },
  );

  test("finds one by its key, answers 404 for another and 400 for what is no key", async () => {
    const stage = await open(servingHere);
    await stage.order("key-1", tea);
    expect(await (await stage.fetch("/orders/key-1")).json()).toMatchObject({ id: 1, ...tea });
    expect((await stage.fetch("/orders/key-2")).status).toBe(404);
    expect((await stage.fetch("/orders/a%20b")).status).toBe(400);
  });

  test("goes to the peer when the database fails and this region turns out not to serve", async () => {
    const stage = await open(servingHere);
    stage.ledger.readsFailWith = "connection lost";
    stage.leases.next = { role: "unknown", because: "no answer", databaseAnswers: false };
    stage.peer.answers(200, { orders: [], next: null });
    const answer = await stage.fetch("/orders");
    expect(answer.headers.get("x-switchback-region")).toBe(there);
  });
});

test("every end of a write is counted by its outcome, and starts at zero", async () => {
  const stage = await open(servingHere);
  const total = "switchback_app_writes_total";
  expect(await stage.metric(total, { kind: "order", outcome: "conflicting" })).toBe(0);
  await stage.order("key-1", tea);
  await stage.order("key-1", tea);
  await stage.order("key-1", { ...tea, quantity: 9 });
  await stage.order("key-2", "{");
  stage.leases.state = standbyHere;
  stage.peer.answers(201, {});
  await stage.order("key-3", tea);
  for (const outcome of ["accepted", "repeated", "conflicting", "invalid", "forwarded"]) {
    const labels = { kind: "order", outcome };
    expect([outcome, await stage.metric(total, labels)]).toEqual([outcome, 1]);
  }
  expect(await stage.metric("switchback_app_forwarded_total", { outcome: "answered" })).toBe(1);
});
