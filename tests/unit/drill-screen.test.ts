//! Goal: what a drill shows is right, calm, and fits into 80 columns.
//! Method: fixed reports and moments, compared as they stand on the screen.

import { renderReportPage, renderTimeLine } from "../../lab/drill/report-page.ts";
import { reportOf, type DrillReport, type ReportProps } from "../../lab/drill/report.ts";
import { liveDisplay, renderMoment } from "../../lab/drill/screen/live.ts";
import { grouped, median, relativeSeconds, seconds } from "../../lab/drill/screen/numbers.ts";
import { renderRuns, runsReport } from "../../lab/drill/screen/runs.ts";
import { coloured, plain, widthOf, wrap } from "../../lab/drill/screen/style.ts";
import { allReport, renderAll, renderOne } from "../../lab/drill/screen/table.ts";
import { renderSummary, stair } from "../../lab/drill/screen/summary.ts";
import { judge } from "../../lab/drill/verdicts.ts";
import type { LostRow } from "../../lab/drill/verdicts/evidence.ts";
import {
  cleanEvidence,
  east,
  faultAtMs,
  objective,
  plannedEvidence,
  regionLost,
  switchoverAsked,
} from "./drill-evidence.ts";

const refusedBySql = {
  region: east,
  accepted: false,
  sqlstate: "25006",
  error: "this region holds no lease",
};

const props: ReportProps = {
  scenario: { name: "region-loss", title: "The active region is lost" },
  seed: 7,
  startedAt: "2026-11-24T13:45:27.000Z",
  tookMs: 21_400,
  faults: [regionLost],
  commands: [],
  journal: [],
  objective,
  checker: judge(cleanEvidence()),
  wrongRegionWrites: [refusedBySql],
  problems: [],
  evidence: ".switchback/drills/20261124T134527Z-region-loss",
};

function lostRow(seq: number): LostRow {
  const key = `load-7-${seq}`;
  const acknowledgedAtMs = faultAtMs - 50;
  return { kind: "user", seq, key, region: east, epoch: 1, acknowledgedAtMs, heldBy: [east] };
}

const report: DrillReport = {
  ...reportOf(props),
  rtoMs: 2_020,
  phases: { detectMs: 600, leaseMs: 400, promoteMs: 500, grantMs: 20, dnsMs: 480 },
  lostRows: 12,
  lost: Array.from({ length: 12 }, (_, i) => lostRow(136 + i)),
  lostSeconds: 0.13,
  failedRequests: 1_203,
  errors: { ECONNREFUSED: 3, "timeout-answering": 1_200 },
};

test("a passed drill on one screen", () => {
  expect(`\n${renderSummary(report, plain)}`).toBe(`

╭──────────────────────────────────────────────────────────────────────────────╮
│ PASS  region-loss                                      us-east-1 → us-west-2 │
╰──────────────────────────────────────────────────────────────────────────────╯

  recovery (RTO)     2.02 s  of 10 s
    detect           0.60 s  ████████████
    lease            0.40 s              ████████
    promote          0.50 s                      ██████████
    grant            0.02 s                                █
    dns              0.48 s                                ██████████
  first write        2.00 s

  lost (RPO)       12 acknowledged rows, 0.13 s of 1 s
                   load-7-136  held by us-east-1
                   load-7-137  held by us-east-1
                   load-7-138  held by us-east-1
                   load-7-139  held by us-east-1
                   load-7-140  held by us-east-1
                   load-7-141  held by us-east-1
                   load-7-142  held by us-east-1
                   load-7-143  held by us-east-1
                   load-7-144  held by us-east-1
                   load-7-145  held by us-east-1
                   and 2 more in the evidence
  two writers      0 ms
  failed requests  1,203 of users, 182 writes sent
                   1,200 timeout-answering, 3 ECONNREFUSED
  write by SQL     us-east-1: refused, SQLSTATE 25006
  evidence         .switchback/drills/20261124T134527Z-region-loss

`);
});

test("a drill that could not judge shows unknowns, and no zero in their place", () => {
  const unknown = reportOf({
    ...props,
    checker: null,
    wrongRegionWrites: [],
    problems: ["the drill broke off: no steady state: the replica in us-west-2 streams"],
  });
  const screen = renderSummary(unknown, plain);
  expect(screen).toContain("│ UNKNOWN  region-loss");
  expect(screen).toContain("│ · the drill broke off: no steady state: the replica in us-west-2");
  expect(screen).toContain("recovery (RTO)    unknown");
  expect(screen).toContain("lost (RPO)       unknown");
  expect(screen).toContain("two writers      unknown");
  expect(screen).toContain("failed requests  unknown of users, unknown writes sent");
  expect(screen).not.toContain("0 ms");
});

test.each([
  ["plain", plain],
  ["coloured", coloured],
])("%s, nothing is wider than 80 columns", (_name, paint) => {
  const reasons = ["a very long reason ".repeat(12), "short"];
  const long = { ...report, reasons, result: "fail" } as const;
  const widths = renderSummary(long, paint).split("\n").map(widthOf);
  expect(Math.max(...widths)).toBe(80);
});

test("a write that was accepted in the wrong region stands out", () => {
  const accepted = { region: east, accepted: true, sqlstate: null, error: null };
  const bad = reportOf({ ...props, wrongRegionWrites: [accepted] });
  expect(bad.result).toBe("fail");
  expect(renderSummary(bad, plain)).toContain("write by SQL     us-east-1 accepted it");
});

describe("the result", () => {
  test("is the checker's when the drill itself saw nothing", () => {
    expect(reportOf(props)).toMatchObject({ result: "pass", reasons: [] });
  });

  test("is unknown when the checker did not come to an end", () => {
    expect(reportOf({ ...props, checker: null })).toMatchObject({
      result: "unknown",
      reasons: ["the checker came to no verdict"],
    });
  });

  test("is unknown when the drill had a problem, or the database was not asked to refuse", () => {
    expect(reportOf({ ...props, problems: ["interrupted"] }).result).toBe("unknown");
    const silent = { region: east, accepted: false, sqlstate: null, error: "ECONNREFUSED" };
    expect(reportOf({ ...props, wrongRegionWrites: [silent] }).result).toBe("unknown");
  });

  test("stays a fail when the drill also had a problem", () => {
    const checker = judge(cleanEvidence({ objective: { ...objective, rtoSeconds: 1 } }));
    expect(reportOf({ ...props, checker, problems: ["interrupted"] }).result).toBe("fail");
  });
});

test("the bars of the phases are a staircase without gaps", () => {
  expect(stair(0, 50, 100)).toBe("█".repeat(20));
  expect(stair(50, 50, 100)).toBe(" ".repeat(20) + "█".repeat(20));
  expect(stair(99.9, 0.1, 100)).toHaveLength(40);
  expect(stair(0, 0, 100)).toBe("");
  expect(stair(0, 0, 0)).toBe("");
});

test("a moment stands beside its time, and a long one hangs under it", () => {
  const text = "us-west-2 decides to take over: the lease has not moved; Route 53 sees it failing";
  const moment = { atMs: faultAtMs + 933, tone: "step", text } as const;
  expect(renderMoment(moment, faultAtMs, plain)).toBe(
    "    +0.93 s  us-west-2 decides to take over: the lease has not moved; Route 53\n" +
      "             sees it failing\n",
  );
});

test("on a terminal the progress line is written over, elsewhere it is printed once", () => {
  const moment = { atMs: 0, tone: "fault", text: "lost" } as const;
  const shown = (isTerminal: boolean): string => {
    let text = "";
    const write = (part: string): void => void (text += part);
    const tell = liveDisplay({ paint: plain, isTerminal, write });
    tell({ kind: "progress", text: "one" });
    tell({ kind: "progress", text: "two" });
    tell({ kind: "moment", moment, zeroAtMs: 0 });
    return text;
  };
  expect(shown(false)).toBe("  one\n  two\n    +0.00 s  lost\n");
  expect(shown(true)).toBe("  one\r\u001b[K  two\r\u001b[K    +0.00 s  lost\n");
});

test("several runs are a table with medians, and the worst result is theirs", () => {
  const runs = runsReport("region-loss", [
    { ...report, rtoMs: 3_000 },
    { ...report, rtoMs: 2_000, result: "unknown" },
    { ...report, rtoMs: null },
  ]);
  expect(runs.result).toBe("unknown");
  expect(runs.medians).toMatchObject({ rtoMs: 2_500, detectMs: 600, lostRows: 12 });
  expect(renderRuns(runs, plain)).toBe(`
  run     result    RTO  detect  lease  promote  grant   dns  lost  two  failed
  1       pass     3.00    0.60   0.40     0.50   0.02  0.48    12    0    1203
  2       unknown  2.00    0.60   0.40     0.50   0.02  0.48    12    0    1203
  3       pass        ?    0.60   0.40     0.50   0.02  0.48    12    0    1203
  median           2.50    0.60   0.40     0.50   0.02  0.48    12    0    1203

  times in seconds, two = milliseconds with two writers

`);
  expect(runsReport("region-loss", []).result).toBe("unknown");
  expect(runsReport("x", [report, { ...report, result: "fail" }]).result).toBe("fail");
});

test("the page names every lost row and says what it rests on", () => {
  const moments = [{ atMs: faultAtMs + 100, tone: "step", text: "something moved" }] as const;
  const page = renderReportPage(report, moments, faultAtMs);
  expect(page).toContain("# The active region is lost: pass");
  expect(page).toContain("| Users could not write (RTO) | 2.02 s of 10 s |");
  expect(page).toContain("| `load-7-147` | us-east-1 | 1 | 1970-01-01T00:00:09.950Z | us-east-1 |");
  expect(page).toContain("| Write by SQL in us-east-1 | refused: 25006 |");
  expect(page).toContain("   +0.10 s  something moved");
  expect(page).toContain("`ledger.ndjson`");
});

test("the time line as text is sorted and counted from the main fault", () => {
  const moments = [
    { atMs: faultAtMs + 2_000, tone: "good", text: "later" },
    { atMs: faultAtMs - 20, tone: "step", text: "sooner" },
  ] as const;
  expect(renderTimeLine(moments, faultAtMs)).toBe("   -0.02 s  sooner\n   +2.00 s  later\n");
});

test("numbers are written for people", () => {
  expect([seconds(1_234), seconds(null)]).toEqual(["1.23 s", "unknown"]);
  expect([relativeSeconds(-4), relativeSeconds(-15), relativeSeconds(60)]).toEqual([
    "+0.00 s",
    "-0.01 s",
    "+0.06 s",
  ]);
  expect([grouped(7), grouped(1_234_567), grouped(null)]).toEqual(["7", "1,234,567", "unknown"]);
  expect([median([3, 1, 2]), median([4, 1]), median([])]).toEqual([2, 2.5, null]);
  expect(wrap("one two three", 7)).toEqual(["one two", "three"]);
});

test("a planned move shows its pause, and no recovery that nothing needed", () => {
  const moved = reportOf({
    ...props,
    objective: { ...objective, rtoObjective: false },
    commands: [switchoverAsked],
    faults: [],
    checker: judge(plannedEvidence()),
  });
  const screen = renderSummary(moved, plain);
  expect(screen).toContain("asked            a person asks for a switchover");
  expect(screen).toContain("write pause        400 ms  in the planned move");
  expect(screen).toContain("moved            1 change of the writer");
  expect(screen).not.toContain("recovery");
  const page = renderReportPage(moved, [], faultAtMs);
  expect(page).toContain("| Planned move: longest write pause | 400 ms |");
  expect(page).toContain("| A replica follows at the end | yes |");
  expect(page).not.toContain("RTO");
});

const all = (drills: readonly DrillReport[], interrupted = false) =>
  allReport({ asked: ["region-loss", "arbiter-down"], drills, seconds: 75, interrupted });

describe("many drills", () => {
  const quiet = {
    ...report,
    scenario: "arbiter-down",
    measuresRto: false,
    failovers: 0,
    rtoMs: null,
    firstWriteMs: null,
    lostRows: 0,
    lost: [],
    failedRequests: 0,
    writePauseMs: 48,
  };
  const failed = {
    ...report,
    result: "fail",
    reasons: ["two regions acknowledged writes"],
  } as const;
  test("are one table with the reasons and the evidence", () => {
    expect(renderAll(all([failed, quiet]), plain)).toBe(`
scenario      result  first   DNS  lost  failed  two  pause   s
region-loss   fail     2.00  2.02    12    1203    0   2.00  21
arbiter-down  pass        -     -     0       0    0   0.05  21

region-loss: fail
  two regions acknowledged writes

1 pass, 1 fail, 0 unknown, in 1 min 15 s
first: seconds to the first write elsewhere; DNS: to users' writes; two:
milliseconds with two writers; pause: longest time without a good write, of the
planned move where there is one.

${report.evidence}
${report.evidence}

`);
  });

  test("pass only when all were run and passed", () => {
    expect(all([report, quiet]).result).toBe("pass");
    expect(all([failed, quiet]).result).toBe("fail");
    expect(all([report, { ...quiet, result: "unknown" }]).result).toBe("unknown");
    expect(all([report, quiet], true).result).toBe("unknown");
    expect(all([report])).toMatchObject({ result: "unknown", notRun: ["arbiter-down"] });
    expect(all([]).result).toBe("unknown");
    expect(renderAll(all([report], true), plain)).toContain(
      "1 not run, interrupted, in 1 min 15 s",
    );
  });

  test("fit into 80 columns, with the longest name and large numbers", () => {
    const wide = {
      ...report,
      scenario: "dns-cache-that-ignores-ttl",
      result: "unknown",
      reasons: ["something was not measured ".repeat(9)],
      failedRequests: 12_345,
      twoWritersMs: 999,
      tookMs: 123_000,
    } as const;
    const widths = renderAll(all([wide]), coloured)
      .split("\n")
      .map(widthOf);
    expect(Math.max(...widths)).toBeLessThanOrEqual(80);
    expect(renderOne(wide, plain)).toContain("UNKNOWN  dns-cache-that-ignores-ttl, 123 s");
  });
});
