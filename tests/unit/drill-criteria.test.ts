//! Goal: each thing that a scenario may demand turns a drill red when it is broken, and leaves it
//! open when nobody measured it.
//! Method: a clean switchover and a clean region loss, doctored in one place at a time.

import type { RequestLine } from "../../lab/drill/ledger.ts";
import { judge } from "../../lab/drill/verdicts.ts";
import type { Criteria } from "../../lab/drill/verdicts/criteria.ts";
import type { CheckerReport, Evidence, RogueWrite } from "../../lab/drill/verdicts/evidence.ts";
import {
  bucketOf,
  cleanEvidence,
  cleanRequests,
  databaseOf,
  databasesOf,
  east,
  faultAtMs,
  ledgerOf,
  movedAtMs,
  objective,
  plannedEvidence,
  plannedRequests,
  regionLost,
  rowOf,
  switchoverAsked,
  takeoverAtMs,
  west,
  witnessedReturn,
  write,
} from "./drill-evidence.ts";

/** A region loss that is also held to these criteria. */
function lossWith(criteria: Partial<Criteria>, changes: Partial<Evidence> = {}): CheckerReport {
  return judge(cleanEvidence({ objective: { ...objective, ...criteria }, ...changes }));
}

function object(seq: number, doneAtMs: number): RequestLine {
  const line = write(seq, doneAtMs, { kind: "object", key: `object-7-${seq}` });
  const { item: _item, quantity: _quantity, ...rest } = line;
  return rest;
}

describe("a planned move", () => {
  test("passes when nothing is lost, nothing fails and writes pause for a moment", () => {
    const report = judge(plannedEvidence());
    expect(report.reasons).toEqual([]);
    expect(report).toMatchObject({
      result: "pass",
      from: east,
      to: west,
      rtoMs: null,
      failovers: 1,
      needlessFailovers: 0,
      planned: { beganAtMs: faultAtMs, failedRequests: 0, lostRows: 0, writePauseMs: 400 },
    });
  });

  test("fails when writes pause for longer than a second", () => {
    const gap = plannedRequests().filter(
      (line) => line.doneAtMs <= faultAtMs || line.doneAtMs >= movedAtMs + 700,
    );
    const report = judge(plannedEvidence(gap));
    expect(report.result).toBe("fail");
    expect(report.reasons).toEqual([
      "the planned move paused writes for 1100 ms, at most 1000 ms may be",
    ]);
  });

  test("fails when one acknowledged row is lost, though another database holds it", () => {
    const requests = plannedRequests();
    const last = requests.findLast((line) => line.epoch === 1)!;
    const [old, survivor] = databasesOf(requests, [last.seq]);
    const rows = old?.reachable ? old.rows : [];
    const databases = [databaseOf(east, rows, true), survivor!];
    const report = judge(plannedEvidence(requests, { databases }));
    expect(report).toMatchObject({ result: "fail", planned: { lostRows: 1 } });
    expect(report.reasons).toContain("the planned move lost 1 acknowledged rows and 0 objects");
  });

  test("fails when one request fails, also one that only reads", () => {
    const failed = write(900, movedAtMs + 10, { kind: "read", outcome: "failed", status: 502 });
    const report = judge(plannedEvidence([...plannedRequests(), failed]));
    expect(report.result).toBe("fail");
    expect(report.reasons).toContain("1 requests failed during the planned move, at most 0 may");
  });

  test("fails when an object of the moved epoch did not arrive in the new region", () => {
    const requests = [...plannedRequests(), object(1, faultAtMs - 500)];
    const buckets = [bucketOf(east, ["object-7-1"]), bucketOf(west)];
    const report = judge(plannedEvidence(requests, { buckets }));
    expect(report.lostObjects).toMatchObject([{ key: "object-7-1", heldBy: [east] }]);
    expect(report.reasons).toEqual(["the planned move lost 0 acknowledged rows and 1 objects"]);
  });

  test("fails when the other region does not follow afterwards", () => {
    const [old] = databasesOf(plannedRequests());
    const rows = old?.reachable ? old.rows : [];
    const requests = plannedRequests();
    const [, survivor] = databasesOf(requests);
    for (const other of [databaseOf(east, rows, true), databaseOf(east, rows, false)]) {
      const report = judge(plannedEvidence(requests, { databases: [other, survivor!] }));
      expect(report.reasons).toContain("no other region has a replica that follows");
      expect(report.result).toBe("fail");
    }
  });

  test("is open when no operator accepted the command", () => {
    const refused = { ...switchoverAsked, accepted: false };
    const report = judge(plannedEvidence(plannedRequests(), { commands: [refused] }));
    expect(report.result).toBe("unknown");
    expect(report.reasons).toContain("no operator accepted the command for the planned move");
  });

  test("that nobody asked for is needless", () => {
    const report = judge(plannedEvidence(plannedRequests(), { commands: [] }));
    expect(report.needlessFailovers).toBe(1);
    expect(report.result).toBe("fail");
  });

  test("after a forced one is measured by itself, and the loss before it is not its own", () => {
    const backAtMs = takeoverAtMs + 2_000;
    const requests = cleanRequests().map((line) =>
      line.doneAtMs > backAtMs + 300 ? { ...line, answeredBy: east, region: east, epoch: 3 } : line,
    );
    const lost = requests.findLast((line) => line.epoch === 1)!;
    const rows = requests.filter((line) => line !== lost).map((line) => rowOf(line));
    const salvages = [
      { name: "protect-2", missingKeys: [lost.key], conflictingKeys: [], missingObjects: [] },
    ];
    const report = judge(
      cleanEvidence({
        ledger: ledgerOf(requests),
        faults: [{ ...regionLost, healedAtMs: takeoverAtMs + 500 }],
        commands: [
          { ...switchoverAsked, command: { kind: "failback" }, sentAtMs: backAtMs, main: false },
        ],
        databases: [databaseOf(east, rows), databaseOf(west, rows, true)],
        witnessed: witnessedReturn(backAtMs + 200),
        salvages,
        objective: {
          ...objective,
          failovers: 2,
          planned: { lostRowsMax: 0, failedRequestsMax: 0, writePauseMsMax: 1_000 },
          salvage: true,
          replicaStreams: true,
        },
      }),
    );
    expect(report.reasons).toEqual([]);
    expect(report).toMatchObject({
      result: "pass",
      rtoMs: takeoverAtMs - faultAtMs,
      failovers: 2,
      lost: [{ key: lost.key, heldBy: ["salvage protect-2"] }],
      planned: { lostRows: 0, failedRequests: 0 },
      salvage: { unlisted: [], needless: [], listed: 1 },
    });
  });
});

const salvageOf = (missingKeys: readonly string[]) => [
  { name: "protect-2", missingKeys, conflictingKeys: [], missingObjects: [] },
];

describe("the salvage", () => {
  const requests = cleanRequests();
  const last = requests.findLast((line) => line.epoch === 1)!;
  const kept = requests[0]!;
  const databases = databasesOf(requests, [last.seq]);

  test("that forgets a lost row fails the drill", () => {
    const report = lossWith({ salvage: true }, { databases, salvages: salvageOf([]) });
    expect(report.reasons).toEqual(["the salvage does not list 1 rows that are lost"]);
    expect(report.result).toBe("fail");
  });

  test("that lists a row which survived fails the drill", () => {
    const salvages = salvageOf([last.key, kept.key]);
    const report = lossWith({ salvage: true }, { databases, salvages });
    expect(report.reasons).toEqual(["the salvage lists 1 rows that are not lost"]);
  });

  test("may list rows that nobody acknowledged", () => {
    const salvages = salvageOf([last.key, "load-7-9999"]);
    expect(lossWith({ salvage: true }, { databases, salvages }).result).toBe("pass");
  });

  test.each([[null], [[]]])("that is not there (%j) leaves the drill open", (salvages) => {
    const report = lossWith({ salvage: true }, { databases, salvages });
    expect(report.result).toBe("unknown");
    expect(report.reasons).toEqual(["no salvage was found to compare the lost rows with"]);
  });
});

describe("objects", () => {
  const requests = [...cleanRequests(), object(1, faultAtMs - 100), object(2, takeoverAtMs + 100)];
  const ledger = ledgerOf(requests);
  const own = bucketOf(west, ["object-7-2"]);

  test("that only the old region has are lost, and named", () => {
    const report = lossWith({}, { ledger, buckets: [bucketOf(east, ["object-7-1"]), own] });
    expect(report.result).toBe("pass");
    expect(report.lostObjects).toEqual([
      { key: "object-7-1", acknowledgedAtMs: faultAtMs - 100, heldBy: [east], listed: false },
    ]);
  });

  test("that no bucket has and no salvage lists fail the drill", () => {
    const report = lossWith({}, { ledger, buckets: [bucketOf(east), own] });
    expect(report.reasons).toEqual(["1 acknowledged objects are in no bucket at all"]);
    const listed = {
      name: "protect-2",
      missingKeys: [],
      conflictingKeys: [],
      missingObjects: ["object-7-1"],
    };
    const salvaged = lossWith({}, { ledger, buckets: [bucketOf(east), own], salvages: [listed] });
    expect(salvaged.result).toBe("pass");
  });

  test("in a bucket that cannot be read may still be there", () => {
    const dark = { region: east, reachable: false, error: "timeout" } as const;
    expect(lossWith({}, { ledger, buckets: [dark, own] }).result).toBe("pass");
    const open = lossWith({}, { ledger, buckets: [bucketOf(east, ["object-7-1"])] });
    expect(open.result).toBe("unknown");
    expect(open.reasons).toEqual(["the bucket of the serving region could not be read"]);
  });
});

const rogue = (doneAtMs: number, changes: Partial<RogueWrite> = {}): RogueWrite => ({
  atMs: doneAtMs - 5,
  doneAtMs,
  key: `rogue-${east}-${doneAtMs}`,
  outcome: "refused",
  sqlstate: "25006",
  database: east,
  epoch: null,
  ...changes,
});

describe("a writer that knows of no lease", () => {
  const accepted = { outcome: "accepted", sqlstate: null, epoch: 1 } as const;

  test("passes when it got in before the takeover and not after", () => {
    const rogueWrites = [rogue(9_000, accepted), rogue(takeoverAtMs + 900)];
    const report = lossWith({ rogueRefused: true }, { rogueWrites });
    expect(report.reasons).toEqual([]);
    expect(report.rogue).toEqual({ acceptedBefore: 1, acceptedAfter: 0, refusedAfter: 1 });
  });

  test("fails the drill when one write gets in after the takeover, demanded or not", () => {
    const rogueWrites = [rogue(takeoverAtMs + 900), rogue(takeoverAtMs + 950, accepted)];
    const report = lossWith({}, { rogueWrites });
    expect(report.reasons).toEqual([
      "the old region took 1 writes of a job that knows of no lease",
    ]);
    expect(report.result).toBe("fail");
  });

  test("leaves the drill open when it was never refused", () => {
    const unreachable = rogue(takeoverAtMs + 900, { outcome: "unreachable", sqlstate: null });
    for (const rogueWrites of [null, [], [unreachable]]) {
      expect(lossWith({ rogueRefused: true }, { rogueWrites }).result).toBe("unknown");
    }
  });
});

const call = (atMs: number, answered: boolean) => ({
  atMs,
  action: "ChangeResourceRecordSets",
  answered,
});

describe("around the ledger", () => {
  test("a call of the Route 53 API before the service was back fails, also a refused one", () => {
    const route53Calls = [call(faultAtMs + 900, false), call(takeoverAtMs + 500, true)];
    const report = lossWith({ route53CallsBeforeServiceMax: 0 }, { route53Calls });
    expect(report.reasons).toEqual([
      "1 calls of the Route 53 API before the service was back, at most 0 may be",
    ]);
    const [, later] = route53Calls;
    const late = lossWith({ route53CallsBeforeServiceMax: 0 }, { route53Calls: [later!] });
    expect(late.result).toBe("pass");
    const unknown = lossWith({ route53CallsBeforeServiceMax: 0 }, { route53Calls: null });
    expect(unknown.result).toBe("unknown");
  });

  test.each([
    [{ primary: west, error: null }, "pass"],
    [{ primary: east, error: null }, "fail"],
    [{ primary: null, error: "timeout" }, "unknown"],
    [null, "unknown"],
  ])("records %j are %s", (records, result) => {
    expect(lossWith({ recordsSwapped: true }, { records }).result).toBe(result);
  });

  test.each([
    [{ heldAtMs: 10_900, statusPages: 40 }, "pass"],
    [{ heldAtMs: null, statusPages: 40 }, "fail"],
    [{ heldAtMs: null, statusPages: 0 }, "unknown"],
    [null, "unknown"],
  ])("a failover that must be held, seen as %j, is %s", (watched, result) => {
    expect(lossWith({ holds: true }, { watched }).result).toBe(result);
  });

  test("a region that must be fenced and never stopped fails", () => {
    expect(lossWith({ writePauseMsMin: 1_900 }).result).toBe("pass");
    const report = lossWith({ writePauseMsMin: 2_100 });
    expect(report.result).toBe("fail");
    expect(report.reasons.join()).toContain("writes paused for 2000 ms at most");
  });
});

describe("limits of a scenario", () => {
  const requests = cleanRequests();
  const lost = requests.filter((line) => line.epoch === 1).slice(-4);
  const databases = databasesOf(
    requests,
    lost.map(({ seq }) => seq),
  );

  test("lost rows and seconds may be held to less than the objective of the topology", () => {
    expect(lossWith({}, { databases }).result).toBe("pass");
    expect(lossWith({ lostRowsMax: 3 }, { databases }).reasons).toEqual([
      "4 acknowledged rows lost, at most 3 may be",
    ]);
    expect(lossWith({ lostSecondsMax: 0.1 }, { databases }).reasons).toEqual([
      "4 acknowledged rows lost (0.15 s), objective 0.1 s",
    ]);
  });

  test("failed requests may be none at all", () => {
    const failed = write(900, 9_990, { outcome: "failed", error: "ECONNREFUSED" });
    const ledger = ledgerOf([...requests, failed]);
    expect(lossWith({}, { ledger }).result).toBe("pass");
    expect(lossWith({ failedRequestsMax: 0 }, { ledger }).reasons).toEqual([
      "1 requests of users failed, at most 0 may",
    ]);
  });

  test("a recovery that takes too long is no breach where none is to be measured", () => {
    const report = lossWith({ rtoSeconds: 1, rtoObjective: false } as Partial<Criteria>);
    expect(report).toMatchObject({ result: "pass", rtoMs: null });
  });

  test("a quiet drill passes with nothing moved, and fails when the epoch alone moved", () => {
    const still = requests.map((line) => ({ ...line, answeredBy: east, region: east, epoch: 1 }));
    const quiet = { failovers: 0, rtoObjective: false };
    const stillThere = (lines: readonly RequestLine[]): CheckerReport =>
      lossWith(quiet, {
        ledger: ledgerOf(lines),
        databases: [
          databaseOf(
            east,
            lines.map((line) => rowOf(line)),
          ),
          databaseOf(west, [], true),
        ],
      });
    expect(stillThere(still)).toMatchObject({ result: "pass", rtoMs: null, failovers: 0 });
    const renewed = still.map((line) => (line.doneAtMs > 12_000 ? { ...line, epoch: 2 } : line));
    expect(stillThere(renewed).reasons).toEqual(["1 failovers where 0 was due"]);
  });
});
