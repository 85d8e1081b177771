//! Goal: each step asks the world before and after, and touches nothing that is not its own.
//! Method: single handlers over the standby of two regions in memory.

import {
  planFailover,
  planSwitchover,
  type Plan,
  type StepKind,
  type StepOf,
} from "../../failover/plan.ts";
import { handlerOf } from "../../operator/steps/steps.ts";
import { leaseItem } from "../fakes/lease-items.ts";
import { itemOf } from "../fakes/people.ts";
import { TwoRegions } from "../fakes/two-regions.ts";

let earth: TwoRegions;
let plan: Plan;

beforeEach(async () => {
  earth = await new TwoRegions().begin();
  plan = planFailover({
    from: earth.active.name,
    to: earth.standby.name,
    epoch: 2,
    replicas: 2,
  });
});
afterEach(() => earth.assertOneWriter());

const ports = () => earth.standby.process.operator.ports;
const check = <K extends StepKind>(step: StepOf<K>) =>
  handlerOf<K>(step).check(plan, step, ports());
const act = <K extends StepKind>(step: StepOf<K>) => handlerOf<K>(step).do(plan, step, ports());

const takeLease = { kind: "take-lease" } as const;

/** Nobody has renewed for long enough. */
async function lapse(): Promise<void> {
  const { leaseMs, marginMs } = earth.topology.lease;
  earth.clock.advance(leaseMs + marginMs);
}

test("the lease is not taken while it is renewed", async () => {
  expect(await act(takeLease)).toMatchObject({ ok: false, fault: "conflict" });
  expect(earth.table.item).toMatchObject({ epoch: 1 });
});

test("the lease is not taken from somebody else than the plan says, or in another epoch", async () => {
  await lapse();
  for (const changed of [{ from: "nobody" }, { epoch: 3 }, { epoch: 1 }]) {
    const answer = await handlerOf(takeLease).do({ ...plan, ...changed }, takeLease, ports());
    expect(answer).toMatchObject({ ok: false, fault: "conflict" });
  }
  expect(earth.table.item).toMatchObject({ epoch: 1 });
  expect(await act(takeLease)).toMatchObject({ ok: true });
  expect(await check(takeLease)).toEqual({ ok: true, value: true });
});

test("a process that has not heard of the arbiter takes nothing", async () => {
  await lapse();
  earth.standby.restart();
  expect(await act(takeLease)).toMatchObject({ ok: false, fault: "unreachable" });
  expect(await check(takeLease)).toEqual({ ok: true, value: false });
});

test("writes are granted when the lease is live, of this epoch and this region, all three", async () => {
  const step = { kind: "grant-writes" } as const;
  await lapse();
  await act(takeLease);
  expect(await act(step)).toMatchObject({ ok: false, fault: "refused" });
  await act({ kind: "promote-database" });
  expect(await check(step)).toEqual({ ok: true, value: false });
  expect(await act(step)).toMatchObject({ ok: true });
  expect(await check(step)).toEqual({ ok: true, value: true });
  const granted = earth.standby.database.row;
  if (granted === "none") throw new Error("not granted");
  for (const other of [{ epoch: 1 }, { region: "us-east-1" }, { expiresAtMs: -Infinity }]) {
    earth.standby.database.row = { ...granted, ...other };
    expect(await check(step)).toEqual({ ok: true, value: false });
  }
});

test("capacity is enough when it is asked for and one pod is ready", async () => {
  const step = { kind: "scale-up", replicas: 4 } as const;
  expect(await check(step)).toEqual({ ok: true, value: false });
  await act(step);
  expect(earth.standby.capacity.wanted).toBe(4);
  expect(await check(step)).toEqual({ ok: true, value: true });
  expect(await check({ kind: "scale-up", replicas: 0 })).toEqual({ ok: true, value: true });
});

test("draining waits for where the old holder closed and does nothing else", async () => {
  const token = { systemIdentifier: "7", timeline: 1, lsn: "0/900" };
  const step = { kind: "drain-replication" } as const;
  earth.table.item = leaseItem({ epoch: 2, holder: earth.standby.name, token });
  await ports().board.refresh();
  expect(await check(step)).toEqual({ ok: true, value: false });
  expect(await act(step)).toMatchObject({ ok: true });
  earth.standby.database.position = 900;
  expect(await check(step)).toEqual({ ok: true, value: true });
});

test("where nobody let go there is nothing to drain", async () => {
  earth.standby.database.isStreaming = false;
  await lapse();
  await act(takeLease);
  expect(await check({ kind: "drain-replication" })).toEqual({ ok: true, value: true });
});

test.each(["promote-database", "grant-writes"] as const)(
  "%s is neither done nor not done while the database does not answer",
  async (kind) => {
    earth.standby.wires.database.isDown = true;
    expect(await check({ kind })).toMatchObject({ ok: false, fault: "unreachable" });
  },
);

describe("asking the holder to close", () => {
  const step = { kind: "close-writes" } as const;

  beforeEach(() => {
    const { active, standby } = earth;
    const change = { from: active.name, to: standby.name, epoch: 2, replicas: 2 };
    plan = planSwitchover({ ...change, keptAs: "old" });
    active.isYielding = false;
  });

  async function undo(): Promise<void> {
    const handler = handlerOf<"close-writes">(step).undo;
    if (!("undo" in handler)) throw new Error("it can be taken back");
    expect(await handler.undo(plan, step, ports())).toMatchObject({ ok: true });
  }

  test("is done once, says for whom and why, and is not done before the holder let go", async () => {
    expect(await check(step)).toEqual({ ok: true, value: false });
    expect(await act(step)).toMatchObject({ ok: true });
    const { version } = itemOf(earth);
    expect(await act(step)).toMatchObject({ ok: true });
    const { name: by } = earth.standby;
    expect(itemOf(earth)).toMatchObject({
      version,
      request: { by, planId: "switchover-2", reason: "planned" },
    });
    expect(await check(step)).toEqual({ ok: true, value: false });
    await earth.active.process.board.refresh();
    await earth.active.process.holder.release();
    expect(await check(step)).toEqual({ ok: true, value: true });
  });

  test.each([
    ["another epoch", { epoch: 2 }],
    ["another holder", { holder: "eu-west-1" }],
  ])("asks nothing of %s than the plan is about", async (_what, moved) => {
    earth.table.item = { ...itemOf(earth), ...moved };
    expect(await check(step)).toEqual({ ok: true, value: false });
    expect(await act(step)).toMatchObject({ ok: false, fault: "conflict" });
    expect(itemOf(earth)).toMatchObject({ request: "none" });
  });

  test("is taken back without a trace while the holder has not let go", async () => {
    await act(step);
    await undo();
    expect(itemOf(earth)).toMatchObject({ request: "none", holder: earth.active.name });
    const { version } = itemOf(earth);
    await undo();
    expect(itemOf(earth).version).toBe(version);
  });

  test("is taken back by leaving the lease to the old holder, once, when it has let go", async () => {
    await act(step);
    await earth.active.process.board.refresh();
    await earth.active.process.holder.release();
    await undo();
    const request = { by: earth.active.name, planId: "switchover-2", reason: "withdrawn" };
    expect(itemOf(earth)).toMatchObject({ holder: "nobody", request });
    const { version } = itemOf(earth);
    await undo();
    expect(itemOf(earth).version).toBe(version);
  });

  test("leaves alone what another plan has asked", async () => {
    const request = { by: earth.standby.name, planId: "handover-2", because: [] };
    await ports().board.ask({ ...request, reason: "grey" });
    await undo();
    expect(itemOf(earth)).toMatchObject({ request });
  });
});
