//! Goal: the operators' journal explains the time line and the phases, and the phases add up.
//! Method: journals as the operators' pages give them, with late, missing and foreign entries.

import { mergeJournals, newJournalLog } from "../../lab/drill/journal.ts";
import { noPhases, phasesOf } from "../../lab/drill/phases.ts";
import {
  commandMoments,
  faultMoments,
  holdMoments,
  journalMoments,
  newWriteWatch,
} from "../../lab/drill/time-line.ts";
import { acknowledgementsOf } from "../../lab/drill/verdicts/requests.ts";
import {
  cleanRequests,
  east,
  faultAtMs,
  ledgerOf,
  regionLost,
  switchoverAsked,
  takeoverAtMs,
  west,
  write,
} from "./drill-evidence.ts";

const planId = "failover-2";
const plan = { from: east, to: west, epoch: 2, stages: [] };
const started = {
  kind: "plan-started",
  atMs: faultAtMs + 900,
  planId,
  plan,
  because: ["the lease has not moved"],
  suspectedAtMs: faultAtMs + 600,
};

function done(step: string, afterMs: number): object {
  return { kind: "step-done", atMs: faultAtMs + afterMs, planId, step };
}

const raw = [
  started,
  done("take-lease", 1_000),
  done("promote-database", 1_500),
  done("scale-up", 1_600),
  done("grant-writes", 1_650),
  done("await-serving", 1_900),
];

test("the phases follow each other and add up to the time from the fault to the recovery", () => {
  const phases = phasesOf(mergeJournals({ raw: { [west]: raw } }), faultAtMs, takeoverAtMs);
  expect(phases).toEqual({
    detectMs: 600,
    leaseMs: 400,
    promoteMs: 500,
    grantMs: 150,
    dnsMs: 350,
  });
  expect(Object.values(phases).reduce((a, b) => a + b, 0)).toBe(takeoverAtMs - faultAtMs);
});

test("a step that is journalled after the recovery ends at the recovery", () => {
  const late = [...raw.slice(0, 4), done("grant-writes", 2_400)];
  const phases = phasesOf(mergeJournals({ raw: { [west]: late } }), faultAtMs, takeoverAtMs);
  expect(phases).toMatchObject({ grantMs: 500, dnsMs: 0 });
});

test("what is missing in the journal is unknown, and so is what follows it", () => {
  const holes = [started, done("take-lease", 1_000), done("grant-writes", 1_650)];
  expect(phasesOf(mergeJournals({ raw: { [west]: holes } }), faultAtMs, takeoverAtMs)).toEqual({
    detectMs: 600,
    leaseMs: 400,
    promoteMs: null,
    grantMs: null,
    dnsMs: null,
  });
  expect(phasesOf([], faultAtMs, takeoverAtMs)).toEqual(noPhases);
});

test("a plan from before the fault explains nothing", () => {
  const journal = mergeJournals({ raw: { [west]: [{ ...started, atMs: faultAtMs - 1 }] } });
  expect(phasesOf(journal, faultAtMs, takeoverAtMs)).toEqual(noPhases);
});

test("of several plans the one that granted writes decides", () => {
  const second = [{ ...started, planId: "failover-3", atMs: faultAtMs + 950, suspectedAtMs: 0 }];
  const journal = mergeJournals({ raw: { [west]: [...raw, ...second] } });
  expect(phasesOf(journal, faultAtMs, takeoverAtMs).detectMs).toBe(600);
});

test("the journals of both regions are one, and what is no entry is left out", () => {
  const journal = mergeJournals({
    raw: { [east]: [...raw, null, 7, { kind: "plan-started" }], [west]: raw, else: null },
  });
  expect(journal).toHaveLength(raw.length);
  expect(journal[0]).toMatchObject({ from: east, to: west, epoch: 2 });
});

test("an entry with its plan's fields beside it is understood as well", () => {
  const { plan: _nested, ...rest } = started;
  const journal = mergeJournals({ raw: { [west]: [{ ...rest, from: east, to: west, epoch: 2 }] } });
  expect(journal[0]).toMatchObject({ from: east, to: west, epoch: 2 });
});

test("the time line tells the drill in sentences", () => {
  const journal = mergeJournals({ raw: { [west]: raw } });
  const writes = newWriteWatch(east, faultAtMs);
  for (const ack of acknowledgementsOf(ledgerOf(cleanRequests()))) writes.take(ack);
  const moments = [
    ...faultMoments([regionLost]),
    ...journalMoments(journal, faultAtMs),
    ...writes.moments,
  ];
  expect(moments.map((moment) => [moment.atMs - faultAtMs, moment.text])).toEqual([
    [0, "us-east-1 is lost"],
    [600, "us-west-2 suspects us-east-1"],
    [900, "us-west-2 decides to take over: the lease has not moved"],
    [1_000, "us-west-2 takes the lease (epoch 2)"],
    [1_500, "us-west-2's database is promoted"],
    [1_600, "us-west-2 has its full capacity"],
    [1_650, "us-west-2 may write"],
    [1_900, "Route 53's checkers see us-west-2 serve"],
    [2_000, "us-west-2 accepts its first write"],
    [2_000, "users write again, through DNS"],
  ]);
});

test("a refused step says why", () => {
  const refused = { kind: "step-refused", atMs: faultAtMs + 1_100, planId, step: "record-roles" };
  const entries = [started, { ...refused, fault: "unreachable", detail: "no answer in 350 ms" }];
  const moments = journalMoments(mergeJournals({ raw: { [west]: entries } }), faultAtMs);
  expect(moments.at(-1)).toMatchObject({
    tone: "doubt",
    text: "record-roles refused: unreachable; no answer in 350 ms",
  });
});

test("the way there and back is told, and a straggler of an older epoch is no way back", () => {
  const writes = newWriteWatch(east, faultAtMs);
  const later = faultAtMs + 900;
  const straggler = write(900, later, { answeredBy: east, epoch: 1 });
  const back = write(901, later + 9_000, { answeredBy: east, epoch: 3 });
  const there = write(899, later - 1);
  const requests = [{ ...there, answeredBy: west, epoch: 2 }, straggler, back];
  for (const ack of acknowledgementsOf(ledgerOf(requests))) writes.take(ack);
  expect(writes.moments.map(({ atMs, text }) => [atMs - later, text])).toEqual([
    [-1, "us-west-2 accepts its first write"],
    [-1, "users write again, through DNS"],
    [9_000, "us-east-1 accepts its first write"],
    [9_000, "users write again, through DNS"],
  ]);
});

test("commands and held failovers are told, a refusal with its reason", () => {
  const refused = { ...switchoverAsked, accepted: false, problems: ["paused", "by a person"] };
  expect(commandMoments([refused]).map(({ text }) => text)).toEqual([
    "a person asks for a switchover",
    "refused: paused; by a person",
  ]);
  const hold = { region: west, fromMs: 5, toMs: null, because: ["the standby is not ready"] };
  expect(holdMoments([hold])[0]?.text).toBe(
    "us-west-2 holds a failover that is due: the standby is not ready",
  );
});

test("a log of journals keeps what an operator no longer shows, and tells what is new", () => {
  const log = newJournalLog();
  expect(log.add({ raw: { [west]: raw } })).toHaveLength(raw.length);
  const next = {
    ...started,
    planId: "protect-2",
    plan: { ...plan, kind: "protect" },
    atMs: 99_000,
  };
  expect(log.add({ raw: { [west]: [next], [east]: null } })).toMatchObject([
    { planId: "protect-2", planKind: "protect" },
  ]);
  expect(log.add({ raw: { [west]: [next] } })).toEqual([]);
  expect(log.entries).toHaveLength(raw.length + 1);
  expect(log.raw[west]).toHaveLength(raw.length + 1);
  expect(Object.keys(log.plans)).toEqual([planId, "protect-2"]);
});

test("the phases are those of the plan that brought writes back, not of the way back", () => {
  const back = { ...started, planId: "switchover-3", atMs: takeoverAtMs + 5_000 };
  const grant = { ...done("grant-writes", 8_000), planId: "switchover-3" };
  const journal = mergeJournals({ raw: { [west]: [...raw, back, grant] } });
  expect(phasesOf(journal, faultAtMs, takeoverAtMs)).toMatchObject({ detectMs: 600, dnsMs: 350 });
});
