//! Goal: a lab that is killed leaves nothing running, and nothing that is not the lab's is touched.
//! Method: a small lab in a process of its own gets SIGKILL; the process table tells what is left.

import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";

import {
  bootId,
  identify,
  isAlive,
  killTree,
  waitGone,
} from "../../lab/processes/process-table.ts";
import type { ProcessIdentity } from "../../lab/processes/process-table.ts";
import { LabRunning, reap } from "../../lab/processes/reaper.ts";
import { ProcessRecord, readRecord, recordFile } from "../../lab/processes/record.ts";
import { startWatchdog } from "../../lab/processes/watchdog.ts";
import { eventually, openFolder } from "./postgres-fixture.ts";

interface RunningLab {
  readonly lab: ChildProcess;
  readonly processes: readonly ProcessIdentity[];
  readonly watchdog: ProcessIdentity | undefined;
}

const programFolder = openFolder();
const program = join(programFolder, "lab.cjs");
let folder = "";
let started: ProcessIdentity[] = [];

beforeAll(() => {
  // As the product is run: one bundle, in CommonJS.
  execFileSync(join(__dirname, "../../node_modules/esbuild/bin/esbuild"), [
    join(__dirname, "processes-lab.fixture.ts"),
    "--bundle",
    "--platform=node",
    "--format=cjs",
    "--external:pg-native",
    "--external:pg-cloudflare",
    "--log-level=error",
    `--outfile=${program}`,
  ]);
});
beforeEach(() => {
  folder = openFolder();
  writeFileSync(join(folder, "idle.cjs"), "setInterval(() => undefined, 60_000);\n");
});
afterEach(async () => {
  const killed = started.splice(0).flatMap((root) => killTree(root));
  await waitGone(killed, 10_000);
  // Frees the shared memory of servers that were killed.
  await reap(folder);
  await rm(folder, { recursive: true, force: true });
});
afterAll(() => rm(programFolder, { recursive: true, force: true }));

function sleeper(): ProcessIdentity {
  const child = spawn("/bin/sleep", ["600"], { detached: true, stdio: "ignore" });
  child.unref();
  return track(child.pid);
}

function track(pid: number | undefined): ProcessIdentity {
  const identity = identify(pid ?? 0);
  if (identity === undefined) throw new Error("it did not start");
  started.push(identity);
  return identity;
}

async function startLab(watched: "watched" | "alone"): Promise<RunningLab> {
  const lab = spawn(process.execPath, [program, folder, __dirname, watched], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  track(lab.pid);
  const text = await new Promise<string>((resolve, reject) => {
    lab.stdout.once("data", (data: Buffer) => {
      resolve(data.toString());
    });
    lab.once("exit", (code) => {
      reject(new Error(`the lab ended with ${code}`));
    });
  });
  const { pids, watchdog } = JSON.parse(text) as { pids: number[]; watchdog?: number };
  const processes = pids.map(identify).filter((identity) => identity !== undefined);
  started.push(...processes);
  return { lab, processes, watchdog: watchdog === undefined ? undefined : track(watchdog) };
}

test("everything is gone soon after a watched lab was killed, and so is the watchdog", async () => {
  const { lab, processes, watchdog } = await startLab("watched");
  expect(processes.length).toBeGreaterThan(5);
  lab.kill("SIGKILL");

  expect(await waitGone(processes, 20_000)).toEqual([]);
  expect(watchdog === undefined ? [] : await waitGone([watchdog], 20_000)).toEqual([]);
});

test("the next start ends what an unwatched lab left, and clears its lock file", async () => {
  const { lab, processes } = await startLab("alone");
  lab.kill("SIGKILL");
  await eventually("the lab is gone", () => lab.signalCode !== null);
  expect(processes.filter(isAlive).length).toBeGreaterThan(5);

  const reaped = await reap(folder);

  expect(reaped.map(({ name }) => name).sort()).toEqual(["app", "east", "operator"]);
  expect(processes.filter(isAlive)).toEqual([]);
  expect(existsSync(join(folder, "east/postmaster.pid"))).toBe(false);
  expect(existsSync(recordFile(folder))).toBe(false);
});

test("an orderly end leaves no record and lets the watchdog go", async () => {
  const { lab, processes, watchdog } = await startLab("watched");
  lab.kill("SIGTERM");
  await eventually("the lab has ended", () => lab.exitCode !== null);

  expect(lab.exitCode).toBe(0);
  expect(processes.filter(isAlive)).toEqual([]);
  expect(existsSync(recordFile(folder))).toBe(false);
  expect(watchdog === undefined ? [] : await waitGone([watchdog], 20_000)).toEqual([]);
});

test("a lab that runs is not reaped by another one", async () => {
  const { lab, processes } = await startLab("alone");
  await expect(reap(folder)).rejects.toThrow(LabRunning);
  await expect(reap(folder)).rejects.toThrow(`pid ${lab.pid}`);
  expect(processes.filter(isAlive).length).toBeGreaterThan(5);
});

function writeRecord(change: { startedAt?: string; boot?: string }, pid: number): void {
  const identity = identify(pid);
  const content = {
    version: 1,
    boot: change.boot ?? bootId(),
    lab: { pid: 1, startedAt: "never" },
    processes: [{ pid, startedAt: change.startedAt ?? identity?.startedAt, name: "sleeper" }],
  };
  writeFileSync(recordFile(folder), JSON.stringify(content));
}

describe("a record", () => {
  test("whose pid belongs to somebody else by now harms nobody", async () => {
    const bystander = sleeper();
    writeRecord({ startedAt: "12" }, bystander.pid);
    expect(await reap(folder)).toEqual([]);
    expect(isAlive(bystander)).toBe(true);
  });

  test("of before the last boot harms nobody", async () => {
    const bystander = sleeper();
    writeRecord({ boot: "another" }, bystander.pid);
    expect(await reap(folder)).toEqual([]);
    expect(isAlive(bystander)).toBe(true);
  });

  test("that is half written counts as none", async () => {
    writeFileSync(recordFile(folder), '{"version":1,"boot":');
    expect(await reap(folder)).toEqual([]);
  });

  test("forgets a process that has ended", () => {
    const record = new ProcessRecord(folder);
    const one = sleeper();
    expect(record.add(one.pid, "one")).toEqual(one);
    expect(readRecord(folder)?.processes).toEqual([{ ...one, name: "one" }]);
    record.remove(one.pid);
    expect(readRecord(folder)?.processes).toEqual([]);
    expect(record.add(0, "nobody")).toBeUndefined();
  });
});

describe("the watchdog", () => {
  test("kills the recorded and their children, not whoever has the pid of a recorded one", async () => {
    const record = new ProcessRecord(folder);
    // Its child is in a session of its own, as those of PostgreSQL are.
    const source = `
      const options = { detached: true, stdio: "ignore" };
      console.log(require("node:child_process").spawn("/bin/sleep", ["600"], options).pid);
      setInterval(() => undefined, 60_000);`;
    const running = spawn(process.execPath, ["-e", source], { detached: true });
    const parent = track(running.pid);
    const [line] = (await once(running.stdout, "data")) as [Buffer];
    const child = track(Number(line.toString()));
    record.add(parent.pid, "parent");
    const bystander = sleeper();
    record.add(bystander.pid, "reused");
    const text = readFileSync(record.file, "utf8");
    writeFileSync(record.file, text.replace(`"pid":${bystander.pid},"startedAt":"`, "$&1"));

    startWatchdog(record).release();

    expect(await waitGone([parent, child], 20_000)).toEqual([]);
    expect(isAlive(bystander)).toBe(true);
  });

  test("leaves the processes of a later lab in the same folder alone", async () => {
    const record = new ProcessRecord(folder);
    const watchdog = startWatchdog(record);
    const identity = track(watchdog.pid);
    const later = sleeper();
    record.add(later.pid, "later");
    const text = readFileSync(record.file, "utf8");
    writeFileSync(record.file, text.replace(/"lab":\{"pid":\d+/, '"lab":{"pid":1'));

    watchdog.release();

    expect(await waitGone([identity], 20_000)).toEqual([]);
    expect(isAlive(later)).toBe(true);
  });
});
