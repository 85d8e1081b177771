//! A made-up drill for the tests of the picture: a region is lost and comes back, a person asks to go
//! back, and three plans follow each other, with a hold, refusals and a plan that is not finished.

import type { PictureInput } from "../../lab/drill/picture/evidence.ts";
import type { RefusalsLine, RequestLine } from "../../lab/drill/ledger.ts";
import { judge } from "../../lab/drill/verdicts.ts";
import type { FaultRecord, Objective } from "../../lab/drill/verdicts/evidence.ts";
import {
  cleanEvidence,
  databaseOf,
  east,
  faultAtMs,
  ledgerOf,
  rowOf,
  west,
  write,
  witnessedReturn,
} from "./drill-evidence.ts";
import { failoverPlan, inputOf, journalOf, type PlanTimes } from "./drill-picture-evidence.ts";

const protectPlan: PlanTimes = {
  kind: "protect",
  from: east,
  to: west,
  epoch: 2,
  startedAtMs: 15_100,
  suspectedAtMs: 15_100,
  because: ["a person asks to go back", "us-east-1 has no replica"],
  steps: [
    ["snapshot-old-primary", 15_100, 15_700],
    ["salvage", 15_700, 16_400],
    ["retire-old-primary", 16_400, 16_900],
    ["create-replica", 16_900, 21_300],
    ["await-caught-up", 21_300, 22_100],
    ["reverse-storage", 22_100, 22_600],
    ["announce", 22_600, 22_650],
  ],
  finishedAtMs: 22_700,
};

const switchoverPlan: PlanTimes = {
  kind: "switchover",
  from: west,
  to: east,
  epoch: 3,
  startedAtMs: 23_000,
  suspectedAtMs: 23_000,
  because: ["a person asks to go back"],
  steps: [
    ["preflight", 23_000, 23_150],
    ["scale-up", 23_150, 23_900],
    ["close-writes", 23_900, 24_100],
    ["take-lease", 24_100, 24_160],
    ["drain-replication", 24_160, 24_230],
    ["promote-database", 24_230, 24_390],
    ["grant-writes", 24_390, 24_460],
    ["await-serving", 24_460, 25_400],
    ["record-roles", 25_400, 25_700],
    ["snapshot-old-primary", 25_700, 26_300],
    ["salvage", 26_300, 26_900],
    ["retire-old-primary", 26_900, 27_400],
    ["create-replica", 27_400, null],
    ["await-caught-up", null, null],
    ["reverse-storage", null, null],
    ["announce", null, null],
  ],
  finishedAtMs: null,
};

const failbackObjective: Objective = {
  rtoSeconds: 10,
  rpoSeconds: 1,
  failovers: 2,
  acknowledgedMin: 30,
  rtoObjective: true,
  holds: true,
  planned: { lostRowsMax: 0, failedRequestsMax: 0, writePauseMsMax: 1_000 },
};

const failbackFaults: readonly FaultRecord[] = [
  {
    fault: { kind: "region-loss", region: east },
    text: `${east} is lost: every process killed, every link dark`,
    injectedAtMs: faultAtMs,
    healedAtMs: faultAtMs + 12_000,
    main: true,
  },
  {
    fault: { kind: "link-slow", from: west, to: "witness", latencyMs: 80 },
    text: `80 ms more each way between ${west} and witness`,
    injectedAtMs: faultAtMs + 500,
    healedAtMs: faultAtMs + 3_000,
    main: false,
  },
  {
    fault: { kind: "process-kill", process: "operator", region: west },
    text: `operator of ${west} killed`,
    injectedAtMs: faultAtMs + 18_000,
    healedAtMs: null,
    main: false,
  },
];

export function failbackInput(): PictureInput {
  const ledger = failbackLedger();
  const faults = failbackFaults;
  const commands = [
    {
      command: { kind: "failback" as const },
      text: "a person asks to go back",
      region: null,
      sentAtMs: faultAtMs + 13_200,
      answeredAtMs: null,
      accepted: false,
      problems: [],
      main: false,
    },
    {
      command: { kind: "failback" as const },
      text: "a person asks to go back",
      region: west,
      sentAtMs: faultAtMs + 15_000,
      answeredAtMs: faultAtMs + 15_040,
      accepted: true,
      problems: [],
      main: false,
    },
  ];
  const lostRows = ledger.requests.filter(
    ({ doneAtMs, kind }) => kind === "user" && doneAtMs > faultAtMs - 40 && doneAtMs <= faultAtMs,
  );
  const stored = ledger.requests
    .filter((line) => line.outcome === "acknowledged")
    .map((line) => rowOf(line));
  const lostKeys = new Set(lostRows.map((line) => line.key));
  const kept = stored.filter((row) => !lostKeys.has(row.key));
  const databases = [
    databaseOf(east, kept),
    databaseOf(west, kept, true),
    databaseOf(`${east}, as kept`, stored, true),
  ];
  const watched = { heldAtMs: faultAtMs + 900, statusPages: 12 };
  const objective = failbackObjective;
  const evidence = cleanEvidence({
    ledger,
    faults,
    commands,
    databases,
    watched,
    witnessed: witnessedReturn(faultAtMs + 24_160),
    objective,
  });
  return inputOf({
    checker: judge(evidence),
    objective: failbackObjective,
    faults,
    commands,
    holds: [
      {
        region: west,
        fromMs: faultAtMs + 900,
        toMs: faultAtMs + 1_900,
        because: ["data: the replica is 1.4 s behind, more than the RPO of 1 s allows"],
      },
    ],
    journals: {
      [east]: journalOf(switchoverPlan),
      [west]: [
        ...journalOf(failoverPlan),
        ...journalOf(protectPlan),
        refused(16_950, "protect-2", "create-replica", "the old instance is still being renamed"),
        refused(18_400, "protect-2", "create-replica", "unreachable; the operator came back"),
        refused(27_900, "switchover-3", "create-replica", "DBInstanceAlreadyExists"),
        ...journalOf(switchoverPlan),
      ],
    },
    ledger,
  });
}

/** Who answers users, from zero on: the east, nobody, the west, nobody for a moment, the east. */
function failbackLedger() {
  const lines: RequestLine[] = [];
  let seq = 0;
  for (let atMs = -3_000; atMs < 29_000; atMs += 25) {
    seq += 1;
    const inPause = atMs >= 23_960 && atMs < 24_470;
    const doneAtMs = faultAtMs + atMs + (inPause ? 24_490 - atMs : 12);
    lines.push(write(seq, doneAtMs, { ...answer(atMs), sentAtMs: faultAtMs + atMs }));
  }
  const canaries = canaryLines();
  const requests = [...lines, ...canaries.requests].sort((a, b) => a.doneAtMs - b.doneAtMs);
  const endedAtMs = faultAtMs + 29_000;
  return ledgerOf(requests, {
    refusals: canaries.refusals,
    start: {
      kind: "start",
      seed: 7,
      hostname: "orders.switchback.test",
      writesPerSecond: 40,
      clients: 4,
      startedAtMs: faultAtMs - 3_000,
    },
    end: { kind: "end", endedAtMs, sent: requests.length, skipped: 0 },
  });
}

function failed(region: string, error: string): Partial<RequestLine> {
  return { region, answeredBy: null, epoch: null, status: null, outcome: "unknown", error };
}

function canaryLines(): { requests: RequestLine[]; refusals: RefusalsLine[] } {
  const requests: RequestLine[] = [];
  const canary = (region: string, fromMs: number, toMs: number, changes: Partial<RequestLine>) => {
    for (let atMs = fromMs; atMs < toMs; atMs += 50) {
      const seq = requests.length + 1;
      const key = `canary-7-${region}-${seq}`;
      const common = { kind: "canary" as const, key, region, answeredBy: region };
      requests.push(write(seq, faultAtMs + atMs, { ...common, ...changes }));
    }
  };
  canary(east, -3_000, 0, { epoch: 1 });
  canary(east, 0, 12_500, failed(east, "timeout-answering"));
  canary(west, 1_950, 23_950, { epoch: 2 });
  canary(east, 24_480, 29_000, { epoch: 3 });
  const refusals: readonly (readonly [string, number, number])[] = [
    [west, -3_000, 1_900],
    [east, 12_600, 24_400],
    [west, 24_000, 29_000],
  ];
  return {
    requests,
    refusals: refusals.map(([region, fromMs, toMs]) => ({
      kind: "refusals",
      region,
      firstSeq: 1,
      lastSeq: 100,
      sentAtMs: faultAtMs + fromMs,
      doneAtMs: faultAtMs + toMs,
      error: "not-serving",
    })),
  };
}

function refused(atMs: number, planId: string, step: string, detail: string) {
  const common = { kind: "step-refused", planId, step, fault: "not-yet", detail };
  return { ...common, atMs: faultAtMs + atMs };
}

function answer(atMs: number): Partial<RequestLine> {
  if (atMs <= 0) return { region: east, answeredBy: east, epoch: 1 };
  if (atMs < 3_000) return failed(east, atMs < 1_500 ? "timeout-answering" : "unreachable");
  if (atMs < 23_960) return { region: west, answeredBy: west, epoch: 2 };
  if (atMs < 24_470) return { region: west, answeredBy: east, epoch: 3 };
  return { region: atMs < 25_300 ? west : east, answeredBy: east, epoch: 3 };
}
