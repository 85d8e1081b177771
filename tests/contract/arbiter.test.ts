//! Goal: the arbiter in memory, on which the unit tests stand, keeps the same promises as the DynamoDB
//! adapter on a global table. Method: one list of expectations, run on both.

import {
  type Control,
  type HandoverRequest,
  type HandoverToken,
  type HolderWord,
  type LeaseItem,
  noControl,
} from "../../failover/lease-item.ts";
import type { Outcome } from "../../failover/outcome.ts";
import { leaseItem } from "../fakes/lease-items.ts";
import { type Arbiters, east, inMemory, onDynamoDb, type Seat, west } from "./arbiters.ts";

const word: HolderWord = { databaseMs: 1_700_000_000_123.5, database: "writable", app: "serving" };
const token: HandoverToken = { systemIdentifier: "7345678901234567890", timeline: 3, lsn: "1/A0" };

function done(outcome: Outcome<LeaseItem>): LeaseItem {
  if (!outcome.ok) throw new Error(outcome.detail);
  return outcome.value;
}

const entry = (planId: string) =>
  ({ kind: "plan-finished", atMs: 1, planId, because: ["süß"] }) as const;

describe.each([
  ["in memory", inMemory],
  ["on DynamoDB", () => onDynamoDb()],
] as const)("the arbiter %s", (_where, make) => {
  let arbiters: Arbiters;
  let inEast: Seat;
  let inWest: Seat;

  beforeEach(async () => {
    arbiters = await make();
    inEast = arbiters.seat(east);
    inWest = arbiters.seat(west);
  });
  afterEach(() => arbiters.close());

  async function open(): Promise<LeaseItem> {
    return done(await inEast.arbiter.open(east, 1_234));
  }

  test("nobody holds anything before the first epoch is opened, and it is opened once", async () => {
    expect(await inWest.arbiter.read()).toEqual({ ok: true, value: "absent" });
    const first = leaseItem({ holder: east, sinceMs: 1_234 });
    expect(await open()).toEqual(first);
    expect(await inWest.arbiter.open(west, 5)).toMatchObject({ ok: false, fault: "conflict" });
    expect(await inWest.arbiter.read()).toEqual({ ok: true, value: first });
  });

  test("a renewal counts up, carries the holder's word and leaves the rest", async () => {
    const opened = await open();
    const renewed = await inEast.arbiter.renew(opened, word);
    expect(renewed).toEqual({ ok: true, value: { ...opened, renewals: 1, word } });
    expect(await inWest.arbiter.read()).toEqual(renewed);
  });

  test.each([
    ["epoch", { epoch: 2 }],
    ["holder", { holder: west }],
    ["renewals", { renewals: 1 }],
  ])("a renewal, a takeover and a release are refused when the %s moved", async (_name, moved) => {
    const other = { ...(await open()), ...moved };
    const refused = { ok: false, fault: "conflict" };
    expect(await inEast.arbiter.renew(other, word)).toMatchObject(refused);
    expect(await inWest.arbiter.takeOver(other, west, 5)).toMatchObject(refused);
    expect(await inEast.arbiter.release(other, token)).toMatchObject(refused);
    expect(await inEast.arbiter.read()).toMatchObject({ value: { epoch: 1, renewals: 0 } });
  });

  test("a takeover begins a new epoch in which only what people want is left", async () => {
    const opened = await open();
    const renewed = await inEast.arbiter.renew(opened, word);
    if (!renewed.ok) throw new Error(renewed.detail);
    expect(await inWest.arbiter.takeOver(opened, west, 5)).toMatchObject({ fault: "conflict" });
    expect(await inWest.arbiter.takeOver(renewed.value, west, 5)).toEqual({
      ok: true,
      value: leaseItem({ epoch: 2, holder: west, sinceMs: 5 }),
    });
    expect(await inEast.arbiter.renew(renewed.value, word)).toMatchObject({ fault: "conflict" });
  });

  test("a released lease is nobody's, and its token comes back as it went in", async () => {
    const opened = await open();
    const released = await inEast.arbiter.release(opened, token);
    expect(released).toEqual({
      ok: true,
      value: { ...opened, holder: "nobody", renewals: 1, token },
    });
    expect(await inWest.arbiter.read()).toEqual(released);
    expect(await inEast.arbiter.renew(opened, word)).toMatchObject({ fault: "conflict" });
    if (!released.ok) throw new Error(released.detail);
  });

  test("who takes up a released lease finds its token, and a forced takeover leaves none", async () => {
    const released = await inEast.arbiter.release(await open(), token);
    if (!released.ok) throw new Error(released.detail);
    const taken = await inWest.arbiter.takeOver(released.value, west, 5);
    expect(taken).toMatchObject({ value: { epoch: 2, holder: west, token } });
    if (!taken.ok) throw new Error(taken.detail);
    const renewed = await inWest.arbiter.renew(taken.value, word);
    expect(renewed).toMatchObject({ value: { token } });
    if (!renewed.ok) throw new Error(renewed.detail);
    expect(await inEast.arbiter.takeOver(renewed.value, east, 6)).toMatchObject({
      value: { epoch: 3, holder: east, token: "none" },
    });
  });

  describe("what is asked for and what people want", () => {
    const request: HandoverRequest = {
      by: west,
      planId: "switchover-2",
      reason: "planned",
      because: ["süß", 'a "quoted" word'],
    };
    const control: Control = {
      paused: { because: "drill", atMs: 1_700_000_000_000.5 },
      approval: { epoch: 1, atMs: 2 },
      command: { id: "switchover-1", kind: "switchover", to: west, atMs: 3 },
      abort: "switchover-2",
    };

    test("comes back as it went in, and counts up, without touching the lease", async () => {
      const first = await open();
      const asked = await inWest.arbiter.ask(first, request);
      expect(asked).toEqual({ ok: true, value: { ...first, request, version: 1 } });
      const instructed = await inWest.arbiter.instruct(done(asked), control);
      expect(instructed).toEqual({
        ok: true,
        value: { ...first, request, control, version: 2 },
      });
      expect(await inEast.arbiter.read()).toEqual(instructed);
      expect(await inWest.arbiter.ask(done(instructed), "none")).toEqual({
        ok: true,
        value: { ...first, control, version: 3 },
      });
    });

    test("is written though the holder renews at the same time, and the holder though it is", async () => {
      const first = await open();
      const renewed = done(await inEast.arbiter.renew(first, word));
      const asked = await inWest.arbiter.ask(first, request);
      expect(asked).toEqual({ ok: true, value: { ...renewed, request, version: 1 } });
      expect(await inWest.arbiter.instruct(done(asked), control)).toMatchObject({ ok: true });
      // The holder has not heard of either.
      expect(await inEast.arbiter.renew(renewed, word)).toEqual({
        ok: true,
        value: { ...renewed, renewals: 2, request, control, version: 2 },
      });
    });

    test("is refused to whoever has not seen what was said last", async () => {
      const first = await open();
      await inWest.arbiter.ask(first, request);
      const refused = { ok: false, fault: "conflict" };
      expect(await inEast.arbiter.ask(first, "none")).toMatchObject(refused);
      expect(await inEast.arbiter.instruct(first, noControl)).toMatchObject(refused);
      expect(await inEast.arbiter.read()).toMatchObject({ value: { request, version: 1 } });
    });

    test("asking is refused when the lease is another's by now; what people want is not", async () => {
      const first = await open();
      const taken = done(await inWest.arbiter.takeOver(first, west, 5));
      expect(await inEast.arbiter.ask(first, request)).toMatchObject({ fault: "conflict" });
      expect(await inEast.arbiter.ask({ ...taken, holder: "nobody" }, request)).toMatchObject({
        fault: "conflict",
      });
      expect(await inEast.arbiter.instruct(first, control)).toEqual({
        ok: true,
        value: { ...taken, control, version: 1 },
      });
    });

    test("a release keeps the request; the takeover ends it and keeps what people want", async () => {
      const first = await open();
      const asked = done(await inWest.arbiter.ask(first, request));
      const told = done(await inWest.arbiter.instruct(asked, control));
      const released = done(await inEast.arbiter.release(told, token));
      expect(released).toEqual({ ...told, holder: "nobody", renewals: 1, token });
      expect(done(await inWest.arbiter.takeOver(released, west, 5))).toEqual(
        leaseItem({ epoch: 2, holder: west, sinceMs: 5, token, control, version: 2 }),
      );
    });

    test("of ten who order at the same time one does", async () => {
      const first = await open();
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          (index % 2 === 0 ? inEast : inWest).arbiter.instruct(first, {
            ...noControl,
            abort: `${index}`,
          }),
        ),
      );
      expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
      expect(await inEast.arbiter.read()).toMatchObject({ value: { version: 1 } });
    });

    test.each(["ask", "instruct"] as const)(
      "after a lost answer to %s it may stand there, and is not written twice",
      async (write) => {
        const first = await open();
        const send = (seat: Seat) =>
          write === "ask"
            ? seat.arbiter.ask(first, request)
            : seat.arbiter.instruct(first, control);
        inWest.loseNextAnswer();
        expect(await send(inWest)).toMatchObject({ ok: false, fault: "unreachable" });
        expect(await send(inEast)).toMatchObject({ ok: false, fault: "conflict" });
        expect(await inEast.arbiter.read()).toMatchObject({ value: { version: 1 } });
      },
    );
  });

  test("of twenty who take it over at the same time one does, and one who renews counts", async () => {
    const opened = await open();
    const attempts = Array.from({ length: 20 }, (_, index) =>
      index === 7
        ? inEast.arbiter.renew(opened, word)
        : (index % 2 === 0 ? inEast : inWest).arbiter.takeOver(opened, `${index}`, index),
    );
    const outcomes = await Promise.all(attempts);
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    const faults = outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.fault]));
    expect(new Set(faults)).toEqual(new Set(["conflict"]));
  });

  test("after a lost answer the write may have been done, and a repeat is refused", async () => {
    const opened = await open();
    inWest.loseNextAnswer();
    const taken = await inWest.arbiter.takeOver(opened, west, 5);
    expect(taken).toMatchObject({ ok: false, fault: "unreachable" });
    expect(await inEast.arbiter.read()).toMatchObject({ value: { epoch: 2, holder: west } });
    expect(await inEast.arbiter.takeOver(opened, east, 6)).toMatchObject({ fault: "conflict" });
  });

  test("who is cut off hears that nothing is reachable, and nothing is done", async () => {
    const opened = await open();
    inWest.cut();
    for (const call of [
      inWest.arbiter.read(),
      inWest.arbiter.takeOver(opened, west, 5),
      inWest.journal.append([]),
    ]) {
      expect(await call).toMatchObject({ ok: false, fault: "unreachable" });
    }
  });

  test("the journal keeps everybody's entries in one order", async () => {
    expect(await inEast.journal.read()).toEqual({ ok: true, value: [] });
    expect(await inEast.journal.append([entry("a"), entry("b")])).toMatchObject({ ok: true });
    expect(await inWest.journal.append([entry("c")])).toMatchObject({ ok: true });
    const all = { ok: true, value: [entry("a"), entry("b"), entry("c")] };
    expect(await inWest.journal.read()).toEqual(all);
    expect(await arbiters.seat(east).journal.read()).toEqual(all);
  });

  test("an append by somebody who has not read the newest entry is refused, once", async () => {
    await inEast.journal.read();
    await inWest.journal.read();
    expect(await inWest.journal.append([entry("first")])).toMatchObject({ ok: true });
    const late = await inEast.journal.append([entry("late")]);
    expect(late).toMatchObject({ ok: false, fault: "conflict" });
    expect(await inEast.journal.read()).toEqual({ ok: true, value: [entry("first")] });
    expect(await inEast.journal.append([entry("second")])).toMatchObject({ ok: true });
    expect(await inEast.journal.read()).toEqual({
      ok: true,
      value: [entry("first"), entry("second")],
    });
  });
});
