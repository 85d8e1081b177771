//! Goal: a drill ends with a report, evidence and a stopped lab, whatever happens on the way, and
//! only a whole and clean one passes.
//! Method: the real runner, load and checker as processes, against a lab of tiny servers.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DrillEvent, DrillPorts, DrillRequest } from "../../lab/drill/drill.ts";
import { keepNewest } from "../../lab/drill/evidence-folder.ts";
import { parseLedger } from "../../lab/drill/ledger.ts";
import type { Command } from "../../lab/drill/load-process.ts";
import type { DrillReport } from "../../lab/drill/report.ts";
import { runDrill } from "../../lab/drill/runner.ts";
import { regionLoss } from "../../lab/drill/scenarios/region-loss.ts";
import { startFakeLab, type FakeLab, type FakeLabBehaviour } from "./fakes/drill-lab.ts";

const root = mkdtempSync(join(tmpdir(), "drill-runner-"));
const repository = join(__dirname, "..", "..");

afterAll(() => rmSync(root, { recursive: true }));

const scenario = { ...regionLoss, settleMs: 800 };

const lease = { leaseMs: 200, marginMs: 100 };

const request: DrillRequest = {
  scenario,
  also: [],
  seed: 11,
  topology: { lease, objectives: { rtoSeconds: 10, rpoSeconds: 1 } },
  labFolder: root,
  drillsFolder: join(root, "drills"),
};

function program(name: string): Command {
  const loader = join(repository, "node_modules", "tsx", "dist", "loader.mjs");
  return [process.execPath, "--import", loader, join(repository, "lab", "drill", `${name}.ts`)];
}

function noLab(): Promise<never> {
  return Promise.reject(new Error("no PostgreSQL for this machine"));
}

interface Run {
  readonly report: DrillReport;
  readonly events: readonly DrillEvent[];
  readonly labs: readonly FakeLab[];
}

async function drill(
  behaviour: FakeLabBehaviour,
  changes: Partial<DrillPorts> = {},
  changed: Partial<DrillRequest> = {},
): Promise<Run> {
  const events: DrillEvent[] = [];
  const labs: FakeLab[] = [];
  const ports: DrillPorts = {
    startLab: async (options) => {
      const lab = await startFakeLab(behaviour, options);
      labs.push(lab);
      return lab;
    },
    load: program("load"),
    checker: program("checker"),
    operatorBundle: join(repository, "package.json"),
    nowMs: () => Date.now(),
    tell: (event) => events.push(event),
    signal: new AbortController().signal,
    limits: {
      steadyMsMin: 700,
      steadyMsMax: 20_000,
      recoveryFactor: 1,
      recoveryExtraMs: 1_000,
      exhumeMsMax: 5_000,
      checkerMsMax: 30_000,
    },
    ...changes,
  };
  const report = await runDrill({ ...request, ...changed }, ports);
  return { report, events, labs };
}

const fast: FakeLabBehaviour = { lagMs: 100, takeoverMs: 600, dnsMs: 200 };

test("a region loss from an empty machine to the evidence", async () => {
  const { report, events, labs } = await drill(fast);
  expect(report.reasons).toEqual([]);
  expect(report).toMatchObject({
    result: "pass",
    from: "us-east-1",
    to: "us-west-2",
    twoWritersMs: 0,
    failovers: 1,
    needlessFailovers: 0,
    wrongRegionWrites: [{ region: "us-east-1", accepted: false, sqlstate: "25006" }],
  });
  expect(report.lost.length).toBeGreaterThan(0);
  expect(report.lost.every((row) => row.heldBy.includes("us-east-1"))).toBe(true);
  expect(report.rtoMs).toBeGreaterThan(600);
  expect(Object.values(report.phases).every((ms) => ms !== null)).toBe(true);
  expect(labs.map((lab) => lab.stops())).toEqual([1]);

  const told = events.flatMap((event) => (event.kind === "moment" ? [event.moment.text] : []));
  expect(told[0]).toContain("us-east-1 is lost");
  expect(told).toContain("us-west-2 takes the lease (epoch 2)");
  expect(told).toContain("users write again, through DNS");
  expect(new Set(told).size).toBe(told.length);

  const files = readdirSync(report.evidence);
  expect(files).toEqual(
    expect.arrayContaining([
      "topology.json",
      "scenario.json",
      "faults.json",
      "journal.json",
      "versions.json",
      "ledger.ndjson",
      "checker.json",
      "report.json",
      "report.md",
      "report.html",
      "timeline.txt",
      "timeline.json",
      "lab.json",
      "objective.json",
      "plans.json",
      "commands.json",
      "events.json",
      "holds.json",
      "observations.json",
    ]),
  );
  const read = (name: string): string => readFileSync(join(report.evidence, name), "utf8");
  expect(JSON.parse(read("report.json"))).toEqual(JSON.parse(JSON.stringify(report)));
  expect(JSON.parse(read("versions.json"))).toMatchObject({
    node: process.version,
    postgres: "PostgreSQL 0 (fake)",
    operator: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string,
  });
  expect(read("timeline.txt")).toContain("us-west-2 may write");
  const ledger = parseLedger(read("ledger.ndjson"));
  expect(ledger.end).not.toBeNull();
  expect(ledger.refusals.some((line) => line.region === "us-west-2")).toBe(true);
  const kinds = new Set(ledger.requests.map((line) => line.kind));
  expect([...kinds].sort()).toEqual(["canary", "object", "read", "user"]);
});

test("a command is sent after its event, and the drill waits for it", async () => {
  const command = { kind: "approve" } as const;
  const planned = {
    ...scenario,
    commands: [{ atMs: 50, after: ["failed-over"], command }],
  } as const;
  const { report } = await drill(fast, {}, { scenario: planned });
  expect(report).toMatchObject({ result: "pass", commands: ["a person approves"] });
  const read = (name: string): unknown =>
    JSON.parse(readFileSync(join(report.evidence, name), "utf8"));
  const events = read("events.json") as Record<string, number>;
  const [sent] = read("commands.json") as { sentAtMs: number; accepted: boolean }[];
  expect(sent?.accepted).toBe(true);
  expect(sent?.sentAtMs).toBeGreaterThanOrEqual((events["failed-over"] ?? Infinity) + 50);
});

test("what waits for an event that never comes leaves the drill open, and ends with it", async () => {
  const command = { kind: "approve" } as const;
  const planned = { ...scenario, commands: [{ atMs: 0, after: ["held"], command }] } as const;
  const topology = { ...request.topology, objectives: { rtoSeconds: 4, rpoSeconds: 1 } };
  const { report, labs } = await drill(fast, {}, { scenario: planned, topology });
  expect(report.result).toBe("unknown");
  expect(report.reasons).toEqual(["the drill's plan was not carried out to its end"]);
  expect(labs.map((lab) => lab.stops())).toEqual([1]);
});

test("a region that nobody takes over fails, and the drill does not wait for ever", async () => {
  const topology = { lease, objectives: { rtoSeconds: 2, rpoSeconds: 1 } };
  const { report, labs } = await drill({ ...fast, takeoverMs: null }, {}, { topology });
  expect(report.result).toBe("fail");
  expect(report.reasons.join()).toContain("users could not write again");
  expect(labs.map((lab) => lab.stops())).toEqual([1]);
});

test("an old primary that cannot be read leaves the verdict open", async () => {
  const { report } = await drill({ ...fast, failsToExhume: true });
  expect(report.result).toBe("unknown");
  expect(report.reasons.join()).toContain("the database of us-east-1 did not start");
  expect(report.reasons.join()).toContain("the database of us-east-1 could not be read");
});

test("a waiting region that takes a write by SQL fails the drill", async () => {
  const { report } = await drill({ ...fast, writableStandby: true });
  expect(report.result).toBe("fail");
  expect(report.reasons).toContain("us-east-1 waits, and accepted a write by SQL");
});

test("a lab that does not start is unknown, with the reason", async () => {
  const { report } = await drill(fast, { startLab: noLab });
  expect(report).toMatchObject({ result: "unknown", rtoMs: null, lostRows: null });
  expect(report.reasons.join()).toContain("no PostgreSQL for this machine");
  expect(existsSync(join(report.evidence, "report.json"))).toBe(true);
});

test("a load that dies is unknown, and the lab is stopped", async () => {
  const load: Command = [process.execPath, "-e", "process.exit(3)", "--"];
  const { report, labs } = await drill(fast, { load });
  expect(report.result).toBe("unknown");
  expect(report.reasons.join()).toContain("the load ended early");
  expect(report.reasons.join()).toContain("the load: ended by exit code 3");
  expect(labs.map((lab) => lab.stops())).toEqual([1]);
});

test("a checker that dies is unknown, never a pass", async () => {
  const checker: Command = [process.execPath, "-e", "throw new Error('out of paper')", "--"];
  const { report } = await drill(fast, { checker });
  expect(report.result).toBe("unknown");
  expect(report.reasons.join()).toContain("out of paper");
});

test("an interruption stops everything and says so", async () => {
  const interruption = new AbortController();
  const tell = (event: DrillEvent): void => {
    if (event.kind === "moment") interruption.abort();
  };
  const { report, labs } = await drill(fast, { signal: interruption.signal, tell });
  expect(report.result).toBe("unknown");
  expect(report.reasons).toContain("interrupted");
  expect(labs.map((lab) => lab.stops())).toEqual([1]);
  const ledger = parseLedger(readFileSync(join(report.evidence, "ledger.ndjson"), "utf8"));
  expect(ledger.end).not.toBeNull();
});

test("a fault that cannot be injected ends the drill at once", async () => {
  const also = [{ atMs: 100, fault: { kind: "region-loss", region: "mars" } as const }];
  const { report } = await drill(fast, {}, { also });
  expect(report.result).toBe("unknown");
  expect(report.reasons.join()).toContain('"mars" is none of us-east-1, us-west-2');
});

test("only the newest folders are kept, and nothing else is touched", () => {
  const drills = join(root, "drills");
  const before = readdirSync(drills).sort();
  expect(before.length).toBeGreaterThan(2);
  keepNewest(drills, 2);
  expect(readdirSync(drills).sort()).toEqual(before.slice(-2));
});
