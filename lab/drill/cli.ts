//! `npm run drill`: arguments in, exit code out. 0 is a pass, 1 a fail or an unknown, 2 a wrong
//! command line, 130 an interruption. With `--json` stdout carries one JSON document and no more.

import { Command as Program, CommanderError, InvalidArgumentError, Option } from "commander";
import { defaultLimits, type DrillLimits, type DrillPorts, type DrillRequest } from "./drill.ts";
import { keepNewest } from "./evidence-folder.ts";
import { faultGrammar, resolveFault, type Roles } from "../faults/fault-text.ts";
import { parsePlannedFault } from "./fault-plan.ts";
import type { DrillReport } from "./report.ts";
import { runDrill } from "./runner.ts";
import { defaultScenario, findScenario, scenarios } from "./scenarios/registry.ts";
import type { PlannedFault, Scenario } from "./scenarios/scenario.ts";
import { liveDisplay, type Screen } from "./screen/live.ts";
import { renderRuns, runsReport } from "./screen/runs.ts";
import { renderSummary } from "./screen/summary.ts";
import { wrap } from "./screen/style.ts";

export interface CliPorts extends Omit<DrillPorts, "tell" | "limits"> {
  /** Where people read: standard output, or standard error beside `--json`. */
  readonly screen: Screen;
  readonly progressScreen: Screen;
  readonly newSeed: () => number;
  readonly limits?: DrillLimits;
}

export type CliFolders = Pick<DrillRequest, "topology" | "labFolder" | "drillsFolder"> & {
  readonly roles: Roles;
};

interface Options {
  readonly json?: boolean;
  readonly seed?: number;
  readonly keep?: number;
  readonly also: readonly PlannedFault[];
  readonly runs: number;
}

export async function drillCli(
  args: readonly string[],
  folders: CliFolders,
  ports: CliPorts,
): Promise<number> {
  const program = newProgram(ports);
  let exitCode = 0;
  program.action(async (name: string, options: Options) => {
    exitCode = await act(name, options, { folders, ports });
  });
  try {
    await program.parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
}

interface Context {
  readonly folders: CliFolders;
  readonly ports: CliPorts;
}

async function act(name: string, options: Options, context: Context): Promise<number> {
  const { screen, progressScreen } = context.ports;
  if (name === "list") {
    screen.write(options.json ? json(scenarios) : renderList(scenarios));
    return 0;
  }
  const scenario = findScenario(name);
  if ("problem" in scenario) {
    progressScreen.write(`${scenario.problem}\n`);
    return 2;
  }
  const problem = problemWith(options.also, context.folders.roles);
  if (problem !== undefined) {
    progressScreen.write(`error: --also: ${problem}\n`);
    return 2;
  }
  return drillAll(scenario, options, context);
}

/** Names are known beforehand: nothing need come up to find a wrong one. */
function problemWith(also: readonly PlannedFault[], roles: Roles): string | undefined {
  for (const { fault } of also) {
    const resolved = resolveFault(fault, roles);
    if (!resolved.ok) return resolved.problem;
  }
  return undefined;
}

async function drillAll(scenario: Scenario, options: Options, context: Context): Promise<number> {
  const { ports, folders } = context;
  const reports: DrillReport[] = [];
  for (let run = 0; run < options.runs && !ports.signal.aborted; run += 1) {
    reports.push(await drillOnce(scenario, options, context, run));
    if (options.keep !== undefined) keepNewest(folders.drillsFolder, options.keep);
  }
  const runs = runsReport(scenario.name, reports);
  if (options.json) ports.screen.write(json(options.runs === 1 ? (runs.runs[0] ?? runs) : runs));
  else if (options.runs > 1) ports.screen.write(renderRuns(runs, ports.screen.paint));
  if (ports.signal.aborted) return 130;
  return runs.result === "pass" ? 0 : 1;
}

async function drillOnce(
  scenario: Scenario,
  options: Options,
  { folders, ports }: Context,
  run: number,
): Promise<DrillReport> {
  const screen = options.json ? ports.progressScreen : ports.screen;
  const seed = options.seed === undefined ? ports.newSeed() : options.seed + run;
  const { rtoSeconds, rpoSeconds } = folders.topology.objectives;
  const about = `seed ${seed} · objectives RTO ${rtoSeconds} s, RPO ${rpoSeconds} s`;
  screen.write(`\n  ${screen.paint("strong", scenario.name)}  ${screen.paint("quiet", about)}\n\n`);
  const report = await runDrill(
    { ...folders, scenario, also: options.also, seed },
    { ...ports, tell: liveDisplay(screen), limits: ports.limits ?? defaultLimits },
  );
  screen.write(renderSummary(report, screen.paint));
  return report;
}

function newProgram({ screen, progressScreen }: CliPorts): Program {
  return new Program("drill")
    .description(
      "Starts two regions on this machine, breaks one while users write, and measures what they " +
        "lost. The lab is stopped afterwards, whatever happens.",
    )
    .argument("[scenario]", 'what is to fail, or "list" for what there is', defaultScenario.name)
    .option("--json", "one JSON document on standard output, progress on standard error")
    .option(
      "--seed <n>",
      "repeat the orders and the moment of the fault of an earlier drill",
      whole,
    )
    .addOption(
      new Option("--also <fault>", "one fault more; may be repeated")
        .argParser(alsoFault)
        .default([], "none"),
    )
    .option("--runs <n>", "that many drills one after another, with medians", runCount, 1)
    .option(
      "--keep <n>",
      "afterwards keep only the newest n folders of evidence (default: all)",
      whole,
    )
    .addHelpText("after", faultHelp())
    .configureOutput({
      writeOut: (text) => screen.write(text),
      writeErr: (text) => progressScreen.write(text),
    })
    .helpOption("--help", "show this")
    .showSuggestionAfterError()
    .exitOverride();
}

function faultHelp(): string {
  const kinds = Object.entries(faultGrammar).map(([kind, rest]) => `  ${kind} ${rest}`.trimEnd());
  return [
    "",
    "A fault for --also is MILLISECONDS:FAULT, counted from the scenario's own fault",
    '(negative is before it), such as --also "1500:process-kill operator standby":',
    ...kinds,
    "REGION is a region's name, active or standby; FROM and TO may also be witness",
    "or internet.",
    "",
    "Evidence of every drill lies in .switchback/drills/.",
    "Exit code: 0 pass, 1 fail or unknown, 2 wrong command line, 130 interrupted.",
  ].join("\n");
}

function renderList(all: readonly Scenario[]): string {
  const width = Math.max(...all.map((scenario) => scenario.name.length)) + 2;
  return all
    .map(({ name, title, description }) => {
      const text = wrap(description, 78 - width).map((line) => `${" ".repeat(width)}${line}\n`);
      return `${name.padEnd(width)}${title}\n${text.join("")}`;
    })
    .join("\n");
}

function whole(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 4_294_967_295) {
    throw new InvalidArgumentError("It must be a whole number from 1.");
  }
  return number;
}

function runCount(text: string): number {
  const number = whole(text);
  if (number > 100) throw new InvalidArgumentError("At most 100.");
  return number;
}

function alsoFault(text: string, before: readonly PlannedFault[]): readonly PlannedFault[] {
  const parsed = parsePlannedFault(text);
  if (!parsed.ok) throw new InvalidArgumentError(parsed.problem);
  return [...before, parsed.value];
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
