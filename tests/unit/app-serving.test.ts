//! Goal: a region serves only under a live lease of its own, on a database that is no replica.
//! Method: a table of what the database may say, with valid, invalid and half-valid rows.

import { epochOf, instanceOf, isHandover, servingState, type LeaseRow } from "../../app/serving.ts";
import { here, there } from "./app-fakes.ts";

const live: LeaseRow = {
  region: here,
  epoch: 7,
  live: true,
  remainingMs: 900,
  replayLagMs: null,
  inRecovery: false,
  closed: false,
  startedAt: "1700000000.25",
  timeline: "00000003",
};

test("a live lease of this region serves, with the epoch, the rest of the lease, the server", () => {
  expect(servingState(live, here)).toEqual({
    role: "serving",
    epoch: 7,
    remainingMs: 900,
    instance: "1700000000.25/00000003",
  });
});

test.each<[string, Partial<LeaseRow>, string]>([
  ["no lease was ever granted", { region: null, epoch: null, live: false }, "no lease has been"],
  ["the lease is another region's", { region: there }, "held by us-west-2"],
  ["the lease is not live", { live: false }, "not live"],
  ["the database does not say that it is live", { live: null }, "not live"],
  ["nothing is left of it", { remainingMs: 0 }, "run out"],
  ["it was closed on purpose", { live: false, closed: true }, "closed on purpose"],
  ["it has no end", { remainingMs: null }, "no end"],
  ["it has no epoch", { epoch: null }, "no epoch"],
])("fenced when %s", (_why, change, because) => {
  const state = servingState({ ...live, ...change }, here);
  expect(state).toMatchObject({
    role: "fenced",
    because: expect.stringContaining(because) as string,
  });
});

test("a replica stands by even if its copy of the lease looks live", () => {
  expect(servingState({ ...live, inRecovery: true, replayLagMs: 120 }, here)).toMatchObject({
    role: "standby",
    epoch: 7,
    replayLagMs: 120,
  });
});

test("lag and epoch that the database does not know are called unknown", () => {
  const row = { ...live, inRecovery: true, epoch: null };
  const state = servingState(row, here);
  expect(state).toMatchObject({ role: "standby", epoch: "unknown", replayLagMs: "unknown" });
  expect(epochOf(state)).toBeNull();
});

test.each<[boolean, string, Partial<LeaseRow>]>([
  [true, "a lease that was closed on purpose", { closed: true, live: false }],
  [true, "a replica of a closed lease", { closed: true, live: false, inRecovery: true }],
  [true, "a closed lease of another region", { closed: true, region: there }],
  [false, "a lease that ran out", { live: false, remainingMs: -10 }],
  [false, "a guard that is too old to tell", { live: false, closed: null }],
  [false, "a live lease", {}],
])("it is %s that a handover is under way with %s", (handover, _what, change) => {
  expect(isHandover(servingState({ ...live, ...change }, here))).toBe(handover);
});

test("a restart and a promotion each make another instance", () => {
  const texts = [live, { ...live, startedAt: "1" }, { ...live, timeline: "00000004" }].map(
    instanceOf,
  );
  expect(new Set(texts).size).toBe(3);
});
