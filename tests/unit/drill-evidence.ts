//! Ledgers, faults and databases for the tests of the verdicts: a clean region loss, to be doctored.
//! The fault is at 10,000 ms; the east writes under epoch 1 before it, the west under epoch 2 after.

import type { Ledger, RequestLine } from "../../lab/drill/ledger.ts";
import type { CommandRecord } from "../../lab/drill/verdicts/command.ts";
import type { Witnessed } from "../../lab/drill/verdicts/order.ts";
import { plannedPromise } from "../../lab/drill/verdicts/criteria.ts";
import type {
  BucketReading,
  DatabaseReading,
  Evidence,
  FaultRecord,
  Objective,
  StoredRow,
} from "../../lab/drill/verdicts/evidence.ts";

export const east = "us-east-1";
export const west = "us-west-2";
export const faultAtMs = 10_000;
export const takeoverAtMs = 12_000;
export const endedAtMs = 16_000;

export const objective: Objective = {
  rtoSeconds: 10,
  rpoSeconds: 1,
  failovers: 1,
  acknowledgedMin: 30,
  rtoObjective: true,
};

export const regionLost: FaultRecord = {
  fault: { kind: "region-loss", region: east },
  text: `${east} is lost`,
  injectedAtMs: faultAtMs,
  healedAtMs: null,
  main: true,
};

/** A user's write, acknowledged unless `changes` say otherwise. */
export function write(
  seq: number,
  doneAtMs: number,
  changes: Partial<RequestLine> = {},
): RequestLine {
  const inEast = doneAtMs <= faultAtMs + 500;
  return {
    kind: "user",
    seq,
    key: `load-7-${seq}`,
    region: inEast ? east : west,
    answeredBy: inEast ? east : west,
    epoch: inEast ? 1 : 2,
    status: 201,
    outcome: "acknowledged",
    sentAtMs: doneAtMs - 20,
    doneAtMs,
    error: null,
    item: `rope ${seq}`,
    quantity: seq,
    ...changes,
  };
}

/** A write every 50 ms from 5 s to the fault, and from the takeover to the end. */
export function cleanRequests(): RequestLine[] {
  const times: number[] = [];
  for (let atMs = 5_000; atMs <= faultAtMs; atMs += 50) times.push(atMs);
  for (let atMs = takeoverAtMs; atMs <= endedAtMs; atMs += 50) times.push(atMs);
  return times.map((atMs, i) => write(i + 1, atMs));
}

export function ledgerOf(requests: readonly RequestLine[], changes: Partial<Ledger> = {}): Ledger {
  const start = { kind: "start", seed: 7, hostname: "orders.switchback.test" } as const;
  return {
    start: { ...start, writesPerSecond: 20, clients: 1, startedAtMs: 4_000 },
    requests,
    refusals: [],
    end: { kind: "end", endedAtMs, sent: requests.length, skipped: 0 },
    malformedLines: 0,
    ...changes,
  };
}

export function rowOf(line: RequestLine, changes: Partial<StoredRow> = {}): StoredRow {
  return {
    key: line.key,
    item: line.item ?? "",
    quantity: line.quantity ?? 0,
    region: line.answeredBy ?? "nobody",
    epoch: line.epoch ?? 0,
    acceptedAtMs: line.doneAtMs - 10,
    ...changes,
  };
}

export function databaseOf(
  region: string,
  rows: readonly StoredRow[],
  inRecovery = false,
): DatabaseReading {
  return { region, reachable: true, inRecovery, rows };
}

/** Everything that was acknowledged is in the west; the east has what it acknowledged itself. */
export function databasesOf(requests: readonly RequestLine[], lost: readonly number[] = []) {
  const good = requests.filter((line) => line.outcome === "acknowledged");
  const kept = good.filter((line) => !lost.includes(line.seq)).map((line) => rowOf(line));
  const old = good.filter((line) => line.answeredBy === east).map((line) => rowOf(line));
  return [databaseOf(east, old), databaseOf(west, kept)];
}

export function bucketOf(region: string, keys: readonly string[] = []): BucketReading {
  return { region, reachable: true, keys };
}

/** A switchover under load: the command at 10,000 ms, a pause of 400 ms, nothing lost. */
export function plannedRequests(): RequestLine[] {
  return cleanRequests().map((line) => {
    if (line.epoch !== 2) return line;
    const earlierMs = takeoverAtMs - movedAtMs;
    return {
      ...line,
      sentAtMs: line.sentAtMs - earlierMs,
      doneAtMs: line.doneAtMs - earlierMs,
    };
  });
}

export const movedAtMs = faultAtMs + 400;

export const switchoverAsked: CommandRecord = {
  command: { kind: "switchover", to: west },
  text: "a person asks for a switchover",
  region: east,
  sentAtMs: faultAtMs,
  answeredAtMs: faultAtMs + 20,
  accepted: true,
  problems: [],
  main: true,
};

export function plannedEvidence(
  requests: readonly RequestLine[] = plannedRequests(),
  changes: Partial<Evidence> = {},
): Evidence {
  const [, survivor] = databasesOf(requests);
  const rows = survivor?.reachable ? survivor.rows : [];
  const end = {
    kind: "end",
    endedAtMs: Math.max(...requests.map((line) => line.doneAtMs)),
    sent: 1,
    skipped: 0,
  } as const;
  return cleanEvidence({
    ledger: ledgerOf(requests, { end }),
    faults: [],
    commands: [switchoverAsked],
    databases: [databaseOf(east, rows, true), databaseOf(west, rows)],
    witnessed: witnessedMove,
    objective: {
      ...objective,
      rtoObjective: false,
      lostRowsMax: 0,
      failedRequestsMax: 0,
      planned: plannedPromise,
      replicaStreams: true,
    },
    ...changes,
  });
}

/** The east renews until the fault; the west waits, takes the lease, and only then promotes. */
export const witnessedLoss: Witnessed = {
  leaseWrites: [
    { atMs: 1_000, epoch: 1, holder: east, renewals: 0 },
    { atMs: faultAtMs - 100, epoch: 1, holder: east, renewals: 20 },
    { atMs: takeoverAtMs - 250, epoch: 2, holder: west, renewals: 0 },
  ],
  leasesShown: [{ atMs: faultAtMs - 60, epoch: 1, holder: east, renewals: 20, to: west }],
  promotions: [{ atMs: takeoverAtMs - 150, region: west }],
  plansBegun: [{ atMs: takeoverAtMs - 300, planId: "failover-2" }],
};

/** The same, and the west lets go for the east later on. */
export function witnessedReturn(atMs: number): Witnessed {
  return {
    leaseWrites: [
      ...witnessedLoss.leaseWrites,
      { atMs: atMs - 60, epoch: 2, holder: "nobody", renewals: 30 },
      { atMs, epoch: 3, holder: east, renewals: 0 },
    ],
    leasesShown: witnessedLoss.leasesShown,
    promotions: [...witnessedLoss.promotions, { atMs: atMs + 80, region: east }],
    plansBegun: [...witnessedLoss.plansBegun, { atMs: atMs - 200, planId: "switchover-3" }],
  };
}

/** The east closes and lets go at once; there is nothing to wait for. */
export const witnessedMove: Witnessed = {
  leaseWrites: [
    { atMs: 1_000, epoch: 1, holder: east, renewals: 0 },
    { atMs: faultAtMs + 50, epoch: 1, holder: east, renewals: 20 },
    { atMs: faultAtMs + 100, epoch: 1, holder: "nobody", renewals: 21 },
    { atMs: faultAtMs + 150, epoch: 2, holder: west, renewals: 0 },
  ],
  leasesShown: [],
  promotions: [{ atMs: faultAtMs + 250, region: west }],
  plansBegun: [{ atMs: faultAtMs + 20, planId: "switchover-2" }],
};

export function cleanEvidence(changes: Partial<Evidence> = {}): Evidence {
  const requests = cleanRequests();
  return {
    ledger: ledgerOf(requests),
    faults: [regionLost],
    commands: [],
    databases: databasesOf(requests),
    buckets: [bucketOf(east), bucketOf(west)],
    salvages: [],
    records: null,
    route53Calls: [],
    rogueWrites: null,
    watched: { heldAtMs: null, statusPages: 40 },
    witnessed: witnessedLoss,
    leaseTiming: { leaseMs: 1_500, marginMs: 300 },
    objective,
    ...changes,
  };
}
