//! Goal: every order of a person is accepted with the change it makes, or refused with every reason at
//! once. Method: one calm situation, and tables of what is changed about it.

import type { RunningPlan } from "../../failover/journal.ts";
import { type Control, type LeaseItem, noControl } from "../../failover/lease-item.ts";
import { type Plan, planFailover, planProtect, planSwitchover } from "../../failover/plan.ts";
import type { StepKind } from "../../failover/plan.ts";
import { decideOrder, type Order, readOrder, type Situation } from "../../operator/orders.ts";
import { labTopology } from "../../topology/lab.ts";
import { leaseItem } from "../fakes/lease-items.ts";

const east = "us-east-1";
const west = "us-west-2";

interface Changes {
  readonly item?: Partial<LeaseItem>;
  readonly control?: Partial<Control>;
  readonly now?: Partial<Situation>;
}

/** The standby's operator is asked, on a calm day; the version makes the command's name. */
function situation({ item, control, now }: Changes = {}): Situation {
  return {
    region: west,
    topology: labTopology,
    item: leaseItem({ version: 6, ...item, control: { ...noControl, ...control } }),
    running: "idle",
    verdict: "stay",
    followers: 1,
    preflight: [],
    atMs: 99,
    ...now,
  };
}

function decide(order: Order, changes: Changes = {}) {
  const now = situation(changes);
  const decided = decideOrder(order, now);
  return decided.ok
    ? { says: decided.says, control: decided.change(now.item.control), problems: [] }
    : { says: "", control: now.item.control, problems: decided.problems };
}

const switchoverPlan = planSwitchover({
  from: east,
  to: west,
  epoch: 2,
  replicas: 2,
  keptAs: "old",
});
const protectPlan = planProtect({ from: east, to: west, epoch: 2, keptAs: "old" });
const failoverPlan = planFailover({ from: east, to: west, epoch: 2, replicas: 2 });

/** As far as its first step of this kind is begun. */
function runningTo(plan: Plan, last: StepKind): RunningPlan {
  const kinds = plan.stages.flat().map(({ kind }) => kind);
  const until = kinds.indexOf(last);
  const done = new Set(kinds.slice(0, until));
  return { plan, done, intended: new Set(kinds.slice(0, until + 1)), refusals: new Map() };
}

const westHolds = { epoch: 2, holder: west } as const;
const paused = { because: "release night", atMs: 1 };
const ordered = { id: "failback-3", kind: "failback", to: east, atMs: 1 } as const;

const accepted: readonly (readonly [string, Order, Changes, Partial<Control>])[] = [
  [
    "a switchover without a region goes to the other one",
    { kind: "switchover" },
    {},
    { command: { id: "switchover-7", kind: "switchover", to: west, atMs: 99 } },
  ],
  [
    "a switchover to the region that is asked",
    { kind: "switchover", to: west },
    {},
    { command: { id: "switchover-7", kind: "switchover", to: west, atMs: 99 } },
  ],
  [
    "a switchover asked of the holder: what speaks against it, the other one knows",
    { kind: "switchover", to: west },
    { now: { region: east, preflight: ["the replica is far behind"] } },
    { command: { id: "switchover-7", kind: "switchover", to: west, atMs: 99 } },
  ],
  [
    "a failback goes to the region that the topology calls active",
    { kind: "failback" },
    { item: westHolds },
    { command: { id: "failback-7", kind: "failback", to: east, atMs: 99 } },
  ],
  [
    "a failback to a region that is no standby yet, since it is rebuilt first",
    { kind: "failback" },
    { item: westHolds, now: { region: east, preflight: ["an old primary"] } },
    { command: { id: "failback-7", kind: "failback", to: east, atMs: 99 } },
  ],
  [
    "a rebuild, run by the holder",
    { kind: "protect" },
    { item: westHolds },
    { command: { id: "protect-7", kind: "protect", to: west, atMs: 99 } },
  ],
  ["a pause", { kind: "pause", because: "x" }, {}, { paused: { because: "x", atMs: 99 } }],
  [
    "a pause while a plan runs",
    { kind: "pause", because: "x" },
    { now: { running: runningTo(failoverPlan, "await-serving") } },
    { paused: { because: "x", atMs: 99 } },
  ],
  [
    "another reason for a pause",
    { kind: "pause", because: "x" },
    { control: { paused } },
    { paused: { because: "x", atMs: 99 } },
  ],
  ["the end of a pause", { kind: "resume" }, { control: { paused } }, { paused: "no" }],
  [
    "the approval of what is held, for the epoch that stands",
    { kind: "approve" },
    { item: { epoch: 4 }, now: { verdict: "hold" } },
    { approval: { epoch: 4, atMs: 99 } },
  ],
  [
    "the abort of a plan that has only asked",
    { kind: "abort" },
    { control: { command: ordered }, now: { running: runningTo(switchoverPlan, "close-writes") } },
    { abort: "switchover-2" },
  ],
  [
    "the abort of a rebuild that only reads",
    { kind: "abort" },
    { now: { running: runningTo(protectPlan, "salvage") } },
    { abort: "protect-2" },
  ],
  [
    "the abort of an order that no plan has taken up yet",
    { kind: "abort" },
    { control: { command: ordered } },
    { command: "none" },
  ],
];

test.each(accepted)("accepted: %s", (_what, order, changes, wanted) => {
  const { control, problems, says } = decide(order, changes);
  expect(problems).toEqual([]);
  expect(control).toEqual({ ...situation(changes).item.control, ...wanted });
  expect(says).toMatch(/.{10,}/);
});

const refused: readonly (readonly [string, Order, Changes, readonly RegExp[]])[] = [
  [
    "a switchover to nowhere",
    { kind: "switchover", to: "eu-west-1" },
    {},
    [/"eu-west-1" is none of us-east-1, us-west-2/],
  ],
  ["a switchover to the holder", { kind: "switchover", to: east }, {}, [/holds the lease already/]],
  ["a failback when all is as it should be", { kind: "failback" }, {}, [/holds the lease already/]],
  [
    "a switchover that a guard speaks against",
    { kind: "switchover" },
    { now: { preflight: ["the replica is far behind", "no reading"] } },
    [/far behind/, /no reading/],
  ],
  ["a switchover in a pause", { kind: "switchover" }, { control: { paused } }, [/resume first/]],
  [
    "a second order",
    { kind: "protect" },
    { control: { command: ordered } },
    [/failback is ordered already; abort it first/],
  ],
  [
    "an order while a plan runs",
    { kind: "protect" },
    { now: { running: runningTo(failoverPlan, "record-roles") } },
    [/plan failover-2 is running/],
  ],
  [
    "an order while nobody holds the lease",
    { kind: "switchover", to: west },
    { item: { holder: "nobody" } },
    [/nobody holds the lease/],
  ],
  [
    "an order in mode observe",
    { kind: "protect" },
    { now: { topology: { ...labTopology, mode: "observe" } } },
    [/observe touches nothing/],
  ],
  [
    "all of it at once",
    { kind: "switchover", to: "eu-west-1" },
    {
      control: { paused, command: ordered },
      now: {
        topology: { ...labTopology, mode: "observe" },
        running: runningTo(failoverPlan, "record-roles"),
      },
    },
    [/observe/, /resume first/, /ordered already/, /is running/, /is none of/],
  ],
  ["the end of no pause", { kind: "resume" }, {}, [/nothing is paused/]],
  [
    "the approval of nothing",
    { kind: "approve" },
    { now: { verdict: "suspect" } },
    [/the verdict is suspect/],
  ],
  [
    "an approval through the holder, which cannot know what is held",
    { kind: "approve" },
    { now: { region: east } },
    [/ask the other operator/],
  ],
  [
    "a switchover, ordered of the holder, to a region without a replica",
    { kind: "switchover" },
    { now: { region: east, followers: 0 } },
    [/no replica follows/],
  ],
  ["the abort of nothing", { kind: "abort" }, {}, [/no plan is running/]],
  [
    "the abort of a plan that has sent its takeover",
    { kind: "abort" },
    { now: { running: runningTo(switchoverPlan, "take-lease") } },
    [/switchover-2 is past take-lease: .*fenced.*goes on/],
  ],
  [
    "the abort of a switchover that only rebuilds by now",
    { kind: "abort" },
    { now: { running: runningTo(switchoverPlan, "salvage") } },
    [/past grant-writes/],
  ],
  [
    "the abort of a rebuild past the renaming",
    { kind: "abort" },
    { now: { running: runningTo(protectPlan, "retire-old-primary") } },
    [/past retire-old-primary/],
  ],
  [
    "the abort of a forced failover",
    { kind: "abort" },
    { now: { running: runningTo(failoverPlan, "take-lease") } },
    [/past take-lease/],
  ],
];

test.each(refused)("refused: %s", (_what, order, changes, reasons) => {
  const { problems } = decide(order, changes);
  expect(problems).toHaveLength(reasons.length);
  for (const [index, reason] of reasons.entries()) expect(problems[index]).toMatch(reason);
});

test("an order changes nothing but what it is about", () => {
  const approval = { epoch: 1, atMs: 3 };
  const { control } = decide({ kind: "protect" }, { control: { approval, abort: "old-1" } });
  expect(control).toMatchObject({ approval, abort: "old-1", paused: "no" });
});

test("orders that follow one another have different names", () => {
  const first = decide({ kind: "protect" }).control.command;
  const second = decide({ kind: "protect" }, { item: { version: 8 } }).control.command;
  expect(first).not.toEqual(second);
});

test.each<readonly [string, unknown, boolean]>([
  ["switchover", { kind: "switchover" }, true],
  ["switchover to a region", { kind: "switchover", to: west }, true],
  ["failback", { kind: "failback" }, true],
  ["protect", { kind: "protect" }, true],
  ["pause with a reason", { kind: "pause", because: "x" }, true],
  ["resume", { kind: "resume" }, true],
  ["approve", { kind: "approve" }, true],
  ["abort", { kind: "abort" }, true],
  ["pause without a reason", { kind: "pause" }, false],
  ["pause with an empty reason", { kind: "pause", because: "" }, false],
  ["pause with a novel", { kind: "pause", because: "x".repeat(501) }, false],
  ["an unknown kind", { kind: "failover" }, false],
  ["a word too many", { kind: "failback", to: west }, false],
  ["a region that is no text", { kind: "switchover", to: 2 }, false],
  ["nothing", null, false],
  ["a list", [], false],
  ["a text", "failback", false],
])("read from outside: %s", (_what, given, isOrder) => {
  const read = readOrder(given);
  expect(read.ok).toBe(isOrder);
  expect(read.ok ? [] : read.problems).toHaveLength(isOrder ? 0 : 1);
});
