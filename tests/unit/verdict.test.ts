//! Goal: a failover is decided when, and only when, the lease has lapsed and somebody else confirms it,
//! and whoever a lease was let go for comes first. Method: one calm day, and a table of changes to it.

import { decide, type VerdictKind } from "../../failover/verdict.ts";
import type { HandoverRequest, LeaseItem } from "../../failover/lease-item.ts";
import type { Policy } from "../../failover/observations.ts";
import {
  active,
  type Changes,
  lapsedMs,
  policy,
  seenWith,
  standby,
  wallMs,
} from "./verdict-observations.ts";

type Row = readonly [when: string, changes: Changes, kind: VerdictKind, policy?: Partial<Policy>];

const lost = { probe: "failing", world: "failing", data: "failing" } as const;
const gone: Changes = { unmovedForMs: lapsedMs, readings: lost };
const outside = { probe: "failing", world: "failing" } as const;
const allSilent = { probe: "silent", world: "silent", self: "silent", data: "silent" } as const;

const valid: readonly Row[] = [
  ["all is well", {}, "stay"],
  ["the lease has lapsed and all vantages fail", gone, "seize"],
  [
    "the lease has lapsed and the probe fails",
    { ...gone, readings: { probe: "failing" } },
    "seize",
  ],
  [
    "the lease has lapsed and the world fails",
    { ...gone, readings: { world: "failing" } },
    "seize",
  ],
  ["the lease has lapsed and no data comes", { ...gone, readings: { data: "failing" } }, "seize"],
  ["the holder let go, all serving", { item: { holder: "nobody" } }, "seize"],
  ["the holder let go, this region was it", lastHolder(), "seize"],
  ["it renews, but nobody outside is served", { readings: outside }, "ask"],
  ["the holder let go for this region", { item: kept(standby, "planned") }, "seize"],
  ["this region was asked, and the asker gave it back", takenBack(), "seize"],
  ["the one it was let go for never came", neverCame(lapsedMs), "seize"],
  ["this region holds the lease itself", { ...gone, item: { holder: standby } }, "stay"],
  ["mode observe decides all the same", gone, "seize", { mode: "observe" }],
  ["a pilot light has no app and goes on", withoutApps(), "seize", { strategy: "pilot-light" }],
  [
    "it is unknown how many apps are ready",
    { ...gone, standby: { appsReady: "unknown" } },
    "seize",
  ],
];

const invalid: readonly Row[] = [
  ["everything is silent", { readings: allSilent }, "stay"],
  ["the lease has lapsed and all else is silent", { ...gone, readings: allSilent }, "suspect"],
  ["the lease has lapsed and all else serves", { unmovedForMs: lapsedMs }, "suspect"],
  [
    "only the holder's old word says failing",
    { ...gone, readings: { self: "failing" } },
    "suspect",
  ],
  ["the probe alone fails", { readings: { probe: "failing" } }, "suspect"],
  ["the world alone fails", { readings: { world: "failing" } }, "suspect"],
  ["the holder alone complains", { readings: { self: "failing" } }, "suspect"],
  ["no data comes, all else serves", { readings: { data: "failing" } }, "suspect"],
  [
    "two fail, but not both from outside",
    { readings: { probe: "failing", data: "failing" } },
    "suspect",
  ],
  ["three vantages are wanted, two are there", needsThree(), "suspect", wanting(3)],
  ["the failing readings are old", { ...gone, readingAgeMs: 1_501 }, "suspect"],
  ["old failing readings, lease renewed", { readings: outside, readingAgeMs: 1_501 }, "stay"],
  ["the holder let go for the other one", { item: kept(active, "planned") }, "stay"],
  ["it was given back to the other one", { item: kept(active, "withdrawn") }, "stay"],
  ["a new holder has nothing to hand over yet", ungrantedLater(), "suspect"],
  ["a new holder has not spoken yet", { ...ungrantedLater("none") }, "suspect"],
  ["the first holder has not spoken yet", { ...gone, item: { word: "none" } }, "stay"],
  ["the first holder was not granted yet", { ...gone, item: { word: ungranted() } }, "stay"],
];

const becomingInvalid: readonly Row[] = [
  ["one millisecond before the lapse", { ...gone, unmovedForMs: lapsedMs - 1 }, "suspect"],
  ["one before the lapse, one vantage", { ...needsThree(), unmovedForMs: lapsedMs - 1 }, "suspect"],
  ["the one it was let go for has one moment left", neverCame(lapsedMs - 1), "stay"],
  [
    "both outside fail for a moment too short",
    { readings: outside, readingForMs: 1_499 },
    "suspect",
  ],
  ["both outside fail for just long enough", { readings: outside, readingForMs: 1_500 }, "ask"],
  ["a lapsed lease does not wait for that", { ...gone, readingForMs: 100 }, "seize"],
  ["a reading exactly as old as allowed", { ...gone, readingAgeMs: 1_500 }, "seize"],
  ["the arbiter read exactly as long ago as allowed", { ...gone, lastReadAgoMs: 1_500 }, "seize"],
  ["the arbiter read a moment too long ago", { ...gone, lastReadAgoMs: 1_501 }, "hold"],
  ["the replica exactly as far behind as allowed", lagging(5_000), "seize"],
  ["the replica a moment too far behind", lagging(5_001), "hold"],
  ["just within the block period", changedAgo(59_999), "hold"],
  ["just past the block period", changedAgo(60_000), "seize"],
  ["an epoch handed over in order knows no block period", handedOver(), "seize"],
  ["a lease let go knows no block period", { item: releasedAgo(9_000) }, "seize"],
  ["the first epoch knows no block period", { ...gone, item: { sinceMs: wallMs } }, "seize"],
];

const table = [...valid, ...invalid, ...becomingInvalid].map(
  ([when, changes, kind, more = {}]) => ({ when, changes, kind, more }),
);

test.each(table)("$when: $kind", ({ changes, kind, more }) => {
  const verdict = decide(seenWith(changes), { ...policy, ...more });
  expect(verdict).toMatchObject({ kind });
  expect(verdict.because.length).toBeGreaterThan(0);
});

test("without a word of the arbiter nothing is decided", () => {
  expect(decide({ ...seenWith(gone), lease: "unknown" }, policy).kind).toBe("stay");
});

test("a lapsed lease names its holder and how long it has been silent", () => {
  const { because } = decide(seenWith({ ...gone, unmovedForMs: 4_321 }), policy);
  expect(because[0]).toBe(`lease: no renewal for 4321 ms, the lease of ${active} has lapsed`);
  expect(because.slice(1).map((text) => text.split(":")[0])).toEqual(["probe", "world", "data"]);
});

function lastHolder(): Changes {
  return {
    item: { holder: "nobody" },
    standby: { database: "last-holder", lagMs: "unknown" },
    readings: allSilent,
  };
}

function withoutApps(): Changes {
  return { ...gone, standby: { appsReady: 0 } };
}

function needsThree(): Changes {
  return { unmovedForMs: lapsedMs, readings: { probe: "failing" } };
}

function wanting(vantagesFailingMin: number): Partial<Policy> {
  return { detection: { ...policy.detection, vantagesFailingMin } };
}

function takenBack(): Changes {
  return { ...lastHolder(), item: kept(standby, "withdrawn") };
}

function neverCame(unmovedForMs: number): Changes {
  return { unmovedForMs, item: kept(active, "planned") };
}

function ungrantedLater(word: LeaseItem["word"] = ungranted()): Changes {
  return { readings: outside, item: { epoch: 2, word } };
}

function handedOver(): Changes {
  const token = { systemIdentifier: "7", timeline: 1, lsn: "0/1" };
  return { ...gone, item: { epoch: 2, sinceMs: wallMs - 9_000, token } };
}

function releasedAgo(ms: number): Partial<LeaseItem> {
  return { epoch: 2, sinceMs: wallMs - ms, holder: "nobody" };
}

function ungranted() {
  return { databaseMs: 1, database: "ungranted", app: "silent" } as const;
}

function lagging(lagMs: number): Changes {
  return { ...gone, standby: { lagMs } };
}

function changedAgo(ms: number): Changes {
  return { ...gone, item: { epoch: 2, sinceMs: wallMs - ms } };
}

/** Who the lease was let go for. */
function kept(by: string, reason: HandoverRequest["reason"]): Partial<LeaseItem> {
  const request: HandoverRequest = { by, planId: "switchover-2", reason, because: [] };
  return { holder: "nobody", request };
}

test.each([
  ["has not been seen to move since this process started", { hasMoved: false }],
  ["has not moved for a whole lease", { unmovedForMs: policy.lease.leaseMs }],
])("a lease that %s is not asked for: nobody may be there to answer", (_what, changes) => {
  const failing = { readings: outside };
  expect(decide(seenWith(failing), policy).kind).toBe("ask");
  expect(decide(seenWith({ ...failing, ...changes }), policy).kind).toBe("suspect");
});
