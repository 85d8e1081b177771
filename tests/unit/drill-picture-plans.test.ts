//! Goal: the operators' account is told once, in order and with its gaps, and the lease follows from it.
//! Method: made-up journals, whole, doubled and cut short, folded into plans and turns of the lease.

import { plansOf } from "../../lab/drill/picture/account.ts";
import { leaseTurns } from "../../lab/drill/picture/lease-turns.ts";
import { planGroups } from "../../lab/drill/picture/plan-rows.ts";
import { acknowledgementsOf } from "../../lab/drill/verdicts/requests.ts";
import { cleanRequests, east, endedAtMs, faultAtMs, ledgerOf, west } from "./drill-evidence.ts";
import { failoverPlan, journalOf } from "./drill-picture-evidence.ts";
import { failbackInput } from "./drill-picture-failback.ts";

describe("the lease", () => {
  const extent = { fromMs: 4_000, toMs: endedAtMs };

  test("is held by who wrote first until another region takes it", () => {
    const plans = plansOf({ [west]: journalOf(failoverPlan) });
    const first = acknowledgementsOf(ledgerOf(cleanRequests()))[0];
    expect(leaseTurns(plans, first, extent)).toEqual([
      { region: east, epoch: 1, fromMs: 4_000, toMs: 11_600, end: `until ${west} took it` },
      { region: west, epoch: 2, fromMs: 11_600, toMs: endedAtMs, end: "to the end" },
    ]);
  });

  test("ends where its holder closed its writes, before the next one has it", () => {
    const plans = plansOf(failbackInput().journals);
    const turns = leaseTurns(plans, undefined, extent);
    expect(turns.map(({ region, epoch, end }) => [region, epoch, end])).toEqual([
      [east, 1, `until ${west} took it`],
      [west, 2, "until it closed its writes"],
      [east, 3, "to the end"],
    ]);
    expect((turns[2]?.fromMs ?? 0) - (turns[1]?.toMs ?? 0)).toBe(60);
  });

  test("is nobody's when nobody wrote and no plan took it", () => {
    expect(leaseTurns([], undefined, extent)).toEqual([]);
  });
});

describe("plans", () => {
  test("are told once, though both operators wrote them down", () => {
    const step = "record-roles";
    const refusal = { kind: "step-refused", atMs: 12_500, planId: "failover-2", step };
    const entries = [...journalOf(failoverPlan), { ...refusal, fault: "unreachable" }];
    const plans = plansOf({ [east]: entries, [west]: entries, elsewhere: null });
    expect(plans).toHaveLength(1);
    expect(plans[0]?.steps.find(({ kind }) => kind === step)?.refusals).toEqual([
      { atMs: 12_500, reason: "unreachable" },
    ]);
    expect(plans[0]).toMatchObject({
      id: "failover-2",
      kind: "failover",
      epoch: 2,
      end: "finished",
    });
    expect(plans[0]?.steps.map((step) => step.kind)).toEqual(
      failoverPlan.steps.map(([step]) => step),
    );
  });

  test("keep the order in which they began, with refusals and what was never begun", () => {
    const plans = plansOf(failbackInput().journals);
    expect(plans.map(({ id, end }) => [id, end])).toEqual([
      ["failover-2", "finished"],
      ["protect-2", "finished"],
      ["switchover-3", "open"],
    ]);
    const rows = planGroups(plans, 99_000)[2]?.rows ?? [];
    expect(rows.find(({ name }) => name === "create-replica")?.marks).toHaveLength(1);
    expect(rows.find(({ name }) => name === "announce")?.note).toBe("not begun");
  });

  test("without a beginning are drawn from what is left of them", () => {
    const [plan] = plansOf({ [west]: journalOf(failoverPlan).slice(3) });
    expect(plan).toMatchObject({ kind: "failover", from: null, to: null, startedAtMs: null });
    expect(planGroups(plan === undefined ? [] : [plan], 99_000)[0]?.subtitle).toContain("unknown");
  });

  test("that were aborted say so, and a step that was undone ends there", () => {
    const atMs = faultAtMs + 1_700;
    const aborted = [
      ...journalOf({ ...failoverPlan, finishedAtMs: null, steps: [["take-lease", 1_500, null]] }),
      { kind: "step-undone", atMs, planId: "failover-2", step: "take-lease" },
      { kind: "plan-aborted", atMs, planId: "failover-2", because: ["a person said so"] },
    ];
    const [plan] = plansOf({ [west]: aborted });
    expect(plan).toMatchObject({ end: "aborted", endBecause: ["a person said so"] });
    const [group] = planGroups(plan === undefined ? [] : [plan], 99_000);
    const step = group?.rows.find(({ name }) => name === "take-lease")?.spans[0];
    expect(step).toMatchObject({ tone: "open", label: "undone", toMs: atMs });
  });

  test("from a journal that is no journal are none", () => {
    expect(plansOf({ [east]: null, [west]: "nothing here", x: [null, 7, { kind: "x" }] })).toEqual(
      [],
    );
  });
});
