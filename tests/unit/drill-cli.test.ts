//! Goal: the command line answers like a good one: help, lists, suggestions, exit codes, and one
//! JSON document and nothing else where one is asked for.
//! Method: the real command line with a lab that does not start, so that it is quick.

import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { drillCli } from "../../lab/drill/cli.ts";
import { scenarios } from "../../lab/drill/scenarios/registry.ts";
import { plain } from "../../lab/drill/screen/style.ts";
import type { AllReport } from "../../lab/drill/screen/table.ts";

const root = mkdtempSync(join(tmpdir(), "drill-cli-"));

afterAll(() => rmSync(root, { recursive: true }));

interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function drill(
  args: readonly string[],
  signal?: AbortSignal,
  onStart: () => void = () => undefined,
): Promise<Answer> {
  let out = "";
  let err = "";
  const code = await drillCli(
    args,
    {
      topology: {
        lease: { leaseMs: 200, marginMs: 100 },
        objectives: { rtoSeconds: 10, rpoSeconds: 1 },
      },
      roles: { active: "us-east-1", standby: "us-west-2", witness: "us-east-2" },
      labFolder: root,
      drillsFolder: join(root, "drills"),
    },
    {
      startLab: () => {
        onStart();
        return Promise.reject(new Error("no lab today"));
      },
      load: ["false"],
      checker: ["false"],
      operatorBundle: "nowhere",
      nowMs: () => Date.now(),
      signal: signal ?? new AbortController().signal,
      newSeed: () => 4_711,
      screen: { paint: plain, isTerminal: false, write: (text) => void (out += text) },
      progressScreen: { paint: plain, isTerminal: false, write: (text) => void (err += text) },
    },
  );
  return { code, out, err };
}

test("list shows every scenario, as text and as JSON", async () => {
  const text = await drill(["list"]);
  expect(text).toMatchObject({ code: 0, err: "" });
  expect(text.out).toMatch(/^region-loss +The active region is lost$/m);
  expect(Math.max(...text.out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  const json = await drill(["list", "--json"]);
  const listed = JSON.parse(json.out) as { name: string; title: string }[];
  expect(listed.map(({ name }) => name)).toEqual(scenarios.map(({ name }) => name));
  for (const { title } of listed) expect(text.out).toContain(title);
});

test("help explains faults, evidence and exit codes, and is no error", async () => {
  const { code, out } = await drill(["--help"]);
  expect(code).toBe(0);
  expect(Math.max(...out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  for (const part of ["--also <fault>", "link-slow FROM TO MILLISECONDS", ".switchback/drills/"]) {
    expect(out).toContain(part);
  }
  expect(out).toContain("Exit code: 0 pass, 1 fail, 3 unknown, 2 wrong command line");
});

test.each([
  [["region-los"], "did you mean region-loss?"],
  [["--runs", "0"], "whole number"],
  [["--runs", "101"], "At most 100"],
  [["--seed", "x"], "whole number"],
  [["--also", "0:region-los active"], "nearest: region-loss"],
  [["--jsn"], "Did you mean --json?"],
  [["region-loss", "and-more"], "too many arguments"],
  [["region-loss", "--only", "failback"], '--only goes with "all"'],
  [["all", "--only", "failbak"], "did you mean failback?"],
  [["all", "--only", ","], "--only names none"],
  [["all", "--also", "0:arbiter-down"], "--also goes with one scenario"],
])("%j is a wrong command line: exit 2 and a word of help", async (args, help) => {
  const { code, out, err } = await drill(args);
  expect(code).toBe(2);
  expect(err).toContain(help);
  expect(out).toBe("");
});

test("a drill that cannot be judged exits 3 and shows why", async () => {
  const { code, out } = await drill([]);
  expect(code).toBe(3);
  expect(out).toContain("region-loss  seed 4711 · objectives RTO 10 s, RPO 1 s");
  expect(out).toContain("│ UNKNOWN  region-loss");
  expect(out).toContain("no lab today");
});

test("--json writes one document to standard output and the rest to standard error", async () => {
  const { code, out, err } = await drill(["region-loss", "--json", "--seed", "12"]);
  expect(code).toBe(3);
  expect(JSON.parse(out)).toMatchObject({
    scenario: "region-loss",
    result: "unknown",
    seed: 12,
    rtoMs: null,
    firstWriteMs: null,
    phases: { detectMs: null, leaseMs: null, promoteMs: null, grantMs: null, dnsMs: null },
    lostRows: null,
    lost: [],
    lostSeconds: null,
    twoWritersMs: null,
    failedRequests: null,
    evidence: expect.stringContaining("-region-loss") as string,
    reasons: expect.arrayContaining(["the drill broke off: no lab today"]) as string[],
  });
  expect(err).toContain("UNKNOWN");
});

test("several runs get seeds of their own, a table, and one document", async () => {
  const { out } = await drill(["--runs", "2", "--seed", "5", "--json"]);
  const document = JSON.parse(out) as { runs: { seed: number }[]; result: string };
  expect(document.runs.map((run) => run.seed)).toEqual([5, 6]);
  expect(document.result).toBe("unknown");
  expect((await drill(["--runs", "2"])).out).toMatch(/^ {2}median /m);
});

test("--keep leaves the newest folders only", async () => {
  await drill(["--runs", "3", "--keep", "2"]);
  expect(readdirSync(join(root, "drills"))).toHaveLength(2);
});

test("all drills run one after another and end with one table", async () => {
  const { code, out } = await drill(["all", "--only", "failback,switchover,failback"]);
  expect(code).toBe(3);
  expect(out).toContain("drill 1 of 2");
  expect(out).toMatch(/^failback +unknown/m);
  expect(out).toMatch(/^switchover +unknown/m);
  expect(out).toContain("0 pass, 0 fail, 2 unknown, in 0 min 0 s");
});

test("all drills as one document, each as often as asked", async () => {
  const { out, err } = await drill([
    "all",
    "--only",
    "failback,switchover",
    "--runs",
    "2",
    "--json",
  ]);
  const document = JSON.parse(out) as AllReport;
  expect(document).toMatchObject({ version: 1, result: "unknown", interrupted: false, notRun: [] });
  expect(document.counts).toEqual({ pass: 0, fail: 0, unknown: 4 });
  expect(document.drills.map(({ scenario }) => scenario)).toEqual([
    "failback",
    "failback",
    "switchover",
    "switchover",
  ]);
  expect(err).toContain("switchover");
});

test("an interruption of all still shows the table of those that are done", async () => {
  const interruption = new AbortController();
  const { code, out } = await drill(["all"], interruption.signal, () => interruption.abort());
  expect(code).toBe(130);
  const left = scenarios.length - 1;
  expect(out).toContain(`0 pass, 0 fail, 1 unknown, ${left} not run, interrupted`);
});

test("an interruption exits 130", async () => {
  const interruption = new AbortController();
  interruption.abort();
  expect((await drill([], interruption.signal)).code).toBe(130);
});

test.each([
  ["0:region-loss mars", '"mars" is none of us-east-1, us-west-2, active, standby'],
  ["0:link-cut active us-east-1", "from one site to another"],
])("a fault that cannot be is refused before anything starts: %s", async (also, why) => {
  const { code, err } = await drill(["--also", also]);
  expect(code).toBe(2);
  expect(err).toContain(why);
});
