//! Goal: every guard is heard, an approval overrides exactly those that may be overridden and only for
//! its own epoch, and a planned change meets those that hold for it. Method: a row for each guard.

import { guards, isApproved, objections, plannedObjections } from "../../failover/guards.ts";
import { type Control, noControl } from "../../failover/lease-item.ts";
import type { Observations, Policy } from "../../failover/observations.ts";
import { decide } from "../../failover/verdict.ts";
import { type Changes, lapsedMs, policy, seenWith, wallMs } from "./verdict-observations.ts";

interface Row {
  /** What makes this one guard object. */
  readonly changes: Changes;
  readonly reason: RegExp;
  readonly more?: Partial<Policy>;
  readonly overridable: boolean;
  readonly planned: boolean;
  /** Silent when the lease is nobody's: holding back would only prolong an outage. */
  readonly forbidsReleased: boolean;
}

type Name = keyof typeof guards;

const always = { overridable: false, planned: true, forbidsReleased: true };
const automatic = { overridable: true, planned: false, forbidsReleased: true };

const rows: Readonly<Record<Name, Row>> = {
  arbiterStale: { ...always, changes: { lastReadAgoMs: 9_000 }, reason: /last read 9000 ms ago/ },
  humanPause: {
    ...always,
    forbidsReleased: false,
    changes: { item: { control: paused("drill at noon") } },
    reason: /paused by a person: drill at noon/,
  },
  standbyDatabaseUnready: {
    ...always,
    changes: { standby: { database: "unreachable" } },
    reason: /does not answer/,
  },
  lagUnknown: {
    ...always,
    overridable: true,
    changes: { standby: { lagMs: "unknown" } },
    reason: /not known/,
  },
  lagOverMaximum: {
    ...always,
    overridable: true,
    changes: { standby: { lagMs: 9_000 } },
    reason: /9000 ms behind, more than 5000/,
  },
  standbyWithoutApps: {
    ...automatic,
    changes: { standby: { appsReady: 0 } },
    reason: /warm-standby promises some/,
  },
  coolingDown: {
    ...automatic,
    forbidsReleased: false,
    changes: { item: { epoch: 2, sinceMs: wallMs - 9_000 } },
    reason: /9 s ago, less than 60 s/,
  },
  approvalNeeded: {
    ...automatic,
    changes: {},
    reason: /a human must approve/,
    more: { mode: "approve" },
  },
};

const outside = { probe: "failing", world: "failing" } as const;
const gone: Changes = { unmovedForMs: lapsedMs, readings: { ...outside, data: "failing" } };
const grey: Changes = { readings: outside };
const released: Changes = { item: { holder: "nobody" } };

const table = Object.entries(rows) as readonly (readonly [Name, Row])[];

test("every guard has its row here, and says itself what may override it", () => {
  const says = Object.entries(guards).map(([name, { overridable, planned }]) => [
    name,
    { overridable, planned },
  ]);
  const wanted = table.map(([name, { overridable, planned }]) => [name, { overridable, planned }]);
  expect(Object.fromEntries(says)).toEqual(Object.fromEntries(wanted));
});

describe.each(table)("the guard %s", (name, row) => {
  test("is silent on a calm day", () => {
    expect(guards[name].objects(seenWith(), policy)).toBeNull();
  });

  test.each([
    ["forced", gone],
    ["asked for", grey],
  ] as const)("holds what is due and %s, with its reason", (_how, due) => {
    const verdict = decide(seenBoth(due, row.changes), { ...policy, ...row.more });
    expect(verdict.kind).toBe("hold");
    expect(verdict.because[0]).toMatch(row.reason);
    expect(verdict.because.length).toBeGreaterThan(1);
  });

  test(`${row.forbidsReleased ? "holds" : "lets go"} the taking up of a released lease`, () => {
    const verdict = decide(seenBoth(released, row.changes), { ...policy, ...row.more });
    expect(verdict.kind).toBe(row.forbidsReleased ? "hold" : "seize");
  });

  test(`${row.overridable ? "gives way" : "does not give way"} to the approval of its epoch`, () => {
    const seen = approvedFor(0, seenBoth(gone, row.changes));
    const verdict = decide(seen, { ...policy, ...row.more });
    expect(verdict.kind).toBe(row.overridable ? "seize" : "hold");
  });

  test.each([-1, 1])("does not give way to an approval of another epoch (%i)", (off) => {
    const seen = approvedFor(off, seenBoth(gone, row.changes));
    expect(isApproved(seen)).toBe(false);
    expect(decide(seen, { ...policy, ...row.more }).kind).toBe("hold");
  });

  test(`${row.planned ? "stands" : "does not stand"} in the way of a planned change`, () => {
    const against = plannedObjections(seenBoth({}, row.changes), { ...policy, ...row.more });
    expect(against).toHaveLength(row.planned ? 1 : 0);
    expect(against.every((text) => row.reason.test(text))).toBe(true);
  });

  test("stands or not whatever was approved, when the change is planned", () => {
    const seen = approvedFor(0, seenBoth({}, row.changes));
    const against = plannedObjections(seen, { ...policy, ...row.more });
    expect(against).toHaveLength(row.planned ? 1 : 0);
  });
});

test("before the arbiter was read, that is the one objection", () => {
  const blind: Observations = { ...seenWith(), lease: "unknown" };
  expect(objections(blind, policy)).toEqual(["the arbiter has not been read yet"]);
  expect(plannedObjections(blind, policy)).toEqual(["the arbiter has not been read yet"]);
});

test("an old primary is no standby, and lag says nothing about it", () => {
  const seen = seenWith({ ...gone, standby: { database: "old-primary", lagMs: "unknown" } });
  expect(objections(seen, policy)).toEqual([expect.stringMatching(/rebuild it first/)]);
});

test("who held the lease last may take it up again, without a lag to know of", () => {
  const seen = seenWith({ ...released, standby: { database: "last-holder", lagMs: "unknown" } });
  expect(objections(seen, policy)).toEqual([]);
});

test("all objections are reported at once, before what speaks for a failover", () => {
  const seen = seenWith({
    ...gone,
    lastReadAgoMs: 9_000,
    item: { epoch: 2, sinceMs: wallMs, control: paused("drill") },
    standby: { database: "replica", lagMs: 9_000, appsReady: 0 },
  });
  const { kind, because } = decide(seen, { ...policy, mode: "approve" });
  expect(kind).toBe("hold");
  expect(because.findIndex((text) => text.startsWith("lease: "))).toBe(6);
  expect(because).toHaveLength(6 + 4);
  expect(objections(approvedFor(0, seen), { ...policy, mode: "approve" })).toHaveLength(2);
});

test("a pilot light has no app and is not held for it", () => {
  const seen = seenWith({ ...gone, standby: { appsReady: 0 } });
  expect(objections(seen, { ...policy, strategy: "pilot-light" })).toEqual([]);
});

/** The item of both, and everything else of both. */
function seenBoth(one: Changes, other: Changes): Observations {
  return seenWith({ ...one, ...other, item: { ...one.item, ...other.item } });
}

/** The same, and a person approved the epoch that stands, or one that is off by some. */
function approvedFor(off: number, seen: Observations): Observations {
  const { lease } = seen;
  if (lease === "unknown") throw new Error("nothing was read");
  const { control, epoch } = lease.item;
  const approval = { epoch: epoch + off, atMs: 0 };
  return {
    ...seen,
    lease: { ...lease, item: { ...lease.item, control: { ...control, approval } } },
  };
}

function paused(because: string): Control {
  return { ...noControl, paused: { because, atMs: 0 } };
}
