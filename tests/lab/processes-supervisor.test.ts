//! Goal: a region's programs come back when they end, stay down when they must, and freeze.
//! Method: small node programs that write down when they start; delays shortened by a factor.

import { readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";

import { identify, isAlive } from "../../lab/processes/process-table.ts";
import { ProcessRecord, readRecord } from "../../lab/processes/record.ts";
import { Supervisor } from "../../lab/processes/supervisor.ts";
import type { ProcessExit } from "../../lab/processes/supervised-process.ts";
import { eventually, openFolder } from "./postgres-fixture.ts";

let folder = "";
let supervisor: Supervisor;
let exits: ProcessExit[] = [];

beforeEach(() => {
  folder = openFolder();
  exits = [];
  supervisor = new Supervisor({
    region: "east",
    record: new ProcessRecord(folder),
    logFolder: folder,
    delays: { firstMs: 20, maxMs: 60, steadyMs: 60_000 },
  });
  supervisor.onExit((exit) => exits.push(exit));
});
afterEach(async () => {
  await supervisor.stop(100);
  await rm(folder, { recursive: true, force: true });
});

function program(name: string, source: string) {
  const script = join(folder, `${name}.cjs`);
  writeFileSync(script, `${source}\nconsole.log("started", process.env.MARK);\n`);
  return { name, script, env: { MARK: "here" } };
}

const idle = "setInterval(() => undefined, 60_000);";

function logOf(name: string): string {
  return readFileSync(join(folder, `east-${name}.log`), "utf8");
}

async function started(name: string, times = 1): Promise<void> {
  await eventually(`${name} has started ${times} times`, () => {
    return logOf(name).split("started here\n").length > times;
  });
}

test("a program that is killed is started again, with its log continued", async () => {
  const app = supervisor.run(program("app", idle));
  await started("app");
  const before = app.pid;
  await app.kill();
  await started("app", 2);
  expect(app.pid).not.toBe(before);
  expect(app.restarts).toBe(1);
  expect(exits).toMatchObject([{ name: "app", code: null, signal: "SIGKILL", restartInMs: 20 }]);
});

test("one that keeps ending is started less and less often", async () => {
  supervisor.run(program("app", "process.exit(3);"));
  await eventually("four exits", () => exits.length >= 4);
  expect(exits.slice(0, 4).map(({ restartInMs }) => restartInMs)).toEqual([20, 40, 60, 60]);
  expect(exits[0]).toMatchObject({ code: 3, signal: null });
});

test("one that has run for a while starts from the first delay again", async () => {
  const patient = new Supervisor({
    region: "west",
    record: new ProcessRecord(folder),
    logFolder: folder,
    delays: { firstMs: 20, maxMs: 60, steadyMs: 0 },
  });
  patient.onExit((exit) => exits.push(exit));
  patient.run(program("app", "process.exit(0);"));
  await eventually("three exits", () => exits.length >= 3);
  await patient.stop();
  expect(exits.slice(0, 3).map(({ restartInMs }) => restartInMs)).toEqual([20, 20, 20]);
});

test("a program may end in its own time when stopped, and is not started again", async () => {
  const source = `process.on("SIGTERM", () => { console.log("bye"); process.exit(0); });\n${idle}`;
  const app = supervisor.run(program("app", source));
  await started("app");
  await supervisor.remove("app");
  expect(app.running).toBe(false);
  expect(logOf("app")).toContain("bye");
  expect(exits).toMatchObject([{ code: 0, signal: null, restartInMs: undefined }]);
  expect(supervisor.get("app")).toBeUndefined();
});

test("one that does not listen is killed after the grace, even if frozen", async () => {
  const app = supervisor.run(program("app", `process.on("SIGTERM", () => undefined);\n${idle}`));
  await started("app");
  app.freeze();
  await app.stop(100);
  expect(exits).toMatchObject([{ signal: "SIGKILL", restartInMs: undefined }]);
});

test("a lost region has nothing running until it resumes", async () => {
  const app = supervisor.run(program("app", idle));
  const operator = supervisor.run(program("operator", idle));
  await Promise.all([started("app"), started("operator")]);
  const before = [app, operator].map(({ pid }) => identify(pid ?? 0));

  await supervisor.halt();
  expect(before.filter((one) => one !== undefined && isAlive(one))).toEqual([]);
  const late = supervisor.run(program("late", idle));
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect([app, operator, late].map(({ running }) => running)).toEqual([false, false, false]);
  expect(readRecord(folder)?.processes).toEqual([]);

  supervisor.resume();
  await Promise.all([started("app", 2), started("operator", 2), started("late")]);
});

test("a region that is lost while a program waits for its restart stays down", async () => {
  const app = supervisor.run(program("app", "process.exit(1);"));
  await eventually("an exit", () => exits.length > 0);
  await supervisor.halt();
  const seen = exits.length;
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(app.running).toBe(false);
  expect(exits).toHaveLength(seen);
});

test("a frozen program does nothing until it is thawed", async () => {
  const ticking = "let n = 0; setInterval(() => console.log('tick', n++), 10);";
  const app = supervisor.run(program("app", ticking));
  await started("app");
  app.freeze();
  // What it had written before the signal may still be on its way to the file.
  await new Promise((resolve) => setTimeout(resolve, 100));
  const frozen = logOf("app");
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(logOf("app")).toBe(frozen);
  expect(app.frozen).toBe(true);

  app.thaw();
  await eventually("it ticks again", () => logOf("app").length > frozen.length);
});

test("what is held down stays down, the rest runs, and what comes later is held as well", async () => {
  const app = supervisor.run(program("app", idle));
  const operator = supervisor.run(program("operator", idle));
  await Promise.all([started("app"), started("operator")]);
  await supervisor.hold((name) => (name === "operator" ? "up" : "down"));
  const late = supervisor.run(program("late", idle));
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect([app, operator, late].map(({ running }) => running)).toEqual([false, true, false]);
  expect(operator.restarts).toBe(0);

  await supervisor.hold(() => "up");
  await Promise.all([started("app", 2), started("late")]);
  expect(operator.restarts).toBe(0);
});

test("one that is killed while it is frozen starts frozen, and goes on when thawed", async () => {
  const app = supervisor.run(program("app", idle));
  await started("app");
  await supervisor.hold(() => "frozen");
  await app.kill();
  await eventually("it is started again", () => app.running);
  const late = supervisor.run(program("late", idle));
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(logOf("app").split("started here")).toHaveLength(2);
  expect([late.running, logOf("late")]).toEqual([true, ""]);

  await supervisor.hold(() => "up");
  await Promise.all([started("app", 2), started("late")]);
});

test("a program whose script is missing is tried again, and says so in its log", async () => {
  supervisor.run({ name: "app", script: join(folder, "missing.cjs"), env: {} });
  await eventually("two exits", () => exits.length >= 2);
  expect(logOf("app")).toContain("Cannot find module");
});

test("two programs of one name are a mistake", () => {
  supervisor.run(program("app", idle));
  expect(() => supervisor.run(program("app", idle))).toThrow(/already/);
});
