//! Goal: the arbiter in memory, on which the unit tests stand, keeps the same promises as the DynamoDB
//! adapter on a global table. Method: one list of expectations, run on both.

import type { HandoverToken, HolderWord, LeaseItem } from "../../failover/lease-item.ts";
import { leaseItem } from "../fakes/lease-items.ts";
import { type Arbiters, east, inMemory, onDynamoDb, type Seat, west } from "./arbiters.ts";

const word: HolderWord = { databaseMs: 1_700_000_000_123.5, database: "writable", app: "serving" };
const token: HandoverToken = { systemIdentifier: "7345678901234567890", timeline: 3, lsn: "1/A0" };

const entry = (planId: string) =>
  ({ kind: "plan-finished", atMs: 1, planId, because: ["süß"] }) as const;

describe.each([
  ["in memory", inMemory],
  ["on DynamoDB", () => onDynamoDb(400)],
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
    const opened = await inEast.arbiter.open(east, 1_234);
    if (!opened.ok) throw new Error(opened.detail);
    return opened.value;
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

  test("a takeover begins a new epoch in which nothing of the old one is left", async () => {
    const opened = await open();
    const renewed = await inEast.arbiter.renew(opened, word);
    if (!renewed.ok) throw new Error(renewed.detail);
    expect(await inWest.arbiter.takeOver(opened, west, 5)).toMatchObject({ fault: "conflict" });
    expect(await inWest.arbiter.takeOver(renewed.value, west, 5)).toEqual({
      ok: true,
      value: { epoch: 2, holder: west, renewals: 0, sinceMs: 5, word: "none", token: "none" },
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
    expect(await inWest.arbiter.takeOver(released.value, west, 5)).toMatchObject({
      value: { epoch: 2, holder: west, token: "none" },
    });
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
