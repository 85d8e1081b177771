//! Goal: while the lease changes hands on purpose nobody hears of it; what may have changed something
//! is never tried again; an ordinary outage is told at once; and no more is held than may be.
//! Method: the real HTTP service, with a wait that moves the clock and lets the test act.

import {
  Stage,
  closedHere,
  here,
  lapsedHere,
  servingHere,
  standbyHere,
  there,
} from "./app-fakes.ts";

const tea = { item: "tea", quantity: 2 };
const announced = { "x-switchback-handover": "under-way" };
const refusal = { error: "not-serving", message: "the database is a replica" };
const accepted = { key: "key-1", region: there };

const stages: Stage[] = [];

function open(...props: ConstructorParameters<typeof Stage>): Promise<Stage> {
  const stage = new Stage(...props);
  stages.push(stage);
  return stage.open();
}

afterEach(async () => {
  await Promise.all(stages.splice(0).map((stage) => stage.close()));
});

const pause = () => new Promise((resolve) => setTimeout(resolve, 5));

const parked = "switchback_app_parked_total";

describe("during a handover", () => {
  test("an order waits until the other region takes it, and is then stored there once", async () => {
    const stage = await open(closedHere);
    stage.peer.answers(503, refusal, announced);
    stage.onWait = (waits) => {
      if (waits === 3) stage.peer.answers(201, accepted);
    };
    const answer = await stage.order("key-1", tea);
    expect(answer.status).toBe(201);
    expect(await answer.json()).toEqual(accepted);
    expect(answer.headers.get("x-switchback-region")).toBe(there);
    expect(answer.headers.get("x-switchback-handover")).toBeNull();
    expect(stage.peer.requests).toHaveLength(4);
    expect(stage.ledger.appends).toBe(0);
    expect(await stage.metric(parked, { outcome: "served" })).toBe(1);
    expect(await stage.metric("switchback_app_parked")).toBe(0);
    expect(await stage.metric("switchback_app_parked_seconds_sum")).toBeCloseTo(0.12);
    const total = { kind: "order", outcome: "forwarded" };
    expect(await stage.metric("switchback_app_writes_total", total)).toBe(1);
  });

  test("an order waits until this region itself serves", async () => {
    const stage = await open({ ...standbyHere, handover: true } as typeof standbyHere);
    stage.peer.answers(503, refusal);
    stage.onWait = () => (stage.leases.state = servingHere);
    stage.ledger.lease = { ...stage.ledger.lease, live: true };
    const answer = await stage.order("key-1", tea);
    expect(answer.status).toBe(201);
    expect(answer.headers.get("x-switchback-region")).toBe(here);
    expect(answer.headers.get("x-switchback-role")).toBe("serving");
    expect(stage.ledger.appends).toBe(1);
  });

  test("the word of the peer is enough, for a replica that has not heard of it yet", async () => {
    const stage = await open(standbyHere);
    stage.peer.answers(503, refusal, announced);
    stage.onWait = () => stage.peer.answers(201, accepted);
    expect((await stage.order("key-1", tea)).status).toBe(201);
  });

  test("an order that the closing refused at its commit waits like any other", async () => {
    const stage = await open(servingHere);
    stage.ledger.failsWith = { kind: "not-serving", because: "no live write lease" };
    stage.leases.next = closedHere;
    stage.peer.answers(503, refusal);
    stage.onWait = () => stage.peer.answers(201, accepted);
    expect((await stage.order("key-1", tea)).status).toBe(201);
    expect(stage.ledger.appends).toBe(1);
  });

  test("a lease that opens and closes under an order that waits does not end its wait", async () => {
    const stage = await open(closedHere);
    stage.peer.answers(503, refusal);
    stage.onWait = (waits) => {
      stage.leases.state = waits === 1 ? servingHere : closedHere;
      if (waits === 2) stage.peer.answers(201, accepted);
    };
    expect((await stage.order("key-1", tea)).status).toBe(201);
    expect(stage.ledger.appends).toBe(1);
  });

  test("reads and objects wait as well", async () => {
    const stage = await open(closedHere);
    const wake = (status: number) => () => stage.peer.answers(status, {});
    stage.peer.answers(503, refusal);
    stage.onWait = wake(201);
    const put = await stage.fetch("/objects/a.png", { method: "PUT", body: "picture" });
    expect(put.status).toBe(201);
    expect(stage.peer.requests.map(({ body }) => body.toString())).toEqual(["picture", "picture"]);
    for (const path of ["/orders", "/orders/key-1", "/objects/a.png"]) {
      stage.peer.answers(503, refusal);
      stage.onWait = wake(200);
      expect((await stage.fetch(path)).status).toBe(200);
    }
    stage.peer.answer = { kind: "outcome-unknown", because: "hung up" };
    expect((await stage.fetch("/orders")).status).toBe(200);
    expect(await stage.metric(parked, { outcome: "served" })).toBe(5);
  });

  test("the wait ends: then the last refusal is told, with when to come back", async () => {
    const stage = await open(closedHere);
    stage.peer.onForward = () => stage.clock.advance(100);
    const arrivedAtMs = stage.clock.nowMs();
    const answer = await stage.order("key-1", tea);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ error: "not-serving" });
    expect(answer.headers.get("retry-after")).toBe("1");
    expect(answer.headers.get("x-switchback-handover")).toBe("under-way");
    // The last attempt began 60 ms before the end.
    expect(stage.clock.nowMs() - arrivedAtMs).toBe(3_040);
    expect(await stage.metric(parked, { outcome: "gave-up" })).toBe(1);
    const total = { kind: "order", outcome: "not-serving" };
    expect(await stage.metric("switchback_app_writes_total", total)).toBe(1);
  });

  test("who has gone away is not tried for", async () => {
    const outer = new Stage(closedHere);
    // The clock is slow, so that the departure ends the wait long before its time is up.
    const parking = outer.parking({
      pause: () => {
        outer.clock.advance(1);
        return pause();
      },
    });
    const stage = await open(closedHere, { parking, metrics: outer.metrics });
    const leaving = new AbortController();
    stage.peer.onForward = () => leaving.abort();
    const { signal } = leaving;
    const init = { method: "POST", headers: { "idempotency-key": "key-1" }, body: "{}", signal };
    await expect(stage.fetch("/orders", init)).rejects.toThrow("aborted");
    const ended = async () => (await stage.metric("switchback_app_parked_seconds_count")) > 0;
    while (!(await ended())) await pause();
    expect(await stage.metric(parked, { outcome: "left" })).toBe(1);
    expect(await stage.metric("switchback_app_parked")).toBe(0);
  });
});

describe("nothing is tried again", () => {
  test("that the peer may have carried out", async () => {
    const stage = await open(closedHere);
    stage.peer.answers(503, refusal);
    stage.onWait = () => (stage.peer.answer = { kind: "outcome-unknown", because: "hung up" });
    const answer = await stage.order("key-1", tea);
    expect(await answer.json()).toMatchObject({ error: "outcome-unknown", key: "key-1" });
    expect(stage.peer.requests).toHaveLength(2);
  });

  test.each(["outcome-unknown", "unavailable"])("that the peer answers with %s", async (error) => {
    const stage = await open(closedHere);
    stage.peer.answers(503, { error, message: "" }, announced);
    expect(await (await stage.order("key-1", tea)).json()).toMatchObject({ error });
    expect(stage.peer.requests).toHaveLength(1);
  });

  test("that this database may have stored", async () => {
    const stage = await open(servingHere);
    stage.leases.next = closedHere;
    stage.ledger.failsWith = { kind: "outcome-unknown", because: "connection lost" };
    const answer = await stage.order("key-1", tea);
    expect(await answer.json()).toMatchObject({ error: "outcome-unknown", key: "key-1" });
    expect(stage.peer.requests).toHaveLength(0);
  });

  test.each([
    ["in an ordinary outage", {}],
    ["in an ordinary outage that the other region sees as well", {}],
    ["for who forbids forwarding", { "x-switchback-forward": "never" }],
    ["for what was forwarded to here", { "x-switchback-hops": "1" }],
  ])("%s", async (why, headers) => {
    const stage = await open(why.includes("outage") ? lapsedHere : closedHere);
    if (why.includes("other")) stage.peer.answers(503, refusal);
    const answer = await stage.order("key-1", tea, headers);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ error: "not-serving" });
    expect(stage.waits).toBe(0);
  });
});

describe("the limits of what is held", () => {
  test.each([
    ["no time", { waitMs: 0 }, 0],
    ["no place", { requestsMax: 0 }, 1],
    ["no room for its body", { bytesMax: 10 }, 1],
  ])("a request that has %s is answered at once", async (_why, limits, turnedAway) => {
    const stage: Stage = new Stage(closedHere);
    const parking = stage.parking(limits);
    const strict = await open(closedHere, { parking, metrics: stage.metrics });
    const answer = await strict.order("key-1", tea);
    expect(answer.status).toBe(503);
    expect(stage.waits).toBe(0);
    expect(await strict.metric(parked, { outcome: "turned-away" })).toBe(turnedAway);
  });

  test("a place is free again when its request is answered", async () => {
    const outer = new Stage(closedHere);
    const parking = outer.parking({ requestsMax: 1 });
    const stage = await open(closedHere, { parking, metrics: outer.metrics });
    outer.onWait = () => stage.peer.answers(201, accepted);
    for (const key of ["key-1", "key-2", "key-3"]) {
      stage.peer.answers(503, refusal);
      expect((await stage.order(key, tea)).status).toBe(201);
    }
  });
});

describe("the acknowledgement deadline of a request that was held", () => {
  test("counts from its last attempt: a write in time needs no look", async () => {
    const stage = await open({ ...standbyHere, handover: true } as typeof standbyHere);
    stage.onWait = (waits) => {
      if (waits === 20) stage.leases.state = servingHere;
    };
    stage.ledger.lease = { ...stage.ledger.lease, live: true };
    stage.ledger.onAppend = () => stage.clock.advance(250);
    expect((await stage.order("key-1", tea)).status).toBe(201);
    expect(stage.leases.looks).toBe(0);
  });

  test.each(["order", "object"])(
    "holds for its last attempt: a slow %s is looked at",
    async (kind) => {
      const stage = await open({ ...standbyHere, handover: true } as typeof standbyHere);
      stage.onWait = () => (stage.leases.state = servingHere);
      stage.ledger.lease = { ...stage.ledger.lease, live: true };
      stage.leases.next = lapsedHere;
      stage.ledger.onAppend = () => stage.clock.advance(251);
      stage.objects.onPut = () => stage.clock.advance(251);
      const answer = await (kind === "order"
        ? stage.order("key-1", tea)
        : stage.fetch("/objects/key-1", { method: "PUT", body: "x" }));
      expect(await answer.json()).toMatchObject({ error: "outcome-unknown", key: "key-1" });
      expect(stage.leases.looks).toBe(1);
    },
  );
});
