//! Goal: a lease that is not waited out, a promotion before the lease and a write before both turn a
//! drill red, though nobody was hurt; and what was not witnessed leaves it open.
//! Method: what the lab saw of a clean region loss and a clean switchover, doctored in one place.

import { judge } from "../../lab/drill/verdicts.ts";
import type { CheckerReport, Evidence } from "../../lab/drill/verdicts/evidence.ts";
import type { LeaseWrite, Witnessed } from "../../lab/drill/verdicts/order.ts";
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

const { leaseWrites, promotions } = witnessedLoss;
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
      takeovers: [{ epoch: 2, from: east, to: west, waitedMs: taken.atMs - renewed.atMs }],
      earlyPromotions: [],
      earlyEpochs: [],
      plansBegun: ["failover-2"],
    },
  });
});

function renewedBefore(ms: number): LeaseWrite[] {
  return [opened, { ...renewed, atMs: taken.atMs - ms }, taken];
}

describe("waiting the lease out", () => {
  test("to the millisecond passes, but for what rounding may hide", () => {
    expect(lossSeen({ leaseWrites: renewedBefore(1_800) }).result).toBe("pass");
    expect(lossSeen({ leaseWrites: renewedBefore(1_795) }).result).toBe("pass");
  });

  test("without the margin fails", () => {
    const report = lossSeen({ leaseWrites: renewedBefore(1_794) });
    expect(report.result).toBe("fail");
    expect(report.reasons).toEqual([
      `epoch 2 was taken 1794 ms after ${east} had renewed, and 1800 ms are to be waited`,
    ]);
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
    expect(reasons.join()).toContain(`epoch 2 was taken 100 ms after ${east} had renewed`);
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
    { witnessed: { leaseWrites: [], promotions: [], plansBegun: [] } },
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
