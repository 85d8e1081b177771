//! `npm run drill`: arguments in, exit code out. 0 is a pass, 1 a fail, 3 that it is not known, 2 a
//! wrong command line, 130 an interruption. With `--json` stdout carries one JSON document, no more.

import { Command as Program, CommanderError, InvalidArgumentError, Option } from "commander";
import { faultGrammar, resolveFault, type Roles } from "../faults/fault-text.ts";
import { parsePlannedFault } from "./fault-plan.ts";
import { defaultScenario, findScenario, scenarios } from "./scenarios/registry.ts";
import type { PlannedFault, Scenario } from "./scenarios/scenario.ts";
import type { Screen } from "./screen/live.ts";
import { renderRuns, runsReport } from "./screen/runs.ts";
import { wrap } from "./screen/style.ts";
import { renderAll } from "./screen/table.ts";
import {
  drillAll,
  drillRuns,
  type SequenceFolders,
  type SequencePorts,
  type SequenceProps,
} from "./sequence.ts";
import type { DrillResult } from "./verdicts/evidence.ts";

export interface CliPorts extends Omit<SequencePorts, "shown"> {
  /** Where people read: standard output, or standard error beside `--json`. */
  readonly screen: Screen;
  readonly progressScreen: Screen;
}

export type CliFolders = SequenceFolders & {
  readonly roles: Roles;
};

interface Options {
  readonly json?: boolean;
  readonly seed?: number;
  readonly keep?: number;
  readonly only?: readonly string[];
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
  const chosen = choose(name, options);
  if ("problem" in chosen) {
    progressScreen.write(`${chosen.problem}\n`);
    return 2;
  }
  const problem = problemWith(options.also, context.folders.roles);
  if (problem !== undefined) {
    progressScreen.write(`error: --also: ${problem}\n`);
    return 2;
  }
  return name === "all"
    ? showAll(chosen.scenarios, options, context)
    : showRuns(chosen.scenarios, options, context);
}

type Chosen =
  { readonly scenarios: readonly [Scenario, ...Scenario[]] } | { readonly problem: string };

/** Everything that is wrong with the names is known before anything starts. */
function choose(name: string, { also, only }: Options): Chosen {
  if (name !== "all") {
    if (only !== undefined) return { problem: 'error: --only goes with "all"' };
    const found = findScenario(name);
    return "problem" in found ? found : { scenarios: [found] };
  }
  if (also.length > 0) return { problem: "error: --also goes with one scenario" };
  const names = only ?? scenarios.map((scenario) => scenario.name);
  const chosen: Scenario[] = [];
  for (const found of [...new Set(names)].map(findScenario)) {
    if ("problem" in found) return found;
    chosen.push(found);
  }
  const [first, ...rest] = chosen;
  return first === undefined
    ? { problem: "error: --only names none" }
    : { scenarios: [first, ...rest] };
}

/** Names are known beforehand: nothing need come up to find a wrong one. */
function problemWith(also: readonly PlannedFault[], roles: Roles): string | undefined {
  for (const { fault } of also) {
    const resolved = resolveFault(fault, roles);
    if (!resolved.ok) return resolved.problem;
  }
  return undefined;
}

async function showRuns(
  [scenario]: readonly [Scenario, ...Scenario[]],
  options: Options,
  { folders, ports }: Context,
): Promise<number> {
  const reports = await drillRuns(scenario, sequenceOf(options, { folders, ports }));
  const runs = runsReport(scenario.name, reports);
  if (options.json) ports.screen.write(json(options.runs === 1 ? (runs.runs[0] ?? runs) : runs));
  else if (options.runs > 1) ports.screen.write(renderRuns(runs, ports.screen.paint));
  return ports.signal.aborted ? 130 : exitCodes[runs.result];
}

/** The table is shown of those that are done, also after an interruption. */
async function showAll(
  chosen: readonly Scenario[],
  options: Options,
  { folders, ports }: Context,
): Promise<number> {
  const all = await drillAll(chosen, sequenceOf(options, { folders, ports }));
  const tableScreen = options.json ? ports.progressScreen : ports.screen;
  tableScreen.write(renderAll(all, tableScreen.paint));
  if (options.json) ports.screen.write(json(all));
  return ports.signal.aborted ? 130 : exitCodes[all.result];
}

const exitCodes: Readonly<Record<DrillResult, number>> = { pass: 0, fail: 1, unknown: 3 };

function sequenceOf(options: Options, { folders, ports }: Context): SequenceProps {
  const { also, json: isJson, keep, runs, seed } = options;
  return {
    folders,
    ports: { ...ports, shown: isJson ? ports.progressScreen : ports.screen },
    also,
    runs,
    ...(seed === undefined ? {} : { seed }),
    ...(keep === undefined ? {} : { keep }),
  };
}

function newProgram({ screen, progressScreen }: CliPorts): Program {
  return new Program("drill")
    .description(
      "Starts two regions on this machine, breaks one while users write, and measures what they " +
        "lost. The lab is stopped afterwards, whatever happens.",
    )
    .argument(
      "[scenario]",
      'what is to fail; "list" for what there is, "all" for one after another',
      defaultScenario.name,
    )
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
    .option("--only <names>", 'with "all": only these, such as failback,switchover', namesIn)
    .option("--runs <n>", "that many drills of each one after another", runCount, 1)
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
    "Exit code: 0 pass, 1 fail, 3 unknown, 2 wrong command line, 130 interrupted.",
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

function namesIn(text: string): readonly string[] {
  return text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

function alsoFault(text: string, before: readonly PlannedFault[]): readonly PlannedFault[] {
  const parsed = parsePlannedFault(text);
  if (!parsed.ok) throw new InvalidArgumentError(parsed.problem);
  return [...before, parsed.value];
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
