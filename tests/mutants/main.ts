//! `npm run mutants`: builds the product with one mistake at a time and expects a drill to see each.
//! Exit code 0: every one was caught and every control passed; 1: not so; 2: wrong command line.

import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { hunt, type Outcome } from "./hunt.ts";
import { type Mutant, mutants } from "./mutants.ts";

interface Options {
  readonly only: readonly Mutant[];
  readonly json?: boolean;
  readonly control: boolean;
}

const interruption = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    if (!interruption.signal.aborted) process.stderr.write("\nstopping everything, a moment\n");
    interruption.abort();
  });
}

const program = new Command("mutants")
  .description(
    "Builds the product with one mistake at a time and runs the drill that must see it, each in a " +
      "folder of its own. About half a minute a drill.",
  )
  .addOption(
    new Option("--only <names>", "only these, such as no-margin,no-drain")
      .argParser(namesIn)
      .default(mutants, "all"),
  )
  .option("--no-control", "without drilling the product as it is first")
  .option("--json", "one JSON document on standard output, progress on standard error")
  .addHelpText("after", ["", "Mutants:", ...mutants.map(({ name }) => `  ${name}`)].join("\n"))
  .allowExcessArguments(false)
  .exitOverride()
  .action(act);

async function act({ control, json, only }: Options): Promise<void> {
  const outcomes = await hunt(only, {
    repository: repositoryOf(process.argv[1] ?? "."),
    controls: control,
    signal: interruption.signal,
    tell: (line) => process.stderr.write(`${line}\n`),
  });
  const isGood = outcomes.length === only.length && outcomes.every(({ caught }) => caught);
  const report = { version: 1, result: isGood ? "pass" : "fail", mutants: outcomes };
  process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : tableOf(outcomes));
  process.exitCode = isGood ? 0 : 1;
}

function tableOf(outcomes: readonly Outcome[]): string {
  const nameWidth = Math.max(0, ...outcomes.map(({ name }) => name.length));
  const drillWidth = Math.max(0, ...outcomes.map(({ drill }) => drill.length));
  const rows = outcomes.map(({ because, caught, drill, drills, name, tookMs }) => {
    const seconds = `${Math.round(tookMs / 1_000)} s`.padStart(5);
    const cells = [name.padEnd(nameWidth), drill.padEnd(drillWidth), `${drills}x`, seconds];
    return `${caught ? "caught  " : "MISSED  "}${cells.join("  ")}\n          ${because}`;
  });
  const caught = outcomes.filter((outcome) => outcome.caught).length;
  return ["", ...rows, "", `${caught} of ${outcomes.length} caught`, ""].join("\n");
}

function namesIn(text: string): readonly Mutant[] {
  const names = text.split(",").map((name) => name.trim());
  const stranger = names.find((name) => !mutants.some((mutant) => mutant.name === name));
  if (stranger === undefined) return mutants.filter(({ name }) => names.includes(name));
  const known = mutants.map(({ name }) => name).join(", ");
  throw new InvalidArgumentError(`no mutant is called "${stranger}"; there are: ${known}`);
}

function repositoryOf(script: string): string {
  let folder = dirname(resolve(script));
  while (!existsSync(join(folder, "package.json")) && dirname(folder) !== folder) {
    folder = dirname(folder);
  }
  return folder;
}

program.parseAsync().catch((error: unknown) => {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2);
  if (interruption.signal.aborted) process.exit(130);
  process.stderr.write(`mutants: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
