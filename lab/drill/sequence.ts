//! Drills one after another, each in a lab of its own: several runs of one scenario, or every
//! scenario. An interruption ends the one that runs, in order, and none after it begins.

import { defaultLimits, type DrillLimits, type DrillPorts, type DrillRequest } from "./drill.ts";
import { keepNewest } from "./evidence-folder.ts";
import type { DrillReport } from "./report.ts";
import { runDrill } from "./runner.ts";
import type { PlannedFault, Scenario } from "./scenarios/scenario.ts";
import { liveDisplay, type Screen } from "./screen/live.ts";
import { allReport, renderOne, type AllReport } from "./screen/table.ts";
import { renderSummary } from "./screen/summary.ts";

export interface SequencePorts extends Omit<DrillPorts, "tell" | "limits"> {
  /** Where the progress of a drill and its result are shown. */
  readonly shown: Screen;
  readonly newSeed: () => number;
  readonly limits?: DrillLimits;
}

export type SequenceFolders = Pick<DrillRequest, "topology" | "labFolder" | "drillsFolder">;

export interface SequenceProps {
  readonly folders: SequenceFolders;
  readonly ports: SequencePorts;
  readonly also: readonly PlannedFault[];
  readonly runs: number;
  /** Of the first run; the next ones count on. @default one of chance for each */
  readonly seed?: number;
  /** @default all */
  readonly keep?: number;
}

/** The runs of one scenario, each with its summary. */
export async function drillRuns(scenario: Scenario, props: SequenceProps): Promise<DrillReport[]> {
  const reports: DrillReport[] = [];
  const { shown, signal } = props.ports;
  for (let run = 0; run < props.runs && !signal.aborted; run += 1) {
    const report = await drillOnce(scenario, props, run);
    shown.write(renderSummary(report, shown.paint));
    reports.push(report);
  }
  return reports;
}

/** Every scenario, one line of result each; the caller shows the table. */
export async function drillAll(
  scenarios: readonly Scenario[],
  props: SequenceProps,
): Promise<AllReport> {
  const { nowMs, shown, signal } = props.ports;
  const beganAtMs = nowMs();
  const drills: DrillReport[] = [];
  for (const [i, scenario] of scenarios.entries()) {
    if (signal.aborted) break;
    shown.write(shown.paint("quiet", `\n  drill ${i + 1} of ${scenarios.length}`));
    for (let run = 0; run < props.runs && !signal.aborted; run += 1) {
      const report = await drillOnce(scenario, props, run);
      shown.write(renderOne(report, shown.paint));
      drills.push(report);
    }
  }
  const seconds = Math.round((nowMs() - beganAtMs) / 1_000);
  const asked = scenarios.map(({ name }) => name);
  return allReport({ asked, drills, seconds, interrupted: signal.aborted });
}

async function drillOnce(
  scenario: Scenario,
  props: SequenceProps,
  run: number,
): Promise<DrillReport> {
  const { also, folders, keep, ports } = props;
  const { shown } = ports;
  const seed = props.seed === undefined ? ports.newSeed() : props.seed + run;
  const { rtoSeconds, rpoSeconds } = folders.topology.objectives;
  const about = `seed ${seed} · objectives RTO ${rtoSeconds} s, RPO ${rpoSeconds} s`;
  shown.write(`\n  ${shown.paint("strong", scenario.name)}  ${shown.paint("quiet", about)}\n\n`);
  const report = await runDrill(
    { ...folders, scenario, also, seed },
    { ...ports, tell: liveDisplay(shown), limits: ports.limits ?? defaultLimits },
  );
  if (keep !== undefined) keepNewest(folders.drillsFolder, keep);
  return report;
}
