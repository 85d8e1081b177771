//! Goal: the four mistakes that home-made failover makes, each by its name, are not made here.
//! Method: the production loop of both regions over fakes, and the steps of every plan with ports
//! that tell when they are touched.

import {
  type Plan,
  planFailover,
  planHandover,
  planSwitchover,
  type StepKind,
} from "../../failover/plan.ts";
import type { Traffic } from "../../failover/ports.ts";
import { handlerOf } from "../../operator/steps/steps.ts";
import { TwoRegions } from "../fakes/two-regions.ts";

let earth: TwoRegions;

beforeEach(async () => {
  earth = await new TwoRegions({ blockPeriodSeconds: 0 }).begin();
  earth.events.length = 0;
});

afterEach(() => earth.assertOneWriter());

const finished = (id: string) =>
  earth.entries.some((entry) => entry.kind === "plan-finished" && entry.planId === id);
const started = () =>
  earth.entries.flatMap((entry) => (entry.kind === "plan-started" ? [entry.planId] : []));

/** Told at the very instant of a write to the arbiter. */
function onWrite(wanted: "takeOver" | "ask", listener: () => void): void {
  const { table } = earth;
  const before = table.onApplied;
  table.onApplied = (write, item) => {
    if (write === wanted) listener();
    before(write, item);
  };
}

async function order(kind: "switchover" | "failback", to: string): Promise<void> {
  const { board } = earth.standby.process;
  const command = { id: `${kind}-ordered`, kind, to, atMs: 0 };
  await board.refresh();
  const written = await board.instruct((control) => ({ ...control, command }));
  expect(written).toMatchObject({ ok: true });
}

async function failOver(): Promise<void> {
  earth.active.lose();
  await earth.until("failed over", () => finished("failover-2"));
}

describe("no fencing and no look at the lag: two writers, or rows that were never there", () => {
  test("an old active that renews its lease is not overtaken, however dead it looks", async () => {
    // Everybody outside sees it fail, and its operator answers no request.
    earth.active.appIsDown = true;
    earth.active.probed = "failing";
    earth.active.isYielding = false;
    for (let turn = 0; turn < 600; turn += 1) {
      await earth.turn();
      expect(earth.active.database.isWritable).toBe(true);
    }
    expect(earth.table.item).toMatchObject({ epoch: 1, holder: earth.active.name });
    expect(earth.standby.database.role).toBe("replica");
    expect(earth.events.filter((event) => /takeOver|promote|grant/.test(event))).toEqual([]);
  });

  test.each(["its region", "its way to the arbiter and to its peer"] as const)(
    "an old active that has lost %s is overtaken only when its database accepts nothing",
    async (lost) => {
      const writable: boolean[] = [];
      onWrite("takeOver", () => writable.push(earth.active.database.isWritable));
      if (lost === "its region") earth.active.lose();
      else {
        earth.active.wires.arbiter.isDown = true;
        earth.active.wires.peer.isDown = true;
      }
      expect(earth.active.database.isWritable).toBe(true);
      await earth.until("the other one serves", () => earth.serves(earth.standby.name));
      expect(writable).toEqual([false]);
      earth.active.comeBack();
      earth.active.wires.arbiter.isDown = false;
      earth.active.wires.peer.isDown = false;
      for (let turn = 0; turn < 100; turn += 1) {
        await earth.turn();
        expect(earth.active.database.write("late")).toBe(false);
      }
    },
  );

  test("a replica that is too far behind is not promoted, and says why", async () => {
    earth.standby.database.isStreaming = false;
    await earth.forMs(earth.topology.replicaLagMsMax + 1_000);
    earth.active.lose();
    await earth.forMs(20_000);
    expect(earth.standby.verdict).toMatchObject({
      kind: "hold",
      because: expect.arrayContaining([expect.stringMatching(/the replica is \d+ ms behind/)]),
    });
    expect(started()).toEqual([]);
    expect(earth.standby.database.role).toBe("replica");
  });

  test("a replica of which nobody knows how far it is behind is not promoted", async () => {
    earth.standby.database.row = "none";
    earth.standby.database.isStreaming = false;
    await earth.forMs(1_000);
    earth.active.lose();
    await earth.forMs(20_000);
    expect(earth.standby.verdict.kind).toBe("hold");
    expect(earth.standby.database.role).toBe("replica");
  });
});

describe("the records are changed on the way to service: nobody is served while Route 53 is down", () => {
  test("a failover serves with Route 53's control plane down, and has not asked it anything", async () => {
    for (const { wires } of earth.regions) wires.route53.isDown = true;
    earth.active.lose();
    await earth.until("it serves", () => earth.serves(earth.standby.name));
    expect(earth.regions.map(({ wires }) => wires.route53.calls)).toEqual([0, 0]);
    await earth.until("the world sees it", () => earth.kinds().includes("step-done await-serving"));
    expect(earth.records.primary).toBe(earth.active.name);
    for (const { wires } of earth.regions) wires.route53.isDown = false;
    await earth.until("the records follow", () => finished("failover-2"));
    expect(earth.records.primary).toBe(earth.standby.name);
  });

  const change = { from: "a", to: "b", epoch: 2, replicas: 2 };
  const plans: readonly Plan[] = [
    planFailover(change),
    planFailover({ ...change, from: "nobody" }),
    planHandover(change),
    planSwitchover({ ...change, keptAs: "kept" }),
  ];

  test.each(plans)(
    "no step of the $kind plan before await-serving touches the records",
    async (plan) => {
      const at = stageOf(plan, "await-serving");
      expect(at).toBeGreaterThan(0);
      expect(stageOf(plan, "record-roles")).toBeGreaterThan(at);
      const touched: string[] = [];
      const of = { ...plan, from: earth.active.name, to: earth.standby.name };
      for (const step of plan.stages.slice(0, at + 1).flat()) {
        const ports = {
          ...earth.standby.process.operator.ports,
          traffic: telling(() => touched.push(step.kind)),
        };
        const handler = handlerOf(step);
        await handler.check(of, step, ports);
        await handler.do(of, step, ports);
      }
      expect(touched).toEqual([]);
    },
  );

  test("capacity, promotion and grant come before service in every plan, the records after it", () => {
    for (const plan of plans) {
      const order: StepKind[] = [
        "promote-database",
        "grant-writes",
        "await-serving",
        "record-roles",
      ];
      const stages = order.map((kind) => stageOf(plan, kind));
      expect(stages.toSorted((one, other) => one - other)).toEqual(stages);
      expect(new Set(stages).size).toBe(stages.length);
      expect(stageOf(plan, "scale-up")).toBeLessThan(stageOf(plan, "grant-writes"));
    }
  });
});

function stageOf({ stages }: Plan, kind: StepKind): number {
  return stages.findIndex((stage) => stage.some((step) => step.kind === kind));
}

function telling(touched: () => void): Traffic {
  const primary = async () => {
    touched();
    return { ok: true, value: "nobody" } as const;
  };
  const makePrimary = async () => {
    touched();
    return { ok: true, value: undefined } as const;
  };
  return { primary, makePrimary };
}

describe("'available' is taken for 'promoted': writes are sent to a replica", () => {
  test("a promotion is believed when PostgreSQL has left recovery, whatever RDS answers", async () => {
    const { database } = earth.standby;
    const promote = database.promote.bind(database);
    // RDS takes the order, says available, and PostgreSQL is still in recovery.
    let asked = 0;
    database.promote = async () => {
      asked += 1;
      return { ok: true, value: undefined };
    };
    earth.active.lose();
    await earth.until("it is ordered", () => asked > 0);
    await earth.forMs(3_000);
    expect(earth.kinds()).not.toContain("step-done promote-database");
    expect(earth.kinds()).not.toContain("step-intended grant-writes");
    expect(earth.serves(earth.standby.name)).toBe(false);
    await promote();
    await earth.until("it serves", () => earth.serves(earth.standby.name));
    await earth.until("all is done", () => finished("failover-2"));
  });
});

describe("failback to an old primary that lacks what was written since: those rows are lost", () => {
  beforeEach(async () => {
    await failOver();
    earth.active.comeBack();
    await earth.forMs(3_000);
  });

  test("nobody goes back to it by themselves, also when the region in charge is lost", async () => {
    await earth.forMs(30_000);
    expect(started()).toEqual(["failover-2"]);
    earth.standby.lose();
    await earth.forMs(20_000);
    expect(started()).toEqual(["failover-2"]);
    expect(earth.active.database.isWritable).toBe(false);
    expect(earth.active.verdict.because.join()).toContain("old primary, not a replica");
  });

  test("a switchover to it is refused for as long as it is not rebuilt, and changes nothing", async () => {
    expect(earth.active.database.role).toBe("primary");
    await order("switchover", earth.active.name);
    await earth.forMs(10_000);
    const refused = earth.entries.find(({ kind }) => kind === "step-refused");
    expect(refused).toMatchObject({
      step: "preflight",
      detail: expect.stringContaining("old primary, not a replica: rebuild it first"),
    });
    expect(earth.kinds()).not.toContain("step-done preflight");
    expect(earth.table.item).toMatchObject({ epoch: 2, holder: earth.standby.name });
    expect(earth.serves(earth.standby.name)).toBe(true);
    expect(earth.records.primary).toBe(earth.standby.name);
  });

  test("a failback rebuilds it first, and hands over to a replica only", async () => {
    const takenWith: string[] = [];
    onWrite("takeOver", () => takenWith.push(earth.active.database.role));
    await order("failback", earth.active.name);
    await earth.until("back", () => finished("switchover-3"), 800);
    expect(started()).toEqual(["failover-2", "protect-2", "switchover-3"]);
    const kinds = earth.kinds();
    expect(kinds.indexOf("step-done await-caught-up")).toBeLessThan(
      kinds.indexOf("step-intended preflight"),
    );
    expect(takenWith).toEqual(["replica"]);
  });

  test("every row that the other region accepted is there after the failback", async () => {
    const accepted: string[] = [];
    let next = 0;
    const write = () => {
      next += 1;
      for (const { database, name } of earth.regions) {
        if (database.write(`${name} ${next}`)) accepted.push(`${name} ${next}`);
      }
    };
    // A write in each turn, also while the lease changes hands.
    earth.active.onEveryCall(write);
    earth.standby.onEveryCall(write);
    await earth.forMs(1_000);
    expect(accepted.length).toBeGreaterThan(10);
    // From the moment at which writes are to be closed, nothing reaches the replica for a while.
    const { database } = earth.active;
    onWrite("ask", () => (database.isStreaming = false));
    let taken = false;
    onWrite("takeOver", () => (taken = true));
    await order("failback", earth.active.name);
    await earth.until("the lease is taken", () => taken, 800);
    await earth.forMs(2_000);
    expect(database.role).toBe("replica");
    database.isStreaming = true;
    await earth.until("back", () => finished("switchover-3"), 800);
    await earth.forMs(1_000);
    expect(accepted.filter((row) => !database.rows.includes(row))).toEqual([]);
    const writers = new Set(accepted.map((row) => row.split(" ")[0]));
    expect(writers).toEqual(new Set([earth.active.name, earth.standby.name]));
  });
});
