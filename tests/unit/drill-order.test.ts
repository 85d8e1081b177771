//! Goal: a lease that is not waited out, a promotion before the lease and a write before both turn a
//! drill red, though nobody was hurt; and what was not witnessed leaves it open.
//! Method: what the lab saw of a clean region loss and a clean switchover, doctored in one place.

import { judge } from "../../lab/drill/verdicts.ts";
import type { CheckerReport, Evidence } from "../../lab/drill/verdicts/evidence.ts";
import type { LeaseShown, LeaseWrite, Witnessed } from "../../lab/drill/verdicts/order.ts";
import {
  cleanEvidence,
  east,
  faultAtMs,
  objective,
  plannedEvidence,
  plannedRequests,
  takeoverAtMs,
  west,
  witnessedLoss,
  witnessedMove,
} from "./drill-evidence.ts";

const { leaseWrites, leasesShown, promotions } = witnessedLoss;
const [shown] = leasesShown as [LeaseShown];
const [opened, renewed, taken] = leaseWrites as [LeaseWrite, LeaseWrite, LeaseWrite];

function lossSeen(changes: Partial<Witnessed>, others: Partial<Evidence> = {}): CheckerReport {
  return judge(cleanEvidence({ witnessed: { ...witnessedLoss, ...changes }, ...others }));
}

function moveSeen(changes: Partial<Witnessed>): CheckerReport {
  return judge(plannedEvidence(plannedRequests(), { witnessed: { ...witnessedMove, ...changes } }));
}

test("a clean loss says how long the lease was waited out, and which plan was begun", () => {
  expect(lossSeen({})).toMatchObject({
    result: "pass",
    order: {
      takeovers: [{ epoch: 2, from: east, to: west, waitedMs: taken.atMs - shown.atMs }],
      earlyPromotions: [],
      earlyEpochs: [],
      plansBegun: ["failover-2"],
    },
  });
});

/** The west heard of the last renewal so long before it took the lease. */
function toldBefore(ms: number): Partial<Witnessed> {
  return { leasesShown: [{ ...shown, atMs: taken.atMs - ms }] };
}

describe("waiting the lease out", () => {
  test("to the millisecond passes, but for what rounding may hide", () => {
    expect(lossSeen(toldBefore(1_800)).result).toBe("pass");
    expect(lossSeen(toldBefore(1_795)).result).toBe("pass");
  });

  test("without the margin fails", () => {
    const report = lossSeen(toldBefore(1_794));
    expect(report.result).toBe("fail");
    expect(report.reasons).toEqual([
      `epoch 2 was taken 1794 ms after ${west} heard of a renewal, less than 1800 ms`,
    ]);
  });

  test("is counted from the first answer to the new holder, not to the old one", () => {
    const again = { ...shown, atMs: taken.atMs - 10 };
    const toEast = { ...shown, to: east, atMs: taken.atMs - 1_790 };
    expect(lossSeen({ leasesShown: [toEast, shown, again] }).result).toBe("pass");
  });

  test("is counted from the renewal where the new holder was never told of it", () => {
    const late = { ...renewed, atMs: taken.atMs - 1_700 };
    const report = lossSeen({ leaseWrites: [opened, late, taken], leasesShown: [] });
    expect(report).toMatchObject({ result: "fail", order: { takeovers: [{ waitedMs: 1_700 }] } });
  });

  test("is counted from the last renewal, not from a request in the same item", () => {
    const asked = { ...renewed, atMs: taken.atMs - 100 };
    expect(lossSeen({ leaseWrites: [opened, renewed, asked, taken] }).result).toBe("pass");
  });

  test("is due to a holder only: what was let go is taken at once", () => {
    expect(moveSeen({})).toMatchObject({ result: "pass", order: { takeovers: [] } });
  });

  test("is due also when the switchover's holder did not let go", () => {
    const held = witnessedMove.leaseWrites.filter(({ holder }) => holder !== "nobody");
    const { reasons, result } = moveSeen({ leaseWrites: held });
    expect(result).toBe("fail");
    expect(reasons.join()).toContain(`epoch 2 was taken 100 ms after ${west} heard of a renewal`);
  });
});

describe("a promotion", () => {
  test("before the lease is taken fails", () => {
    const report = lossSeen({ promotions: [{ region: west, atMs: taken.atMs - 6 }] });
    expect(report.result).toBe("fail");
    expect(report.reasons).toEqual([
      `the database of ${west} was promoted while ${east} held the lease`,
    ]);
  });

  test("of a lease that nobody holds fails", () => {
    const report = moveSeen({ promotions: [{ region: west, atMs: faultAtMs + 120 }] });
    expect(report.reasons).toContain(
      `the database of ${west} was promoted while nobody held the lease`,
    );
  });

  test("of the wrong region fails, also a second one", () => {
    const more = { region: east, atMs: takeoverAtMs + 500 };
    const report = lossSeen({ promotions: [...promotions, more] });
    expect(report.reasons).toContain(
      `the database of ${east} was promoted while ${west} held the lease`,
    );
  });

  test("with the answer of the takeover passes", () => {
    expect(lossSeen({ promotions: [{ region: west, atMs: taken.atMs }] }).result).toBe("pass");
  });
});

describe("an acknowledgement", () => {
  test("under an epoch that is not taken yet fails", () => {
    const late = { ...taken, atMs: takeoverAtMs + 200 };
    const report = lossSeen({ leaseWrites: [opened, renewed, late], promotions: [] });
    expect(report.result).toBe("fail");
    expect(report.reasons).toEqual(["writes were acknowledged under epoch 2 before it was taken"]);
  });

  test("under an epoch that the arbiter never had fails", () => {
    const report = lossSeen({ leaseWrites: [opened, renewed], promotions: [] });
    expect(report.reasons).toContain("writes were acknowledged under epoch 2 before it was taken");
  });
});

describe("where no plan may begin", () => {
  const quiet = { objective: { ...objective, plansMax: 0 } };

  test("one fails, whatever became of it", () => {
    const asked = { atMs: faultAtMs + 2_000, planId: "handover-2" };
    const report = lossSeen({ plansBegun: [asked] }, quiet);
    expect(report.result).toBe("fail");
    expect(report.reasons).toEqual(["handover-2 was begun, at most 0 plans may be"]);
  });

  test("those of before zero do not count", () => {
    const before = { atMs: faultAtMs - 1, planId: "handover-2" };
    expect(lossSeen({ plansBegun: [before] }, quiet).result).toBe("pass");
  });
});

test.each<[string, Partial<Evidence>, string]>([
  ["nobody", { witnessed: null }, "what happened at the arbiter was not witnessed"],
  [
    "a witness who saw nothing",
    { witnessed: { leaseWrites: [], leasesShown: [], promotions: [], plansBegun: [] } },
    "what happened at the arbiter was not witnessed",
  ],
  [
    "a topology without a lease",
    { leaseTiming: null },
    "how long a lease lasts is not in the evidence",
  ],
])("%s leaves the drill open", (_name, changes, reason) => {
  const report = judge(cleanEvidence(changes));
  expect(report.result).toBe("unknown");
  expect(report.reasons).toEqual([reason]);
});
