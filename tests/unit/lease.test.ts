//! Goal: a challenger never waits less than leaseMs + marginMs after the last renewal it heard of,
//! whatever order the answers come in. Method: random histories of a lease and of answers about it.

import * as fc from "fast-check";
import { hasLapsed, type LeaseWatch, silentForMs, watchLease } from "../../failover/lease.ts";
import type { LeaseItem } from "../../failover/lease-item.ts";
import { leaseItem } from "../fakes/lease-items.ts";

const timing = { leaseMs: 1_500, marginMs: 300 };

function itemAt(epoch: number, renewals: number, holder = "us-east-1"): LeaseItem {
  return leaseItem({ epoch, holder, renewals });
}

/** Answers with the moment of their receipt; the item of each is any that existed, in any order. */
const answers = fc
  .array(
    fc.record({
      epoch: fc.integer({ min: 1, max: 3 }),
      renewals: fc.integer({ min: 0, max: 4 }),
      afterMs: fc.integer({ min: 0, max: 2_000 }),
    }),
    { minLength: 1, maxLength: 25 },
  )
  .map((steps) => {
    let receivedMs = 0;
    return steps.map(({ epoch, renewals, afterMs }) => {
      receivedMs += afterMs;
      return { item: itemAt(epoch, renewals), receivedMs };
    });
  });

interface Answer {
  readonly item: LeaseItem;
  readonly receivedMs: number;
}

function watchAll(received: readonly Answer[]): LeaseWatch {
  let watch: LeaseWatch | "none" = "none";
  for (const { item, receivedMs } of received) watch = watchLease(watch, item, receivedMs);
  if (watch === "none") throw new Error("no answer");
  return watch;
}

const rank = ({ epoch, renewals }: LeaseItem) => epoch * 1_000 + renewals;

test("the watch shows the newest item, since the answer that first showed it", () => {
  fc.assert(
    fc.property(answers, (received) => {
      const watch = watchAll(received);
      const newest = Math.max(...received.map(({ item }) => rank(item)));
      const first = received.find(({ item }) => rank(item) === newest);
      expect(rank(watch.item)).toBe(newest);
      expect(watch.unmovedSinceMs).toBe(first?.receivedMs);
    }),
  );
});

test("an answer that is older than what is known changes nothing at all", () => {
  fc.assert(
    fc.property(answers, fc.nat(2_000), (received, afterMs) => {
      const watch = watchAll(received);
      const older = received.find(({ item }) => rank(item) < rank(watch.item));
      fc.pre(older !== undefined);
      expect(watchLease(watch, older.item, watch.lastReadMs + afterMs)).toBe(watch);
    }),
  );
});

test("no order of the answers makes the wait shorter than the same answers in the order of their making", () => {
  fc.assert(
    fc.property(answers, (received) => {
      const made = received.map(({ item }) => item).toSorted((a, b) => rank(a) - rank(b));
      const inOrder = received.map(({ receivedMs }, index) => ({
        item: made[index] ?? itemAt(1, 0),
        receivedMs,
      }));
      const newest = rank(watchAll(received).item);
      // The newest item cannot have been heard of before its first answer came.
      const heardMs = received.find(({ item }) => rank(item) === newest)?.receivedMs ?? 0;
      expect(watchAll(received).unmovedSinceMs).toBeGreaterThanOrEqual(heardMs);
      expect(rank(watchAll(inOrder).item)).toBe(newest);
    }),
  );
});

test("every renewal begins the wait anew, and so does every epoch", () => {
  fc.assert(
    fc.property(answers, fc.boolean(), fc.nat(5_000), (received, isRenewal, afterMs) => {
      const watch = watchAll(received);
      const { epoch, renewals } = watch.item;
      const moved = isRenewal ? itemAt(epoch, renewals + 1) : itemAt(epoch + 1, 0);
      const nowMs = watch.lastReadMs + afterMs;
      expect(watchLease(watch, moved, nowMs)).toEqual({
        item: moved,
        unmovedSinceMs: nowMs,
        lastReadMs: nowMs,
        hasMoved: true,
      });
    }),
  );
});

test("reading the same again says when it was read, and begins no new wait", () => {
  const watch = watchLease("none", itemAt(1, 7), 100);
  expect(watchLease(watch, itemAt(1, 7), 900)).toEqual({ ...watch, lastReadMs: 900 });
});

test("the lease has lapsed exactly leaseMs and marginMs after the receipt, never before", () => {
  fc.assert(
    fc.property(answers, fc.integer({ min: 0, max: 5_000 }), (received, afterMs) => {
      const watch = watchAll(received);
      const nowMs = watch.unmovedSinceMs + afterMs;
      expect(silentForMs(watch, nowMs)).toBe(afterMs);
      expect(hasLapsed(watch, nowMs, timing)).toBe(afterMs >= timing.leaseMs + timing.marginMs);
    }),
  );
});

test("a lease that nobody holds need not be waited out", () => {
  const watch = watchLease("none", itemAt(4, 1, "nobody"), 100);
  expect(hasLapsed(watch, 100, timing)).toBe(true);
});

test("a holder that lets go and comes back is a new epoch and begins a new wait", () => {
  const released = watchLease("none", itemAt(4, 9, "nobody"), 100);
  const taken = watchLease(released, itemAt(5, 0, "us-west-2"), 5_000);
  expect(hasLapsed(taken, 5_000 + timing.leaseMs, timing)).toBe(false);
});
