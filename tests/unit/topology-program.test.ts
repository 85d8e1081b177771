//! Goal: `check`, `explain` and `schema` say what they should, where they should, and exit with 0 or
//! 2. Method: the program with a terminal that only collects; once each as a real process.

import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { feasible } from "../../topology/budget.ts";
import { labTopology } from "../../topology/lab.ts";
import { usTopology } from "../../topology/production.ts";
import { runTopology } from "../../topology/program.ts";
import { acceptedText, barTable, explanationText } from "../../topology/report.ts";
import { topologyJsonSchema } from "../../topology/schema.ts";
import { withFields } from "./topology-fixtures.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "switchback-program-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileWith(name: string, content: unknown): string {
  const file = join(folder, name);
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

function run(...args: readonly string[]) {
  let [out, err] = ["", ""];
  const code = runTopology(args, {
    out: (text) => (out += text),
    err: (text) => (err += text),
  });
  return { code, out, err };
}

const labSums = [
  "  detect       800 ms  probeMs 400 ms + probeTimeoutMs 400 ms",
  "  lease         1.5 s  leaseMs 1.5 s",
  "  margin       300 ms  marginMs 300 ms",
  "  promote      800 ms  the longer of promoteMsExpected 400 ms and scaleMsExpected 800 ms",
  "  shift         1.7 s  health check 10 s x 2 / 40 (lab) + propagation 0.2 s + TTL 1 s",
  "  sum           5.1 s  objective 10 s, 4.9 s to spare",
];

test("check says OK and shows how the recovery time adds up", () => {
  expect(run("check", "lab")).toEqual({
    code: 0,
    err: "",
    out: [
      "OK: orders, us-east-1 to us-west-2 (warm-standby, automatic)",
      "",
      ...labSums,
      "",
      "  loss            5 s  objective 5 s; replicaLagMsMax: a failover with more lag waits for a human",
      "",
    ].join("\n"),
  });
});

test.each(["lab", "us", "ap", join(__dirname, "../../topology/switchback.example.yaml")])(
  "check and explain accept %s",
  (file) => {
    expect(run("check", file).code).toBe(0);
    expect(run("explain", file).code).toBe(0);
  },
);

test("check names all problems on the error stream and exits with 2", () => {
  const bad = { ...withFields(usTopology, { "lease.ackWithinMs": 3_001 }), mode: "auto" };
  const { code, out, err } = run("check", fileWith("bad.json", bad));
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toContain("bad.json: 2 problems");
  expect(err).toContain('    given:   "auto"\n    allowed: "automatic", "approve" or "observe"');
  expect(err).toContain("    given:   3001, and commitGapMs 2000\n    allowed: 1 to 2000");
});

test("check and explain refuse a sum over the objective with the sum and a way out", () => {
  const file = fileWith("slow.json", withFields(usTopology, { "objectives.rtoSeconds": 400 }));
  for (const command of ["check", "explain"]) {
    const { code, err } = run(command, file);
    expect(code).toBe(2);
    expect(err).toContain("    sum           438 s  objective 400 s, 38 s too long");
    expect(err).toContain("         dns.ttlSeconds: 60 -> 22");
  }
});

test("explain draws each phase as a bar by its share of the sum", () => {
  const { code, out } = run("explain", "lab");
  expect(code).toBe(0);
  expect(out.split("\n").slice(0, 8)).toEqual([
    "Recovery time of orders, us-east-1 to us-west-2 (warm-standby, automatic)",
    "",
    "  detect       800 ms  ██████",
    "  lease         1.5 s  ████████████",
    "  margin       300 ms  ██",
    "  promote      800 ms  ██████",
    "  shift         1.7 s  █████████████",
    "  sum           5.1 s  objective 10 s, 4.9 s to spare",
  ]);
  expect(out).toContain("The sum is an upper bound:");
});

test("a phase with a tiny share still has a mark, and one of no length has none", () => {
  const { rto } = feasible(withFields(usTopology, { "lease.marginMs": 2_003 }));
  expect(barTable(rto)[2]).toBe("margin      2.003 s  █");
  const nothing = { ...rto, phases: [{ phase: "shift", ms: 0, how: "" }] } as const;
  expect(barTable(nothing)[0]).toBe("shift          0 ms  ");
});

test("the texts come from values alone: the same topology gives the same text", () => {
  const sums = feasible(labTopology);
  expect(acceptedText(labTopology, sums)).toBe(run("check", "lab").out);
  expect(explanationText(labTopology, sums)).toBe(run("explain", "lab").out);
});

test.each(["check", "explain"])(
  "%s --json prints one object for an accepted topology",
  (command) => {
    const { code, out, err } = run(command, "lab", "--json");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(JSON.parse(out)).toMatchObject({
      file: "lab",
      ok: true,
      rto: { sumMs: 5_100, objectiveMs: 10_000, meets: true },
      rpo: { boundMs: 5_000, meets: true },
      topology: labTopology,
    });
  },
);

test("check --json prints problems, sums and suggestion as one object, and exits with 2", () => {
  const file = fileWith("slow2.json", withFields(usTopology, { "objectives.rtoSeconds": 400 }));
  const { code, out, err } = run("check", "--json", file);
  expect({ code, err }).toEqual({ code: 2, err: "" });
  expect(JSON.parse(out)).toMatchObject({
    file,
    ok: false,
    problems: [{ path: "objectives.rtoSeconds" }],
    feasibility: {
      suggestion: { changes: [{ fields: [{ path: "dns.ttlSeconds", from: 60, to: 22 }] }] },
    },
  });
});

test.each([[["schema"]], [["schema", "--json"]]])("%j prints the JSON Schema", (args) => {
  const { code, out } = run(...args);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toEqual(JSON.parse(JSON.stringify(topologyJsonSchema())));
});

test.each([[["--help"]], [["check", "--help"]], [["explain", "-h"]], [["schema", "--help"]]])(
  "%j is help on the output stream and exits with 0",
  (args) => {
    const { code, out, err } = run(...args);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/^Usage: topology/);
  },
);

test.each([
  [["check"], "error: missing required argument 'file'"],
  [["check", "lab", "us"], "error: too many arguments"],
  [["check", "lab", "--jsn"], "error: unknown option '--jsn'\n(Did you mean --json?)"],
  [["chek", "lab"], "error: unknown command 'chek'\n(Did you mean check?)"],
  [["--verbose"], "error: unknown option '--verbose'"],
  [[], "Usage: topology"],
])("the command line %j is refused with a clear text and 2", (args, text) => {
  const { code, out, err } = run(...args);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toContain(text);
});

test("a file that is missing, empty, a directory or not well-formed is refused in words", () => {
  expect(run("check", join(folder, "none.yaml"))).toMatchObject({ code: 2, out: "" });
  expect(run("check", join(folder, "none.yaml")).err).toContain("does not exist");
  expect(run("check", folder).err).toContain("is a directory");
  expect(run("check", fileWith("empty.yml", "")).err).toContain("is empty");
  const twice = run("explain", fileWith("twice.yaml", "mode: observe\nmode: approve\n"));
  expect(twice.err).toContain("twice.yaml:2:1\n    line 2, column 1: this key is there twice");
});

describe("as a process", () => {
  const root = join(__dirname, "../..");
  const tsx = join(root, "node_modules/.bin/tsx");

  function spawned(args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
    return new Promise((resolve) => {
      const command = ["topology/main.ts", ...args];
      execFile(tsx, command, { cwd: root, timeout: 30_000 }, (error, out, err) => {
        resolve({ code: error === null ? 0 : Number(error.code), out, err });
      });
    });
  }

  test.each([
    [["check", "us"], 0, /^OK: orders, us-east-1 to us-west-2/, /^$/],
    [["check", "topology/switchback.example.yaml"], 0, /^OK: /, /^$/],
    [["check", "nowhere.yaml"], 2, /^$/, /nowhere\.yaml\n {4}does not exist/],
    [["explain", "lab", "--wrong"], 2, /^$/, /unknown option '--wrong'/],
  ])("%j exits with %d", async (args, code, out, err) => {
    const ended = await spawned(args);
    expect(ended.code).toBe(code);
    expect(ended.out).toMatch(out);
    expect(ended.err).toMatch(err);
  });
});
