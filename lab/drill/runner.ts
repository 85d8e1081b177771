//! Runs one drill from an empty machine to a report, and always stops what it started.
//! Whatever breaks on the way, the drill ends with a report that says so: `unknown`, never `pass`.

import { createHash } from "node:crypto";
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { arch, platform, release } from "node:os";
import { join } from "node:path";
import type { Lab } from "../lab.ts";
import { zeroOf, type Drill, type DrillPorts, type DrillRequest, type Findings } from "./drill.ts";
import { newEventBoard } from "./event-board.ts";
import { createEvidenceFolder, type EvidenceFolder } from "./evidence-folder.ts";
import { carryOutPlan } from "./injection.ts";
import { askOperators, newJournalLog } from "./journal.ts";
import type { Ledger } from "./ledger.ts";
import { ledgerTail, type LedgerTail } from "./ledger-tail.ts";
import { runProgram, startProgram, type RunningProgram } from "./load-process.ts";
import { drawEvidence } from "./picture/draw-evidence.ts";
import { serverVersion, tryWrite } from "./postgres.ts";
import { reportOf, type DrillReport } from "./report.ts";
import { renderReportPage, renderTimeLine } from "./report-page.ts";
import { readEvidence } from "./picture/evidence.ts";
import { renderPicturePage } from "./picture/page.ts";
import { awaitSteady } from "./steady.ts";
import { acknowledgementsOf } from "./verdicts/requests.ts";
import type { CheckerReport } from "./verdicts/evidence.ts";
import { momentsSince, watchUntilOver } from "./watch.ts";

export async function runDrill(request: DrillRequest, ports: DrillPorts): Promise<DrillReport> {
  const findings = newFindings(request, ports);
  let lab: Lab | null = null;
  try {
    ports.signal.throwIfAborted();
    lab = await ports.startLab({
      folder: request.labFolder,
      onProgress: (text) => ports.tell({ kind: "progress", text }),
    });
    await rehearse({ request, ports, lab, findings });
  } catch (error) {
    findings.problems.push(problemOf(error, ports.signal));
  } finally {
    if (lab !== null) ports.tell({ kind: "progress", text: "stopping the lab" });
    await lab?.stop().catch((error: unknown) => {
      findings.problems.push(`the lab did not stop: ${messageOf(error)}`);
    });
  }
  return conclude(request, findings, ports);
}

async function rehearse(drill: Drill): Promise<void> {
  const { request, ports, lab, findings } = drill;
  const { evidence } = findings;
  ports.signal.throwIfAborted();
  evidence.writeJson("lab.json", lab.descriptor);
  evidence.writeJson("versions.json", await versionsOf(drill));
  const tail = ledgerTail(evidence.file("ledger.ndjson"));
  const load = startProgram(ports.load, loadArguments(request, evidence));
  try {
    await awaitSteady(drill, tail, load);
    await actAndWatch(drill, tail, load);
  } finally {
    const ended = await load.stop();
    if (ended !== "") findings.problems.push(`the load: ${ended}`);
    remember(drill, await tail.read());
  }
  await examine(drill, await tail.read());
}

function loadArguments({ scenario, seed }: DrillRequest, evidence: EvidenceFolder): string[] {
  const { writesPerSecond, clients, connections, objectEvery, ignoresTtl } = scenario.load;
  return [
    `--lab=${evidence.file("lab.json")}`,
    `--ledger=${evidence.file("ledger.ndjson")}`,
    `--seed=${seed}`,
    `--writes-per-second=${writesPerSecond}`,
    `--clients=${clients}`,
    ...(connections === undefined ? [] : [`--connections=${connections}`]),
    ...(objectEvery === undefined ? [] : [`--object-every=${objectEvery}`]),
    ...(ignoresTtl === true ? ["--ignores-ttl"] : []),
  ];
}

/** Both at once; whichever breaks ends the other too. What is over ends what waits for nothing. */
async function actAndWatch(drill: Drill, tail: LedgerTail, load: RunningProgram): Promise<void> {
  const halt = new AbortController();
  const signal = AbortSignal.any([drill.ports.signal, halt.signal]);
  const bounded: Drill = { ...drill, ports: { ...drill.ports, signal } };
  let acted = false;
  const act = async (): Promise<void> => {
    await carryOutPlan(bounded);
    acted = true;
  };
  const acting = act();
  const watching = watchUntilOver(bounded, { tail, load, pending: () => !acted });
  try {
    const unseen = await Promise.race([watching, acting.then(() => watching)]);
    drill.findings.problems.push(...unseen);
    if (!acted) drill.findings.problems.push("the drill's plan was not carried out to its end");
  } finally {
    halt.abort();
    await Promise.allSettled([acting, watching]);
  }
}

/** After the load: wake what was lost, try to write where nobody may, and let the checker judge. */
async function examine(drill: Drill, ledger: Ledger): Promise<void> {
  const { lab, ports, findings } = drill;
  ports.tell({ kind: "progress", text: "reading what the databases hold" });
  for (const region of Object.keys(lab.descriptor.regions)) {
    // Does nothing where the database runs.
    await within(lab.exhume(region), ports.limits.exhumeMsMax).catch((error: unknown) => {
      findings.problems.push(`the database of ${region} did not start: ${messageOf(error)}`);
    });
  }
  await collect(drill, ledger);
  await writeInWrongRegions(drill, ledger);
  await check(drill);
}

async function writeInWrongRegions(drill: Drill, ledger: Ledger): Promise<void> {
  const { lab, request, findings } = drill;
  const writer = acknowledgementsOf(ledger).at(-1)?.region;
  for (const [region, { postgres }] of Object.entries(lab.descriptor.regions)) {
    if (region === writer) continue;
    const key = `wrong-region-${request.seed}`;
    findings.wrongRegionWrites.push(await tryWrite(region, postgres, key));
  }
}

async function collect(drill: Drill, ledger: Ledger): Promise<void> {
  const { lab, findings } = drill;
  const [journals, status] = await Promise.all([
    askOperators(lab.descriptor, "/journal"),
    askOperators(lab.descriptor, "/status"),
  ]);
  findings.journal.add(journals);
  remember(drill, ledger);
  findings.evidence.writeJson("journal.json", findings.journal.raw);
  findings.evidence.writeJson("plans.json", findings.journal.plans);
  findings.evidence.writeJson("status.json", status.raw);
  const observations = lab.observations();
  findings.evidence.writeJson("observations.json", observations);
  for (const region of Object.keys(observations.rogueWriters)) {
    const name = `rogue-${region}.ndjson`;
    copyFileSync(join(lab.descriptor.folder, "logs", name), findings.evidence.file(name));
  }
}

function remember(drill: Drill, ledger: Ledger): void {
  const { findings } = drill;
  const zeroAtMs = zeroOf(findings);
  if (zeroAtMs !== null) findings.moments = momentsSince(drill, ledger, zeroAtMs);
}

async function check({ findings, ports }: Drill): Promise<void> {
  const { evidence } = findings;
  ports.tell({ kind: "progress", text: "checking the ledger against the databases" });
  writeWhatHappened(findings);
  evidence.writeJson("objective.json", findings.objective);
  const said = await runProgram(ports.checker, [`--evidence=${evidence.path}`], {
    timeoutMs: ports.limits.checkerMsMax,
    signal: ports.signal,
  });
  if (said !== "") throw new Error(`the checker: ${said}`);
  findings.checker = JSON.parse(
    readFileSync(evidence.file("checker.json"), "utf8"),
  ) as CheckerReport;
}

function writeWhatHappened(findings: Findings): void {
  const { commands, events, evidence, faults, holds, statusPages } = findings;
  evidence.writeJson("faults.json", faults);
  evidence.writeJson("commands.json", commands);
  evidence.writeJson("events.json", events.seen);
  evidence.writeJson("holds.json", holds);
  evidence.writeJson("watched.json", { heldAtMs: holds[0]?.fromMs ?? null, statusPages });
}

function conclude(
  { scenario, seed }: DrillRequest,
  findings: Findings,
  { nowMs }: DrillPorts,
): DrillReport {
  const { evidence, startedAt } = findings;
  const report = reportOf({
    ...findings,
    journal: findings.journal.entries,
    scenario,
    seed,
    startedAt: startedAt.toISOString(),
    tookMs: nowMs() - startedAt.getTime(),
    evidence: evidence.path,
  });
  writeWhatHappened(findings);
  evidence.writeJson("timeline.json", findings.moments);
  evidence.writeText("timeline.txt", renderTimeLine(findings.moments, zeroOf(findings)));
  evidence.writeJson("report.json", report);
  evidence.writeText("report.md", renderReportPage(report, findings.moments, zeroOf(findings)));
  drawEvidence(evidence.path);
  drawPicture(findings);
  return report;
}

/** The page is drawn from the folder alone, so that anybody can draw it again. */
function drawPicture({ evidence, problems }: Findings): void {
  try {
    const input = readEvidence(evidence.path);
    if (input !== null) evidence.writeText("report.html", renderPicturePage(input));
  } catch (error) {
    // The report stands without its picture; that there is none must be seen all the same.
    problems.push(`the picture could not be drawn: ${messageOf(error)}`);
  }
}

function newFindings(request: DrillRequest, ports: DrillPorts): Findings {
  const startedAt = new Date(ports.nowMs());
  const { scenario, also, seed, topology, drillsFolder } = request;
  const evidence = createEvidenceFolder(drillsFolder, startedAt, scenario.name);
  evidence.writeJson("scenario.json", { ...scenario, also, seed });
  evidence.writeJson("topology.json", topology);
  const { rtoSeconds, rpoSeconds } = topology.objectives;
  return {
    startedAt,
    evidence,
    objective: { rtoSeconds, rpoSeconds, ...scenario.criteria },
    faults: [],
    commands: [],
    holds: [],
    events: newEventBoard(),
    journal: newJournalLog(),
    statusPages: 0,
    moments: [],
    wrongRegionWrites: [],
    problems: [],
    checker: null,
  };
}

async function versionsOf({ lab, ports }: Drill): Promise<Readonly<Record<string, string>>> {
  const active = lab.descriptor.regions[lab.descriptor.initialActive];
  const bundle = ports.operatorBundle;
  return {
    node: process.version,
    postgres:
      active === undefined
        ? "unknown"
        : await serverVersion(active.postgres).catch((error: unknown) => messageOf(error)),
    operator: existsSync(bundle)
      ? `sha256:${createHash("sha256").update(readFileSync(bundle)).digest("hex")}`
      : "unknown",
    os: `${platform()} ${release()} ${arch()}`,
  };
}

async function within<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${timeoutMs} ms`)), timeoutMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

function problemOf(error: unknown, signal: AbortSignal): string {
  return signal.aborted ? "interrupted" : `the drill broke off: ${messageOf(error)}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
