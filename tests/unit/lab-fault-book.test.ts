//! Goal: what is broken is what the list says, however often and in whatever order faults come and go.
//! Method: the book over a lab that only notes what is done to it; the ways between sites are real.

import type { Fault } from "../../lab/faults/faults.ts";
import { Mesh } from "../../lab/links/mesh.ts";
import { FaultBook } from "../../lab/world/fault-book.ts";
import type { Breakable } from "../../lab/world/injectors.ts";
import { standingOf } from "../../lab/world/standing.ts";

/** A region of which only the states are there. */
class Region {
  readonly name = "a";
  readonly programs: Record<string, string> = { operator: "up", "app-0": "up" };
  database = "up";
  readonly postgres: Record<string, unknown>;
  readonly supervisor: Record<string, unknown>;
  readonly databases: Record<string, unknown>;

  constructor(notes: string[]) {
    const set = (state: string) => () => {
      this.database = state;
    };
    const isIn = (...states: string[]) => states.includes(this.database);
    this.postgres = {
      initialised: true,
      kill: async () => set("down")(),
      start: async () => set("up")(),
      freeze: set("frozen"),
      thaw: set("up"),
    };
    Object.defineProperty(this.postgres, "running", { get: () => !isIn("down") });
    Object.defineProperty(this.postgres, "frozen", { get: () => isIn("frozen") });
    this.supervisor = {
      processes: [{ program: { name: "operator" }, kill: () => notes.push("kill") }],
      hold: async (standing: (name: string) => string) => {
        for (const name of Object.keys(this.programs)) this.programs[name] = standing(name);
      },
    };
    this.databases = {
      isBeingMade: false,
      kill: async () => set("down")(),
      freeze: async () => set("frozen")(),
      resume: async () => undefined,
    };
  }

  get state(): string {
    return `${this.programs["operator"]} ${this.programs["app-0"]} ${this.database}`;
  }
}

function bookOfNotes() {
  const notes: string[] = [];
  const mesh = new Mesh({ sites: ["a", "b"], oneWayMs: () => 0 });
  const region = new Region(notes);
  const lab = {
    mesh,
    regionNamed: () => region,
    rogueWriters: {
      start: (name: string) => notes.push(`rogue in ${name}`),
      stop: async (name: string) => notes.push(`no rogue in ${name}`),
    },
    entrancesOf: () =>
      ["everyone", "peer"].map((audience) => ({
        audience,
        treat: async (treatment: object) =>
          notes.push(`${audience} ${Object.values(treatment).join(" ")}`),
      })),
    setArbiter: (isUp: boolean) => notes.push(`arbiter ${isUp}`),
    setRoute53ControlPlane: (isUp: boolean) => notes.push(`route53 ${isUp}`),
  };
  return { book: new FaultBook(lab as unknown as Breakable), notes, mesh, region };
}

test("the same fault twice is one fault, done once", async () => {
  const { book, notes } = bookOfNotes();
  const first = await book.inject({ kind: "arbiter-down" });
  const again = await book.inject({ kind: "arbiter-down" });
  expect(again).toEqual(first);
  expect(book.active).toEqual([first]);
  expect(notes).toEqual(["arbiter false"]);
});

test("what is left out is the same as what is written out", async () => {
  const { book } = bookOfNotes();
  const errors = { kind: "app-errors", region: "a", percent: 5 } as const;
  const first = await book.inject(errors);
  expect(await book.inject({ ...errors, audience: "everyone" })).toEqual(first);
  expect(await book.inject({ ...errors, audience: "peer" })).not.toEqual(first);
});

test("a healed fault is gone, and may come again under another name", async () => {
  const { book, notes } = bookOfNotes();
  const first = await book.inject({ kind: "route53-control-plane-down" });
  await book.heal(first.id);
  expect(book.active).toEqual([]);
  const second = await book.inject({ kind: "route53-control-plane-down" });
  expect(second.id).not.toBe(first.id);
  expect(notes).toEqual(["route53 false", "route53 true", "route53 false"]);
});

test("healing one of two cuts of a link leaves the other in force, without a gap", async () => {
  const { book, mesh } = bookOfNotes();
  const both = await book.inject({ kind: "link-cut", from: "a", to: "b", oneWay: false });
  await book.inject({ kind: "link-cut", from: "a", to: "b", oneWay: true });
  const seen: boolean[] = [];
  const change = mesh.change.bind(mesh);
  jest.spyOn(mesh, "change").mockImplementation((from, to, changes) => {
    change(from, to, changes);
    seen.push(mesh.reachable("a", "b"));
  });
  await book.heal(both.id);
  expect([mesh.reachable("a", "b"), mesh.reachable("b", "a")]).toEqual([false, true]);
  expect(seen).not.toContain(true);
  expect(book.active.map(({ id }) => id)).toEqual(["fault-2"]);
});

test("the greater of two latencies counts, and the other one when it is healed", async () => {
  const { book, mesh } = bookOfNotes();
  const slow = { kind: "link-slow", from: "a", to: "b" } as const;
  const most = await book.inject({ ...slow, latencyMs: 90 });
  await book.inject({ ...slow, from: "b", to: "a", latencyMs: 20 });
  expect(mesh.oneWayMs("a", "b")).toBe(90);
  await book.heal(most.id);
  expect([mesh.oneWayMs("a", "b"), mesh.oneWayMs("b", "a")]).toEqual([20, 20]);
});

test("a killed program that is started again is no fault that lasts", async () => {
  const { book, notes } = bookOfNotes();
  const killed = await book.inject({ kind: "process-kill", process: "operator", region: "a" });
  expect(killed.text).toContain("killed");
  expect(notes).toEqual(["kill"]);
  expect(book.active).toEqual([]);
});

test("a killed database stays down, and healing starts it", async () => {
  const { book, region } = bookOfNotes();
  const killed = await book.inject({ kind: "process-kill", process: "postgres", region: "a" });
  expect(region.state).toBe("up up down");
  await book.heal(killed.id);
  expect(region.state).toBe("up up up");
});

test.each<[string, Fault, string]>([
  ["process-down", { kind: "process-down", process: "operator", region: "a" }, "down up up"],
  ["process-freeze", { kind: "process-freeze", process: "app", region: "a" }, "up frozen up"],
  ["process-kill", { kind: "process-kill", process: "postgres", region: "a" }, "up up down"],
  ["region-freeze", { kind: "region-freeze", region: "a" }, "frozen frozen frozen"],
])("a region that is back keeps its %s, and so the other way round", async (_name, also, kept) => {
  for (const lossFirst of [true, false]) {
    const { book, region } = bookOfNotes();
    const loss: Fault = { kind: "region-loss", region: "a" };
    await book.inject(lossFirst ? loss : also);
    await book.inject(lossFirst ? also : loss);
    const lossId = lossFirst ? "fault-1" : "fault-2";
    await book.heal(lossId);
    expect(region.state).toBe(kept);
    await book.heal(lossFirst ? "fault-2" : "fault-1");
    expect(region.state).toBe("up up up");
  }
});

test("what is healed while its region is lost stays dead until the region is back", async () => {
  const { book, region } = bookOfNotes();
  const down = await book.inject({ kind: "process-down", process: "postgres", region: "a" });
  const loss = await book.inject({ kind: "region-loss", region: "a" });
  await book.heal(down.id);
  expect(region.state).toBe("down down down");
  await book.heal(loss.id);
  expect(region.state).toBe("up up up");
});

test("the strongest error share counts on each way, and goes with its fault", async () => {
  const { book, notes } = bookOfNotes();
  await book.inject({ kind: "app-errors", region: "a", percent: 20 });
  const peer = await book.inject({
    kind: "app-errors",
    region: "a",
    percent: 100,
    audience: "peer",
  });
  await book.inject({ kind: "app-slow", region: "a", latencyMs: 30 });
  expect(notes.splice(0).slice(-2)).toEqual(["everyone 20 30", "peer 100 30"]);
  await book.heal(peer.id);
  expect(notes).toEqual(["everyone 20 30", "peer 20 30"]);
});

test("a job that writes past the app ends with its fault", async () => {
  const { book, notes } = bookOfNotes();
  const rogue = await book.inject({ kind: "rogue-writer", region: "a" });
  await book.heal(rogue.id);
  expect(notes).toEqual(["rogue in a", "no rogue in a"]);
});

test("a fault that could not be done is not in force", async () => {
  const { book, region } = bookOfNotes();
  region.databases["kill"] = async () => {
    throw new Error("it does not end");
  };
  await expect(book.inject({ kind: "region-loss", region: "a" })).rejects.toThrow(/does not end/);
  expect(book.active).toEqual([]);
});

test("healing what is not there changes nothing", async () => {
  const { book, notes } = bookOfNotes();
  await book.heal("fault-9");
  expect(notes).toEqual([]);
});

test.each<[Fault, object]>([
  [
    { kind: "region-loss", region: "a" },
    { operator: "down", app: "down", postgres: "down" },
  ],
  [
    { kind: "region-loss", region: "b" },
    { operator: "up", app: "up", postgres: "up" },
  ],
  [
    { kind: "disk-full", region: "a" },
    { operator: "up", app: "up", postgres: "down" },
  ],
  [
    { kind: "process-kill", process: "app", region: "a" },
    { operator: "up", app: "up", postgres: "up" },
  ],
  [
    { kind: "replay-paused", region: "a" },
    { operator: "up", app: "up", postgres: "up" },
  ],
  [
    { kind: "link-cut", from: "a", to: "b" },
    { operator: "up", app: "up", postgres: "up" },
  ],
])("%j holds its region to what it says", (fault, standing) => {
  expect(standingOf("a", [fault])).toEqual(standing);
});
