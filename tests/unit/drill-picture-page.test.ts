//! Goal: the page says what an auditor asks, needs nothing but itself, and hides nothing that is
//! unknown. Method: render made-up evidence and read the page; read and draw a folder on disk.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parsePlannedFault } from "../../lab/drill/fault-plan.ts";
import { claimsOf } from "../../lab/drill/picture/claims.ts";
import { drawEvidence } from "../../lab/drill/picture/draw-evidence.ts";
import { readEvidence, type PictureInput } from "../../lab/drill/picture/evidence.ts";
import { alsoWords, runAgainCommand } from "../../lab/drill/picture/fault-words.ts";
import { closeUpOf } from "../../lab/drill/picture/picture-section.ts";
import { pictureOf } from "../../lab/drill/picture/picture.ts";
import { renderPicturePage } from "../../lab/drill/picture/page.ts";
import { linesOf } from "../../lab/drill/picture/table-of-everything.ts";
import { judge } from "../../lab/drill/verdicts.ts";
import type { Evidence } from "../../lab/drill/verdicts/evidence.ts";
import { cleanEvidence, cleanRequests, databasesOf, east, west, write } from "./drill-evidence.ts";
import { lossInput } from "./drill-picture-evidence.ts";
import { failbackInput } from "./drill-picture-failback.ts";

const whole = { buckets: 120, window: undefined };

function judged(changes: Partial<Evidence>): PictureInput {
  const evidence = cleanEvidence(changes);
  return lossInput({ checker: judge(evidence), objective: evidence.objective });
}

function slow(): Partial<Evidence> {
  return { objective: { ...cleanEvidence().objective, rtoSeconds: 1 } };
}

function twoWriters(): Partial<Evidence> {
  const late = write(900, 12_500, { epoch: 1, region: east, answeredBy: east });
  const requests = [...cleanRequests(), late].sort((a, b) => a.doneAtMs - b.doneAtMs);
  const { ledger } = cleanEvidence();
  return { ledger: { ...ledger, requests }, databases: databasesOf(requests) };
}

function due(failovers: number): Partial<Evidence> {
  return { objective: { ...cleanEvidence().objective, failovers } };
}

function unreadable(region: string) {
  return { region, reachable: false, error: "gone" } as const;
}

function close(input: PictureInput) {
  return closeUpOf(input, pictureOf(input, whole));
}

function verdictOf(input: PictureInput, claim: string) {
  return claimsOf(input).find((one) => one.claim === claim)?.verdict;
}

describe("the page", () => {
  test("needs nothing but itself", () => {
    for (const page of [lossInput(), failbackInput()].map(renderPicturePage)) {
      expect(page).toContain("default-src 'none'");
      expect(page).not.toMatch(/<script|<link|<img|<iframe|@import|src=|href=/);
      const addresses = page.match(/https?:[^"<\s]*/g) ?? [];
      expect(addresses.every((address) => address === "http://www.w3.org/2000/svg")).toBe(true);
    }
  });

  test("says the result before anything else, and then why", () => {
    const { report } = lossInput();
    const failed = { ...report, result: "fail" as const, reasons: ["a < b & c"] };
    const page = renderPicturePage(lossInput({ report: failed }));
    const [result, reason, table] = ["FAIL", "a &lt; b &amp; c", "<table"].map((text) =>
      page.indexOf(text),
    );
    expect(result).toBeGreaterThan(0);
    expect(reason).toBeGreaterThan(result ?? 0);
    expect(table).toBeGreaterThan(reason ?? 0);
  });

  test("escapes whatever the evidence holds", () => {
    const mean = `<script>alert(1)</script>"'&`;
    const input = failbackInput();
    const page = renderPicturePage({
      ...input,
      report: { ...input.report, scenario: mean, title: mean, reasons: [mean], evidence: mean },
      description: mean,
      faults: input.faults.map((fault) => ({ ...fault, text: mean })),
      versions: { [mean]: mean },
      files: [{ name: mean, bytes: 1 }],
      topologyHash: mean,
    });
    expect(page).not.toContain("<script");
    expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;");
  });

  test("calls unknown what nobody measured", () => {
    const { scenario, seed, startedAt, result } = lossInput().report;
    const page = renderPicturePage({
      ...lossInput({ checker: null, ledger: null, faults: [], journals: {}, versions: {} }),
      report: { scenario, seed, startedAt, result },
      objective: {},
      topologyHash: null,
    });
    expect(page).toContain("the checker came to no verdict");
    expect(page).toContain("no operator showed its journal");
    expect(page).not.toMatch(/undefined|NaN|\[object/);
  });

  test("lists lost rows up to a bound and says how many more there are", () => {
    const input = failbackInput();
    const [row] = input.report.lost ?? [];
    if (row === undefined) throw new Error("no lost row");
    const lost = Array.from({ length: 120 }, (_, seq) => ({ ...row, key: `lost-${seq}` }));
    const report = { ...input.report, lost, lostRows: lost.length };
    const page = renderPicturePage({ ...input, report, ledger: null });
    expect(page).toContain("<code>lost-49</code>");
    expect(page).not.toContain("<code>lost-50</code>");
    expect(page).toContain("and 70 more in report.json");
  });

  test("says everything that the picture says in its tables", () => {
    const input = failbackInput();
    const page = renderPicturePage(input);
    const lines = linesOf(pictureOf(input, whole));
    expect(lines.length).toBeGreaterThan(50);
    expect(lines.toSorted((a, b) => a.fromMs - b.fromMs)).toEqual(lines);
    expect(page).toContain("switchover-3: close-writes");
    expect(page).toContain("protect-2: create-replica");
  });

  test("has no id twice", () => {
    const ids = [...renderPicturePage(failbackInput()).matchAll(/ id="([^"]*)"/g)].map(
      ([, id]) => id,
    );
    expect(ids.length).toBeGreaterThan(8);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("shows a close-up of a long drill only", () => {
    expect(close(lossInput())).toBeNull();
    expect(close(failbackInput())).not.toBeNull();
    expect(close(lossInput({ checker: null }))).toBeNull();
  });
});

describe("the claims", () => {
  test("of a clean drill all pass", () => {
    expect(claimsOf(lossInput()).filter(({ verdict }) => verdict !== "pass")).toEqual([]);
    expect(claimsOf(failbackInput()).filter(({ verdict }) => verdict !== "pass")).toEqual([]);
  });

  test.each<[string, string, Partial<Evidence>, string]>([
    ["a slow recovery", "Users can write again in time (RTO)", slow(), "fail"],
    ["a second writer", "Two writers at once, by what was acknowledged", twoWriters(), "fail"],
    [
      "a row in no database",
      "Lost rows that no database holds any more",
      { databases: databasesOf(cleanRequests().slice(0, -1)) },
      "fail",
    ],
    [
      "a database that cannot be read",
      "Every database could be read",
      { databases: [...databasesOf(cleanRequests()).slice(1), unreadable(east)] },
      "unknown",
    ],
    ["a failover that did not come", "Changes of the writer", due(2), "unknown"],
    ["a failover that was not due", "Changes of the writer", due(0), "fail"],
  ])("%s: %s", (_, claim, changes, verdict) => {
    const input = judged(changes);
    expect(verdictOf(input, claim)).toBe(verdict);
    // The page may not be milder than the checker, nor harder.
    expect(input.checker?.result).toBe(verdict);
  });

  test("of a scenario that makes none of the special ones leave them out", () => {
    const names = claimsOf(lossInput()).map(({ claim }) => claim);
    expect(names.filter((name) => /Planned|salvage|Route 53|held/.test(name))).toEqual([]);
    const back = claimsOf(failbackInput()).map(({ claim }) => claim);
    expect(back).toEqual(expect.arrayContaining(["Planned move: rows lost"]));
    expect(back).toEqual(expect.arrayContaining(["A failover that is due is held"]));
  });

  test("are never harder than the checker, who saw more", () => {
    const gone = { key: "object-1", acknowledgedAtMs: 9_000, heldBy: [], listed: false };
    const { checker } = lossInput();
    const input = lossInput({ checker: { ...checker, lostObjects: [gone] } });
    expect(verdictOf(input, "Lost objects that nobody holds or lists")).toBe("unknown");
  });

  test("of a drill without a verdict are none", () => {
    expect(claimsOf(lossInput({ checker: null }))).toEqual([]);
  });
});

describe("running it again", () => {
  test("names scenario and seed, and every fault that was added", () => {
    const fault = { kind: "process-kill", process: "operator", region: "standby" };
    expect(runAgainCommand("region-loss", 7, [{ atMs: 1_500, fault }, "no fault"])).toBe(
      'npm run drill -- region-loss --seed 7 --also "1500:process-kill operator standby"',
    );
  });

  test.each([
    "0:region-loss active",
    "-200:link-cut active standby",
    "5:link-cut active witness one-way",
    "5:link-slow active witness 80",
    "5:process-freeze postgres active",
    "5:app-errors active 33 peer",
    "5:app-slow active 100",
    "5:route53-control-plane-down",
  ])("%s is written as it was read", (words) => {
    const parsed = parsePlannedFault(words);
    expect(parsed.ok ? alsoWords(parsed.value) : parsed.problem).toBe(words);
  });
});

describe("a folder of evidence", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "switchback-picture-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const put = (name: string, value: unknown): void =>
    writeFileSync(join(folder, name), typeof value === "string" ? value : JSON.stringify(value));

  test("is read whole, and drawn as page and picture", () => {
    const { report, faults, journals, checker, ledger } = lossInput();
    put("report.json", report);
    put("faults.json", faults);
    put("journal.json", journals);
    put("checker.json", checker);
    put("topology.json", "{}");
    const lines = [ledger?.start, ...(ledger?.requests ?? []), ledger?.end];
    put("ledger.ndjson", lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    drawEvidence(folder);
    const input = readEvidence(folder);
    expect(input).toMatchObject({ report: { scenario: "region-loss" }, faults, journals });
    expect(input?.ledger?.requests).toHaveLength(cleanRequests().length);
    expect(readFileSync(join(folder, "timeline.svg"), "utf8")).toContain("failover-2");
    const page = readFileSync(join(folder, "report.html"), "utf8");
    expect(page).toContain("<code>timeline.svg</code>");
    expect(page).toContain(west);
    drawEvidence(folder);
    expect(readFileSync(join(folder, "report.html"), "utf8")).toBe(page);
  });

  test("with broken and missing files is drawn from what there is", () => {
    put("report.json", lossInput().report);
    put("faults.json", "[{]");
    put("journal.json", "7");
    put("commands.json", [{ text: "no time" }, null]);
    put("ledger.ndjson", "no ledger\n");
    drawEvidence(folder);
    const page = readFileSync(join(folder, "report.html"), "utf8");
    expect(page).toContain("the checker came to no verdict");
    expect(existsSync(join(folder, "timeline.svg"))).toBe(true);
  });

  test("without a report gets a page that says so", () => {
    put("report.json", "{}");
    drawEvidence(folder);
    expect(readFileSync(join(folder, "report.html"), "utf8")).toContain("could not be drawn");
  });
});
