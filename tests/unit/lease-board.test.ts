//! Goal: the board shows the newest word of the arbiter, whatever order the answers come in, and a
//! promise counts on it like a renewal. Method: random histories of one item, answers shuffled.

import * as fc from "fast-check";
import { hasLapsed } from "../../failover/lease.ts";
import { type LeaseItem, noControl } from "../../failover/lease-item.ts";
import { LeaseBoard } from "../../operator/lease-board.ts";
import { ArbiterTable, FakeArbiter } from "../fakes/arbiter.ts";
import { FakeClock } from "../fakes/clock.ts";
import { leaseItem } from "../fakes/lease-items.ts";
import { Wire } from "../fakes/wire.ts";

const timing = { leaseMs: 1_500, marginMs: 300 };
let clock: FakeClock;
let table: ArbiterTable;
let wire: Wire;
let board: LeaseBoard;

function start(): void {
  clock = new FakeClock();
  table = new ArbiterTable();
  wire = new Wire(clock);
  board = new LeaseBoard(new FakeArbiter(table, wire), clock);
}
beforeEach(start);

function watch() {
  if (board.watch === "unknown") throw new Error("nothing was read");
  return board.watch;
}

/** One thing after the other happens to one item: a renewal, an order, a release, a new epoch. */
const histories = fc
  .array(fc.constantFrom("renew", "instruct", "release", "takeOver"), { maxLength: 15 })
  .map((writes) => {
    const history: LeaseItem[] = [leaseItem()];
    for (const write of writes) history.push(after(write, history.at(-1) ?? leaseItem()));
    return history;
  });

function versionOf(item: LeaseItem | "unknown"): number {
  return item === "unknown" ? 0 : item.version;
}

function after(write: string, item: LeaseItem): LeaseItem {
  if (write === "renew") return { ...item, renewals: item.renewals + 1 };
  if (write === "release") return { ...item, renewals: item.renewals + 1, holder: "nobody" };
  if (write === "takeOver") return { ...item, epoch: item.epoch + 1, renewals: 0, holder: "b" };
  return {
    ...item,
    version: item.version + 1,
    control: { ...noControl, abort: `${item.version}` },
  };
}

const shuffled = histories.chain((history) =>
  fc.record({
    history: fc.constant(history),
    answers: fc.array(fc.constantFrom(...history), { minLength: 1, maxLength: 30 }),
    waits: fc.array(fc.nat(500), { minLength: 1, maxLength: 5 }),
  }),
);

test("whatever order the answers come in, the board never goes back, nor does what people said", () => {
  fc.assert(
    fc.property(shuffled, ({ history, answers, waits }) => {
      start();
      let newest = 0;
      for (const [index, answer] of answers.entries()) {
        clock.advance(waits[index % waits.length] ?? 0);
        const before = board.item;
        board.take(answer);
        newest = Math.max(newest, history.indexOf(answer));
        expect(board.item).toEqual(history[newest]);
        expect(versionOf(board.item)).toBeGreaterThanOrEqual(versionOf(before));
      }
    }),
  );
});

test("an older answer does not pass for a fresh reading", () => {
  board.take(leaseItem({ renewals: 4, version: 2 }));
  const before = watch();
  clock.advance(700);
  board.take(leaseItem({ renewals: 4, version: 1 }));
  board.take(leaseItem({ renewals: 3, version: 2 }));
  expect(watch()).toBe(before);
});

test("what people say begins no new wait for the holder", () => {
  board.take(leaseItem({ renewals: 4 }));
  const { unmovedSinceMs } = watch();
  clock.advance(700);
  board.take(leaseItem({ renewals: 4, version: 1 }));
  expect(watch()).toMatchObject({ unmovedSinceMs, lastReadMs: clock.monotonicMs() });
});

test("a promise begins the wait anew, and does not pass for a reading", () => {
  board.take(leaseItem());
  const { lastReadMs } = watch();
  clock.advance(1_700);
  board.promise();
  expect(board.promisedMs).toBe(clock.monotonicMs());
  expect(watch()).toMatchObject({ unmovedSinceMs: clock.monotonicMs(), lastReadMs });
  clock.advance(1_799);
  // The same renewal is read again meanwhile: that does not shorten the promise.
  board.take(leaseItem());
  expect(hasLapsed(watch(), clock.monotonicMs(), timing)).toBe(false);
  clock.advance(1);
  expect(hasLapsed(watch(), clock.monotonicMs(), timing)).toBe(true);
});

test("a board says whether the last read was answered, and whether nobody has begun", async () => {
  expect(board.item).toBe("unknown");
  await board.refresh();
  expect(board).toMatchObject({ absent: true, answers: true, item: "unknown" });
  table.item = leaseItem();
  wire.failBefore("read");
  await board.refresh();
  expect(board.answers).toBe(false);
  await board.refresh();
  expect(board).toMatchObject({ absent: false, answers: true, item: leaseItem() });
});

const abort = (control: LeaseItem["control"]) => ({ ...control, abort: "x" });

test("who has read nothing changes nothing", async () => {
  table.item = leaseItem();
  const unread = { ok: false, fault: "unreachable" };
  expect(await board.instruct((control) => control)).toMatchObject(unread);
  expect(await board.ask("none")).toMatchObject(unread);
  expect(table.item).toEqual(leaseItem());
});

test("an order that came too late reads what stands there, so that the next is made from that", async () => {
  table.item = leaseItem();
  await board.refresh();
  const paused = { because: "somebody else", atMs: 1 };
  table.item = leaseItem({ version: 1, control: { ...noControl, paused } });
  expect(await board.instruct(abort)).toMatchObject({ ok: false, fault: "conflict" });
  expect(await board.instruct(abort)).toMatchObject({
    ok: true,
    value: { version: 2, control: { paused, abort: "x" } },
  });
});

test("an order whose answer is lost is seen by the next read", async () => {
  table.item = leaseItem();
  await board.refresh();
  wire.failAfter("instruct");
  const written = await board.instruct(abort);
  expect(written).toMatchObject({ ok: false, fault: "unreachable" });
  expect(board.item).toMatchObject({ version: 1, control: { abort: "x" } });
});
