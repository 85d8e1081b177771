//! Goal: what a person ordered, and what a grey failure asks for, comes to a good end when somebody dies
//! in the middle of it, and stops where it must. Method: the production loop of both regions over fakes.

import { failed } from "../../failover/outcome.ts";
import { planHandover } from "../../failover/plan.ts";
import { command, isFinished, itemOf, order, plansOf } from "../fakes/people.ts";
import { TwoRegions } from "../fakes/two-regions.ts";
import { Crash } from "../fakes/wire.ts";

let earth: TwoRegions;

async function begin(changes: ConstructorParameters<typeof TwoRegions>[0] = {}): Promise<void> {
  earth = await new TwoRegions(changes).begin();
  earth.events.length = 0;
}

afterEach(() => earth.assertOneWriter());

const happened = (what: string) => earth.events.some((event) => event.includes(what));

const refused = async () => failed("refused", "canceling statement due to statement timeout");

/** The region is gone at the moment before (or after) its operator's next call of this name. */
function loseAt(which: "active" | "standby", name: string, moment: "before" | "after"): void {
  const region = earth[which];
  region.onEveryCall((call, when) => {
    if (call.name !== name || when !== moment || !region.isUp) return;
    region.lose();
    throw new Crash(`${moment} ${name}`);
  });
}

test("a holder that dies between closing and letting go is replaced, and nothing is lost", async () => {
  await begin();
  await command(earth, "switchover", earth.standby);
  earth.active.database.position = 900;
  loseAt("active", "release", "before");
  await earth.until("it is closed", () => !earth.active.isUp);
  expect(earth.active.database.isWritable).toBe(false);
  expect(happened("release")).toBe(false);
  await earth.until("failed over", () => isFinished(earth, "failover-2"));
  expect(plansOf(earth)).toEqual(["switchover-2", "failover-2"]);
  expect(earth.kinds()).toContain("plan-abandoned");
  expect(earth.standby.database.promotedAt).toBe(900);
  expect(earth.serves(earth.standby.name)).toBe(true);
});

test.each([{ mode: "automatic" }, { mode: "approve" }] as const)(
  "a challenger that dies after the release is not waited for longer than its time (mode $mode)",
  async (changes) => {
    await begin(changes);
    const { leaseMs, marginMs } = earth.topology.lease;
    await command(earth, "switchover", earth.standby);
    await earth.until("it asks", () => itemOf(earth).request !== "none");
    earth.standby.lose();
    await earth.until("it is released", () => itemOf(earth).holder === "nobody");
    const releasedMs = earth.clock.monotonicMs();
    await earth.until("it is taken back", () => itemOf(earth).holder === earth.active.name);
    expect(earth.clock.monotonicMs() - releasedMs).toBeGreaterThanOrEqual(leaseMs + marginMs);
    await earth.until("it serves", () => earth.serves(earth.active.name));
    expect(itemOf(earth)).toMatchObject({ epoch: 2, request: "none" });

    // What was ordered still stands, and is done as soon as it can be.
    earth.standby.comeBack();
    await earth.until("switched over", () => isFinished(earth, "switchover-3"));
    expect(earth.serves(earth.standby.name)).toBe(true);
    expect(plansOf(earth)).toEqual(["switchover-2", "failover-2", "switchover-3"]);
  },
);

test("a switchover that is ordered during a pause waits for the end of it", async () => {
  await begin();
  const paused = { because: "release night", atMs: 0 };
  await order(earth.active, (control) => ({ ...control, paused }));
  await command(earth, "switchover", earth.standby);
  await earth.forMs(5_000);
  expect(itemOf(earth)).toMatchObject({ epoch: 1, request: "none" });
  expect(earth.serves(earth.active.name)).toBe(true);
  const refusal = earth.entries.find(({ kind }) => kind === "step-refused");
  expect(JSON.stringify(refusal)).toContain("release night");
  await order(earth.active, (control) => ({ ...control, paused: "no" }));
  await earth.until("switched over", () => isFinished(earth, "switchover-2"));
});

test("nobody is asked to hand over during a pause, and a request of before it is taken back", async () => {
  await begin();
  earth.active.isYielding = false;
  earth.active.appIsDown = true;
  await earth.until("it is asked", () => itemOf(earth).request !== "none");
  const paused = { because: "we know", atMs: 0 };
  await order(earth.active, (control) => ({ ...control, paused }));
  await earth.until("it is held", () => earth.standby.verdict.kind === "hold");
  await earth.until("it is taken back", () => itemOf(earth).request === "none");
  earth.active.isYielding = true;
  await earth.forMs(5_000);
  expect(itemOf(earth)).toMatchObject({ epoch: 1, holder: earth.active.name });
  await order(earth.active, (control) => ({ ...control, paused: "no" }));
  await earth.until("handed over", () => isFinished(earth, "handover-2"));
});

test("a failback that is ordered while the old region is gone waits for it, and goes on", async () => {
  await begin({ blockPeriodSeconds: 0 });
  earth.active.lose();
  await earth.until("failed over", () => isFinished(earth, "failover-2"));
  await command(earth, "failback", earth.active);
  await earth.forMs(20_000);
  expect(plansOf(earth)).toEqual(["failover-2"]);
  expect(earth.serves(earth.standby.name)).toBe(true);
  earth.active.comeBack();
  await earth.until("back", () => isFinished(earth, "switchover-3"), 800);
  expect(plansOf(earth)).toEqual(["failover-2", "protect-2", "switchover-3"]);
  expect(earth.serves(earth.active.name)).toBe(true);
  await earth.until("it is done", () => itemOf(earth).control.command === "none");
});

test("a rebuild that is aborted before the renaming leaves the old primary, and can be had again", async () => {
  await begin({ blockPeriodSeconds: 0 });
  earth.active.lose();
  await earth.until("failed over", () => isFinished(earth, "failover-2"));
  earth.active.comeBack();
  await earth.forMs(2_000);
  await command(earth, "protect", earth.standby);
  await earth.until("it salvages", () => earth.kinds().includes("step-intended salvage"));
  earth.standby.wires.aws.isDown = true;
  await order(earth.standby, (control) => ({ ...control, abort: "protect-2" }));
  await earth.until("aborted", () => earth.kinds().includes("plan-aborted"));
  earth.standby.wires.aws.isDown = false;
  await earth.forMs(5_000);
  expect(earth.active.instances).toMatchObject({ isAbsent: false, retired: new Set() });
  expect(earth.active.database).toMatchObject({ role: "primary", timeline: 1 });
  expect(itemOf(earth).control).toMatchObject({ abort: "none", command: "none" });
  expect(earth.serves(earth.standby.name)).toBe(true);

  await command(earth, "protect", earth.standby);
  await earth.until("protected", () => isFinished(earth, "protect-2"));
  expect(earth.active.database.role).toBe("replica");
});

test("a rebuild past the renaming goes on, whatever is asked", async () => {
  await begin({ blockPeriodSeconds: 0 });
  earth.active.lose();
  await earth.until("failed over", () => isFinished(earth, "failover-2"));
  earth.active.comeBack();
  await command(earth, "protect", earth.standby);
  await earth.until("it renames", () => earth.kinds().includes("step-intended retire-old-primary"));
  await order(earth.standby, (control) => ({ ...control, abort: "protect-2" }));
  await earth.until("protected", () => isFinished(earth, "protect-2"));
  expect(earth.kinds()).toContain("abort-refused");
  expect(earth.kinds()).not.toContain("plan-aborted");
  await earth.until("it is done", () => itemOf(earth).control.command === "none");
});

test("a plan that a dead process left in the journal does not keep an order from being done", async () => {
  await begin({ blockPeriodSeconds: 0 });
  earth.active.lose();
  await earth.until("failed over", () => isFinished(earth, "failover-2"));
  const { name: to } = earth.active;
  const plan = planHandover({ from: earth.standby.name, to, epoch: 2, replicas: 2 });
  const stale = { kind: "plan-started", atMs: 1, planId: plan.id, plan, because: [] } as const;
  earth.table.batches.push([{ ...stale, suspectedAtMs: 0 }]);
  earth.standby.restart();
  await command(earth, "protect", earth.standby);
  // The region is still gone: its database alone is back, and nobody there ends that plan.
  earth.standby.process.operator.ports.rebuild.state = async () => ({
    ok: true,
    value: { kind: "primary", status: "available", followsThisRegion: false },
  });
  await earth.until("it begins", () => plansOf(earth).includes("protect-2"));
  expect(plansOf(earth)).toEqual(["failover-2", "handover-2", "protect-2"]);
});

test("a switchover whose holder falls silent becomes a failover, and what was ordered is done", async () => {
  await begin();
  earth.active.isYielding = false;
  await command(earth, "switchover", earth.standby);
  await earth.until("it is asked", () => itemOf(earth).request !== "none");
  earth.active.lose();
  await earth.until("failed over", () => isFinished(earth, "failover-2"));
  expect(plansOf(earth)).toEqual(["switchover-2", "failover-2"]);
  expect(earth.serves(earth.standby.name)).toBe(true);
  await earth.until("it is done", () => itemOf(earth).control.command === "none");
  expect(itemOf(earth)).toMatchObject({ epoch: 2, request: "none", token: "none" });
});

test("a holder that recovers while it is asked keeps the lease", async () => {
  await begin();
  earth.active.isYielding = false;
  earth.active.appIsDown = true;
  await earth.until("it is asked", () => itemOf(earth).request !== "none");
  earth.active.appIsDown = false;
  await earth.until("it is taken back", () => itemOf(earth).request === "none");
  earth.active.isYielding = true;
  await earth.forMs(5_000);
  expect(plansOf(earth)).toEqual(["handover-2"]);
  expect(earth.kinds().at(-1)).toBe("plan-abandoned");
  expect(earth.serves(earth.active.name)).toBe(true);
});

test("a rebuild that another epoch interrupted half-way makes the replica that is missing", async () => {
  await begin({ blockPeriodSeconds: 0 });
  earth.active.lose();
  await earth.until("failed over", () => isFinished(earth, "failover-2"));
  earth.active.comeBack();
  await command(earth, "protect", earth.standby);
  await earth.until("it is renamed", () => earth.kinds().includes("step-done retire-old-primary"));
  // As with `onStop: release`: the lease is let go, and taken up again by who comes after.
  await earth.standby.process.holder.release();
  earth.standby.restart();
  await earth.until("protected", () => isFinished(earth, "protect-3"));
  expect(earth.active.database.role).toBe("replica");
  expect([...earth.active.instances.retired]).toEqual(["orders-us-east-1-before-epoch-2"]);
});

test.each([
  ["closes", false],
  ["cannot even be closed", true],
])(
  "a holder whose database takes no renewal any more, and %s, is replaced",
  async (_how, stuck) => {
    await begin();
    const { database } = earth.active;
    database.extendLease = refused;
    if (stuck) database.closeLease = refused;
    await earth.until("it is replaced", () => earth.serves(earth.standby.name));
    expect(itemOf(earth).epoch).toBe(2);
  },
);

test("a database that takes renewals again before anybody came is used again", async () => {
  await begin({ mode: "approve" });
  const { database } = earth.active;
  const extend = database.extendLease.bind(database);
  database.extendLease = refused;
  await earth.until("it is held", () => earth.standby.verdict.kind === "hold");
  database.extendLease = extend;
  await earth.until("it serves", () => earth.serves(earth.active.name));
  await earth.forMs(5_000);
  expect(earth.serves(earth.active.name)).toBe(true);
  expect(itemOf(earth).epoch).toBe(1);
});

test("nothing that was ordered is begun while a failover is due and held", async () => {
  await begin({ mode: "approve" });
  earth.active.lose();
  await earth.until("it is held", () => earth.standby.verdict.kind === "hold");
  await command(earth, "switchover", earth.standby);
  await earth.forMs(3_000);
  expect(plansOf(earth)).toEqual([]);
  await order(earth.standby, (control) => ({ ...control, approval: { epoch: 1, atMs: 0 } }));
  await earth.until("failed over", () => isFinished(earth, "failover-2"));
  await earth.until("it is done", () => itemOf(earth).control.command === "none");
});
