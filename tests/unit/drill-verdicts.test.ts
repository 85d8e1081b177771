//! Goal: no doctored ledger gets past the checker, and nothing that was not measured passes.
//! Method: a clean region loss, then one lie or one hole at a time.

import type { RequestLine } from "../../lab/drill/ledger.ts";
import { judge } from "../../lab/drill/verdicts.ts";
import type { Evidence } from "../../lab/drill/verdicts/evidence.ts";
import {
  cleanEvidence,
  cleanRequests,
  databaseOf,
  databasesOf,
  east,
  endedAtMs,
  faultAtMs,
  ledgerOf,
  objective,
  regionLost,
  rowOf,
  takeoverAtMs,
  west,
  write,
} from "./drill-evidence.ts";

/** Evidence with these requests, and databases that agree with them. */
function evidenceOf(requests: readonly RequestLine[], changes: Partial<Evidence> = {}): Evidence {
  return cleanEvidence({
    ledger: ledgerOf(requests),
    databases: databasesOf(requests),
    ...changes,
  });
}

test("a clean region loss passes, with every number", () => {
  const report = judge(cleanEvidence());
  expect(report.reasons).toEqual([]);
  expect(report).toMatchObject({
    result: "pass",
    from: east,
    to: west,
    rtoMs: takeoverAtMs - faultAtMs,
    firstWriteMs: takeoverAtMs - faultAtMs,
    lost: [],
    lostSeconds: 0,
    twoWritersMs: 0,
    storedOverlapMs: 0,
    failovers: 1,
    needlessFailovers: 0,
    failedRequests: 0,
    longestGapMs: takeoverAtMs - faultAtMs,
  });
});

describe("lost rows", () => {
  const requests = cleanRequests();
  const lastEast = requests.findLast((line) => line.epoch === 1)!;

  test("are named, with who still holds them and the seconds they cover", () => {
    const lost = [lastEast.seq - 2, lastEast.seq - 1, lastEast.seq];
    const report = judge(evidenceOf(requests, { databases: databasesOf(requests, lost) }));
    expect(report.result).toBe("pass");
    expect(report.lost).toHaveLength(3);
    expect(report.lost?.[0]).toEqual({
      kind: "user",
      seq: lastEast.seq - 2,
      key: `load-7-${lastEast.seq - 2}`,
      region: east,
      epoch: 1,
      acknowledgedAtMs: faultAtMs - 100,
      heldBy: [east],
    });
    expect(report.lostSeconds).toBe(0.1);
  });

  test("that reach further back than the objective fail the drill", () => {
    const lost = Array.from({ length: 25 }, (_, i) => lastEast.seq - i);
    const report = judge(evidenceOf(requests, { databases: databasesOf(requests, lost) }));
    expect(report.result).toBe("fail");
    expect(report.lostSeconds).toBe(1.2);
    expect(report.reasons.join()).toContain("25 acknowledged rows lost");
  });

  test("are never admitted by an objective of zero, not even one at the very fault", () => {
    const databases = databasesOf(requests, [lastEast.seq]);
    const strict = { ...objective, rpoSeconds: 0 };
    expect(judge(evidenceOf(requests, { databases })).result).toBe("pass");
    expect(judge(evidenceOf(requests, { databases, objective: strict })).result).toBe("fail");
  });

  test("that are in no database at all fail the drill", () => {
    const [old, survivor] = databasesOf(requests, [lastEast.seq]);
    const without = old?.reachable ? old.rows.filter((row) => row.key !== lastEast.key) : [];
    const databases = [databaseOf(east, without), survivor!];
    const report = judge(evidenceOf(requests, { databases }));
    expect(report.result).toBe("fail");
    expect(report.lost?.[0]?.heldBy).toEqual([]);
  });

  test("acknowledged by the dying region after the fault count, and extend the seconds", () => {
    const late = write(900, faultAtMs + 60);
    const all = [...requests, late];
    const report = judge(evidenceOf(all, { databases: databasesOf(all, [lastEast.seq, 900]) }));
    expect(report.lost?.map((row) => row.seq)).toEqual([lastEast.seq, 900]);
    expect(report.lostSeconds).toBe(0.06);
  });

  test("of canaries count like those of users", () => {
    const canary = write(3, faultAtMs - 30, { kind: "canary", key: `canary-7-${east}-3` });
    const all = [...requests, canary];
    const report = judge(evidenceOf(all, { databases: databasesOf(all, [3]) }));
    expect(report.lost?.map((row) => row.kind)).toContain("canary");
  });
});

describe("the recovery time", () => {
  test("starts at the last good write before the fault, not at the fault", () => {
    const requests = cleanRequests().filter((line) => line.epoch === 2 || line.doneAtMs <= 9_700);
    expect(judge(evidenceOf(requests)).rtoMs).toBe(takeoverAtMs - 9_700);
  });

  test("does not end with acknowledgements of the dying region", () => {
    const requests = [...cleanRequests(), write(900, faultAtMs + 40), write(901, faultAtMs + 70)];
    expect(judge(evidenceOf(requests)).rtoMs).toBe(takeoverAtMs - faultAtMs);
  });

  test("does not end with a write whose row is lost", () => {
    const early = write(900, 11_500, { answeredBy: east, epoch: 1 });
    const requests = [...cleanRequests(), early];
    const databases = databasesOf(requests, [900]);
    expect(judge(evidenceOf(requests, { databases })).rtoMs).toBe(takeoverAtMs - faultAtMs);
  });

  test("lasts to the end of a relapse", () => {
    const requests = cleanRequests();
    const relapse = requests.filter((line) => line.doneAtMs < 12_500 || line.doneAtMs >= 14_000);
    const report = judge(evidenceOf(relapse));
    expect(report.rtoMs).toBe(14_000 - faultAtMs);
    expect(report.firstWriteMs).toBe(takeoverAtMs - faultAtMs);
  });

  test("is a failure when users never write again", () => {
    const report = judge(evidenceOf(cleanRequests().filter((line) => line.epoch === 1)));
    expect(report.rtoMs).toBeNull();
    expect(report.result).toBe("fail");
    expect(report.reasons[0]).toContain("could not write again");
  });

  test("is a failure when they write again, but not to the end", () => {
    const requests = cleanRequests().filter((line) => line.doneAtMs < endedAtMs - 1_500);
    expect(judge(evidenceOf(requests)).result).toBe("fail");
  });

  test("fails the drill when it is longer than the objective", () => {
    const report = judge(cleanEvidence({ objective: { ...objective, rtoSeconds: 1.9 } }));
    expect(report.result).toBe("fail");
    expect(report.reasons).toEqual([
      "users could not write for 2000 ms, more than the objective of 1.9 s",
    ]);
  });

  test("counts users only: a canary in the other region is the first write, not the recovery", () => {
    const canary = write(1, 11_000, { kind: "canary", key: `canary-7-${west}-1` });
    const report = judge(evidenceOf([...cleanRequests(), canary]));
    expect(report.firstWriteMs).toBe(1_000);
    expect(report.rtoMs).toBe(takeoverAtMs - faultAtMs);
  });
});

describe("two writers", () => {
  test("are seen in one acknowledgement of the old epoch after the first of the new", () => {
    const late = write(900, takeoverAtMs + 250, { answeredBy: east, epoch: 1 });
    const report = judge(evidenceOf([...cleanRequests(), late]));
    expect(report.twoWritersMs).toBe(250);
    expect(report.result).toBe("fail");
  });

  test("are no two writers when the old acknowledgement came first", () => {
    const late = write(900, takeoverAtMs - 1, { answeredBy: east, epoch: 1 });
    expect(judge(evidenceOf([...cleanRequests(), late])).twoWritersMs).toBe(0);
  });

  test("are seen when two regions acknowledge under one epoch", () => {
    const twin = write(900, takeoverAtMs + 10, { answeredBy: east, epoch: 2 });
    const report = judge(evidenceOf([...cleanRequests(), twin]));
    expect(report.twoWritersMs).toBeGreaterThan(0);
    expect(report.result).toBe("fail");
  });

  test("are seen by canaries where users do not go", () => {
    const canary = write(8, 13_000, {
      kind: "canary",
      key: `canary-7-${east}-8`,
      answeredBy: east,
    });
    const late = { ...canary, epoch: 1 };
    expect(judge(evidenceOf([...cleanRequests(), late])).twoWritersMs).toBe(1_000);
  });

  test("are seen in what the databases stored, acknowledged or not", () => {
    const requests = cleanRequests();
    const silent = write(900, takeoverAtMs + 300, {
      outcome: "unknown",
      error: "timeout-answering",
      answeredBy: east,
      epoch: 1,
    });
    const [old, survivor] = databasesOf(requests);
    const rows = [...(old?.reachable ? old.rows : []), rowOf(silent)];
    const ledger = ledgerOf([...requests, silent]);
    const report = judge(cleanEvidence({ ledger, databases: [databaseOf(east, rows), survivor!] }));
    expect(report.twoWritersMs).toBe(0);
    expect(report.storedOverlapMs).toBe(300);
    expect(report.result).toBe("fail");
  });

  test("cannot be excluded when an acknowledgement carries no epoch", () => {
    const nameless = write(900, 9_990);
    const databases = databasesOf([...cleanRequests(), nameless]);
    const requests = [...cleanRequests(), { ...nameless, epoch: null }];
    const report = judge(evidenceOf(requests, { databases }));
    expect(report.twoWritersMs).toBeNull();
    expect(report.result).toBe("unknown");
  });
});

describe("failovers", () => {
  test("without any fault are needless", () => {
    const report = judge(cleanEvidence({ faults: [{ ...regionLost, injectedAtMs: 15_000 }] }));
    expect(report.needlessFailovers).toBe(1);
    expect(report.result).toBe("fail");
  });

  test("after a fault that was healed before the last change are needless too", () => {
    const back = [15_000, 15_050, 15_100].map((atMs, i) =>
      write(800 + i, atMs, { answeredBy: east, epoch: 3 }),
    );
    const requests = [...cleanRequests().filter((line) => line.doneAtMs < 15_000), ...back];
    const healed = { ...regionLost, healedAtMs: 11_000 };
    const report = judge(evidenceOf(requests, { faults: [healed] }));
    expect(report).toMatchObject({ failovers: 2, needlessFailovers: 1, result: "fail" });
  });

  test("that were due and did not happen are not a pass", () => {
    const requests = cleanRequests().map((line) => ({ ...line, answeredBy: east, epoch: 1 }));
    const databases = [
      databaseOf(
        east,
        requests.map((line) => rowOf(line)),
      ),
      databaseOf(west, [], true),
    ];
    const report = judge(evidenceOf(requests, { databases }));
    expect(report).toMatchObject({ failovers: 0, result: "unknown" });
  });
});

describe("what the databases say", () => {
  const requests = cleanRequests();
  const [old, survivor] = databasesOf(requests);
  const rows = survivor?.reachable ? survivor.rows : [];

  test("a row that nobody sent is a phantom", () => {
    const phantom = rowOf(write(4_711, 15_000));
    const report = judge(
      cleanEvidence({ databases: [old!, databaseOf(west, [...rows, phantom])] }),
    );
    expect(report.phantomKeys).toEqual(["load-7-4711"]);
    expect(report.result).toBe("fail");
  });

  test("a row that is not what was acknowledged is altered", () => {
    const changed = rows.map((row, i) => (i === 5 ? { ...row, quantity: row.quantity + 1 } : row));
    const report = judge(cleanEvidence({ databases: [old!, databaseOf(west, changed)] }));
    expect(report.alteredKeys).toEqual([rows[5]!.key]);
    expect(report.result).toBe("fail");
  });

  test("a key that is there twice is a duplicate", () => {
    const report = judge(
      cleanEvidence({ databases: [old!, databaseOf(west, [...rows, rows[0]!])] }),
    );
    expect(report.duplicateKeys).toEqual([rows[0]!.key]);
    expect(report.result).toBe("fail");
  });

  test("a refused row that is stored all the same is reported, and is no phantom", () => {
    const refusal = write(900, 13_000, { outcome: "refused", status: 503, error: "not-serving" });
    const ledger = ledgerOf([...requests, refusal], {
      refusals: [
        {
          kind: "refusals",
          region: west,
          firstSeq: 1,
          lastSeq: 3,
          sentAtMs: 1,
          doneAtMs: 2,
          error: "not-serving",
        },
      ],
    });
    const canary = rowOf(write(2, 13_000), { key: `canary-7-${west}-2` });
    const stored = [...rows, rowOf(refusal), canary];
    const report = judge(cleanEvidence({ ledger, databases: [old!, databaseOf(west, stored)] }));
    expect(report.refusedYetStoredKeys).toEqual(["load-7-900", `canary-7-${west}-2`]);
    expect(report).toMatchObject({ phantomKeys: [], failedRequests: 1, result: "pass" });
    expect(report.canaryWrites[west]).toMatchObject({ sent: 3, refused: 3 });
  });

  test("the survivor is the writable one that acknowledged last, not the old primary", () => {
    const databases = [databaseOf(west, rows), old!];
    expect(judge(cleanEvidence({ databases }))).toMatchObject({ to: west, lost: [] });
  });
});

describe("nothing that is missing passes", () => {
  const short = cleanRequests().filter((line) => line.epoch === 2 || line.doneAtMs > 9_000);
  const [, survivor] = databasesOf(cleanRequests());
  const unreachable = { region: east, reachable: false, error: "ECONNREFUSED" } as const;
  const holes: Readonly<Record<string, [Evidence, string]>> = {
    "a database that cannot be read": [
      cleanEvidence({ databases: [unreachable, survivor!] }),
      `the database of ${east} could not be read: ECONNREFUSED`,
    ],
    "no database that accepts writes": [
      cleanEvidence({ databases: [databaseOf(east, [], true), databaseOf(west, [], true)] }),
      "no database accepts writes, so lost rows cannot be told",
    ],
    "no database at all": [cleanEvidence({ databases: [] }), "no database was asked"],
    "a ledger without an end": [
      cleanEvidence({ ledger: ledgerOf(cleanRequests(), { end: null }) }),
      "the ledger has no end: the load did not stop in order",
    ],
    "a ledger with an unreadable line": [
      cleanEvidence({ ledger: ledgerOf(cleanRequests(), { malformedLines: 1 }) }),
      "1 lines of the ledger are unreadable",
    ],
    "no fault": [
      evidenceOf(
        cleanRequests().filter((line) => line.epoch === 1),
        { faults: [] },
      ),
      "the fault was not injected",
    ],
    "a load that had barely begun": [
      evidenceOf(short),
      "only 20 acknowledged user writes before the fault",
    ],
    "a load that ended with the recovery": [
      evidenceOf(
        cleanRequests().filter((line) => line.doneAtMs < 13_000),
        {
          ledger: ledgerOf(
            cleanRequests().filter((line) => line.doneAtMs < 13_000),
            { end: { kind: "end", endedAtMs: 13_000, sent: 1, skipped: 0 } },
          ),
        },
      ),
      "only 20 acknowledged user writes after the recovery",
    ],
  };

  test.each(Object.entries(holes))("%s is unknown", (_name, [evidence, reason]) => {
    const report = judge(evidence);
    expect(report.reasons).toContain(reason);
    expect(report.result).toBe("unknown");
  });

  test("an empty ledger is not a pass", () => {
    expect(judge(evidenceOf([])).result).toBe("unknown");
  });

  test("a breach stays a fail, whatever else is unknown", () => {
    const late = write(900, takeoverAtMs + 250, { answeredBy: east, epoch: 1 });
    const requests = [...cleanRequests(), late];
    const report = judge(evidenceOf(requests, { databases: [unreachable, survivor!] }));
    expect(report.result).toBe("fail");
  });
});

test("errors are counted by their class, and objects that are off are no errors", () => {
  const requests = [
    ...cleanRequests(),
    write(900, 11_000, { outcome: "unknown", status: null, error: "timeout-answering" }),
    write(901, 11_100, { outcome: "unknown", status: null, error: "timeout-answering" }),
    write(902, 11_200, { outcome: "failed", status: null, error: "dns-ETIMEOUT" }),
    write(903, 11_300, { kind: "read", key: "read-7-1", outcome: "failed", error: "http-502" }),
    write(904, 11_400, { kind: "object", key: "o", outcome: "refused", error: "objects-off" }),
  ];
  const report = judge(evidenceOf(requests));
  expect(report.failedRequests).toBe(4);
  expect(report.errors).toEqual({ "timeout-answering": 2, "dns-ETIMEOUT": 1, "http-502": 1 });
  expect(report.userWrites).toMatchObject({ unknown: 2, failed: 1 });
});
