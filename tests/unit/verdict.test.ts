//! Goal: a failover is decided when, and only when, the lease has lapsed and somebody else confirms
//! it; every guard is heard. Method: one calm day, and a table of what is changed about it.

import { guards } from "../../failover/guards.ts";
import { decide, type VerdictKind } from "../../failover/verdict.ts";
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
  ["the first holder has not spoken yet", { ...gone, item: { word: "none" } }, "stay"],
  ["the first holder was not granted yet", { ...gone, item: { word: ungranted() } }, "stay"],
];

const becomingInvalid: readonly Row[] = [
  ["one millisecond before the lapse", { ...gone, unmovedForMs: lapsedMs - 1 }, "ask"],
  ["one before the lapse, one vantage", { ...needsThree(), unmovedForMs: lapsedMs - 1 }, "suspect"],
  ["a reading exactly as old as allowed", { ...gone, readingAgeMs: 1_500 }, "seize"],
  ["the arbiter read exactly as long ago as allowed", { ...gone, lastReadAgoMs: 1_500 }, "seize"],
  ["the arbiter read a moment too long ago", { ...gone, lastReadAgoMs: 1_501 }, "hold"],
  ["the replica exactly as far behind as allowed", lagging(5_000), "seize"],
  ["the replica a moment too far behind", lagging(5_001), "hold"],
  ["just within the block period", changedAgo(59_999), "hold"],
  ["just past the block period", changedAgo(60_000), "seize"],
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

const objections: Readonly<Record<string, readonly [Changes, RegExp, Partial<Policy>?]>> = {
  arbiterStale: [{ lastReadAgoMs: 9_000 }, /last read 9000 ms ago/],
  standbyDatabaseUnready: [{ standby: { database: "unreachable" } }, /does not answer/],
  lagUnknown: [{ standby: { lagMs: "unknown" } }, /not known/],
  lagOverMaximum: [{ standby: { lagMs: 9_000 } }, /9000 ms behind, more than 5000/],
  standbyWithoutApps: [{ standby: { appsReady: 0 } }, /warm-standby promises some/],
  coolingDown: [{ item: { epoch: 2, sinceMs: wallMs - 9_000 } }, /9 s ago, less than 60 s/],
  approvalNeeded: [{}, /a human must approve/, { mode: "approve" }],
};

test("every guard has its row here", () => {
  expect(guards.map(({ name }) => name).toSorted()).toEqual(Object.keys(objections).toSorted());
});

test.each(Object.entries(objections))(
  "the guard %s turns a due failover into a hold, with its reason",
  (name, [changes, reason, more = {}]) => {
    // A lease that was let go does not wait for the block period: nobody else would serve meanwhile.
    const released = name === "coolingDown" ? [] : [{ item: { holder: "nobody" } }];
    const dues: readonly Changes[] = [gone, { readings: outside }, ...released];
    for (const due of dues) {
      const item = { ...due.item, ...changes.item };
      const verdict = decide(seenWith({ ...due, ...changes, item }), { ...policy, ...more });
      expect(verdict.kind).toBe("hold");
      expect(verdict.because[0]).toMatch(reason);
    }
  },
);

test.each(Object.entries(objections))("the guard %s is silent on a calm day", (name) => {
  const guard = guards.find((candidate) => candidate.name === name);
  expect(guard?.(seenWith(), policy)).toBeNull();
});

test("an old primary is no standby, and lag says nothing about it", () => {
  const verdict = decide(
    seenWith({ ...gone, standby: { database: "old-primary", lagMs: "unknown" } }),
    policy,
  );
  expect(verdict.kind).toBe("hold");
  expect(verdict.because.filter((text) => /rebuild it first|not known/.test(text))).toHaveLength(1);
});

test("all objections are reported at once, before what speaks for a failover", () => {
  const seen = seenWith({
    ...gone,
    lastReadAgoMs: 9_000,
    item: { epoch: 2, sinceMs: wallMs },
    standby: { database: "unreachable", lagMs: 9_000, appsReady: 0 },
  });
  const { kind, because } = decide(seen, { ...policy, mode: "approve" });
  expect(kind).toBe("hold");
  expect(because).toHaveLength(6 + 4);
  expect(because.findIndex((text) => text.startsWith("lease: "))).toBe(6);
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

function ungranted() {
  return { databaseMs: 1, database: "ungranted", app: "silent" } as const;
}

function lagging(lagMs: number): Changes {
  return { ...gone, standby: { lagMs } };
}

function changedAgo(ms: number): Changes {
  return { ...gone, item: { epoch: 2, sinceMs: wallMs - ms } };
}

test("a lease that was let go is taken up even within the block period", () => {
  const item = { epoch: 2, sinceMs: wallMs - 9_000, holder: "nobody" };
  expect(decide(seenWith({ item }), policy).kind).toBe("seize");
});
