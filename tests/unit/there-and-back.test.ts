//! Goal: what people order and what grey failures ask for ends with the lease where it should be, no
//! write lost and never two writers, also when operators are killed on the way.
//! Method: the production loop of both regions over fakes.

import { command, isFinished, itemOf, order } from "../fakes/people.ts";
import { TwoRegions } from "../fakes/two-regions.ts";
import { Crash } from "../fakes/wire.ts";

test("a switchover moves the lease with a token and leaves a replica behind", async () => {
  const earth = await new TwoRegions().begin();
  await command(earth, "switchover", earth.standby);
  await earth.until("it is done", () => isFinished(earth, "switchover-2"));
  expect(earth.serves(earth.standby.name)).toBe(true);
  expect(earth.active.database.role).toBe("replica");
  expect(earth.records.primary).toBe(earth.standby.name);
  const steps = earth.events.filter((event) => /close|release|takeOver|promote|grant/.test(event));
  expect(
    steps.slice(-5).map((event) => /close|release|takeOver|promote|grant/.exec(event)?.[0]),
  ).toEqual(["close", "release", "takeOver", "promote", "grant"]);
  await earth.forMs(2_000);
  expect(itemOf(earth).control.command).toBe("none");
  earth.assertOneWriter();
});

test("there and back: failover, return, protect, switchover", async () => {
  const earth = await new TwoRegions({ blockPeriodSeconds: 0 }).begin();
  earth.active.lose();
  await earth.until("failed over", () => isFinished(earth, "failover-2"));
  earth.active.comeBack();
  await earth.forMs(3_000);
  expect(earth.active.database.isWritable).toBe(false);
  await command(earth, "failback", earth.active);
  await earth.until("protected", () => isFinished(earth, "protect-2"));
  await earth.until("back", () => isFinished(earth, "switchover-3"), 800);
  expect(earth.serves(earth.active.name)).toBe(true);
  expect(earth.standby.database.role).toBe("replica");
  await earth.forMs(2_000);
  expect(itemOf(earth).control.command).toBe("none");
  earth.assertOneWriter();
});

test("a holder that renews but serves nobody is asked, and yields when the world agrees", async () => {
  const earth = await new TwoRegions().begin();
  earth.active.appIsDown = true;
  await earth.until("handed over", () => isFinished(earth, "handover-2"));
  expect(earth.serves(earth.standby.name)).toBe(true);
  expect(earth.events.some((event) => event.includes("release"))).toBe(true);
  expect(earth.active.yields.at(-1)).toMatchObject({ yielded: true });
  earth.assertOneWriter();
});

test("a challenger whose view the world does not share is not obeyed", async () => {
  const earth = await new TwoRegions().begin();
  const { board } = earth.standby.process;
  const because: string[] = [];
  await board.ask({ by: earth.standby.name, planId: "handover-2", reason: "grey", because });
  await earth.forMs(1_000);
  expect(earth.active.yields.at(-1)).toMatchObject({ yielded: false });
  expect(earth.serves(earth.active.name)).toBe(true);
});

test("without the arbiter the holder lives on its peer's promises, and nobody takes over", async () => {
  const earth = await new TwoRegions().begin();
  for (const region of earth.regions) region.wires.arbiter.isDown = true;
  for (let turn = 0; turn < 200; turn += 1) {
    await earth.turn();
    expect(earth.serves(earth.active.name)).toBe(true);
  }
  for (const region of earth.regions) region.wires.arbiter.isDown = false;
  await earth.forMs(4_000);
  expect(earth.serves(earth.active.name)).toBe(true);
  expect(earth.kinds()).not.toContain("plan-started");
  expect(earth.active.holderEvents).toContainEqual({ kind: "vouched", how: "promised" });
});

test("a holder that alone has lost the arbiter is renewed for by its peer", async () => {
  const earth = await new TwoRegions().begin();
  earth.active.wires.arbiter.isDown = true;
  await earth.forMs(6_000);
  expect(earth.serves(earth.active.name)).toBe(true);
  expect(earth.active.holderEvents).toContainEqual({ kind: "vouched", how: "relayed" });
  expect(earth.kinds()).not.toContain("plan-started");
});

test("without arbiter and peer the holder is fenced, and nobody is promoted", async () => {
  const earth = await new TwoRegions().begin();
  for (const region of earth.regions) {
    region.wires.arbiter.isDown = true;
    region.wires.peer.isDown = true;
  }
  await earth.forMs(4_000);
  expect(earth.regions.some((region) => earth.serves(region.name))).toBe(false);
  expect(earth.standby.database.role).toBe("replica");
  for (const region of earth.regions) {
    region.wires.arbiter.isDown = false;
    region.wires.peer.isDown = false;
  }
  await earth.until("somebody serves", () => earth.regions.some(({ name }) => earth.serves(name)));
  earth.assertOneWriter();
});

test("an abort before the lease is taken walks back, and the old holder serves on", async () => {
  const earth = await new TwoRegions().begin();
  // The holder does not hear of it, so that the plan stays where it asks.
  earth.active.isYielding = false;
  await command(earth, "switchover", earth.standby);
  await earth.until("it asks", () => earth.kinds().includes("step-intended close-writes"));
  await order(earth.active, (control) => ({ ...control, abort: "switchover-2" }));
  await earth.until("aborted", () => earth.kinds().includes("plan-aborted"));
  earth.active.isYielding = true;
  await earth.forMs(3_000);
  expect(earth.kinds()).toContain("step-undone close-writes");
  expect(earth.serves(earth.active.name)).toBe(true);
  expect(itemOf(earth).control).toMatchObject({ abort: "none", command: "none" });
  expect(earth.table.item).toMatchObject({ request: "none", epoch: 1 });
});

test("an abort after the lease was taken is refused and says where the plan stands", async () => {
  const earth = await new TwoRegions().begin();
  earth.standby.wires.dns.isDown = true;
  await command(earth, "switchover", earth.standby);
  await earth.until("it waits", () => earth.kinds().includes("step-intended await-serving"));
  await order(earth.active, (control) => ({ ...control, abort: "switchover-2" }));
  await earth.until("refused", () => earth.kinds().includes("abort-refused"));
  const refusal = earth.entries.find(({ kind }) => kind === "abort-refused");
  expect(JSON.stringify(refusal)).toContain("grant-writes");
  earth.standby.wires.dns.isDown = false;
  await earth.until("it is done", () => isFinished(earth, "switchover-2"));
});

test("a pause holds what is due, and resume lets it go on", async () => {
  const earth = await new TwoRegions().begin();
  const paused = { because: "drill", atMs: 0 };
  await order(earth.active, (control) => ({ ...control, paused }));
  await earth.forMs(500);
  earth.active.lose();
  await earth.until("it is held", () => earth.standby.verdict.kind === "hold");
  await earth.forMs(3_000);
  expect(earth.standby.database.role).toBe("replica");
  const { board } = earth.standby.process;
  await board.instruct((control) => ({ ...control, paused: "no" }));
  await earth.until("failed over", () => isFinished(earth, "failover-2"));
});

test("in mode approve a failover waits for a person, and one approval is for one epoch", async () => {
  const earth = await new TwoRegions({ mode: "approve" }).begin();
  earth.active.lose();
  await earth.until("it is held", () => earth.standby.verdict.kind === "hold");
  await earth.forMs(1_000);
  expect(earth.kinds()).not.toContain("plan-started");
  const { board } = earth.standby.process;
  await board.instruct((control) => ({ ...control, approval: { epoch: 1, atMs: 0 } }));
  await earth.until("failed over", () => isFinished(earth, "failover-2"));
  expect(earth.table.item).toMatchObject({ epoch: 2 });
});

test.each(["before", "after"] as const)(
  "an operator killed %s any of its calls in a switchover comes to the same end",
  async (moment) => {
    const count = async (which: "active" | "standby") => {
      const calm = await new TwoRegions().begin();
      await command(calm, "switchover", calm.standby);
      let calls = 0;
      calm[which].onEveryCall((_call, when) => (calls += when === moment ? 1 : 0));
      await calm.until("it is done", () => isFinished(calm, "switchover-2"));
      return calls;
    };
    for (const which of ["active", "standby"] as const) {
      const calls = await count(which);
      expect(calls).toBeGreaterThan(50);
      for (let killed = 1; killed <= calls; killed += 3) {
        const earth = await new TwoRegions().begin();
        await command(earth, "switchover", earth.standby);
        let left = killed;
        earth[which].onEveryCall((call, when) => {
          if (when !== moment) return;
          left -= 1;
          if (left === 0) throw new Crash(`${moment} ${call.name}`);
        });
        await earth.until(
          `done, ${which} killed ${moment} call ${killed}`,
          () => earth.serves(earth.standby.name) && earth.active.database.role === "replica",
          1_200,
        );
        earth.assertOneWriter();
      }
    }
  },
);
