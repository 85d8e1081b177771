//! The command line of the topology: `check`, `explain` and `schema`. Exit code 0 when all is well,
//! 2 when the topology or the command line is refused; with --json one JSON value on stdout.

import { Command, CommanderError } from "commander";
import { feasible } from "./budget.ts";
import { builtinTopologies } from "./builtin.ts";
import { findTopology, formatProblems, type ParsedTopology } from "./load.ts";
import { anyOf } from "./problem.ts";
import { acceptedText, explanationText } from "./report.ts";
import { topologyJsonSchema } from "./schema.ts";
import type { Topology } from "./topology.ts";

/** Where texts go; the process's own streams, or a test's. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

export const exitCodes = { accepted: 0, refused: 2 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Runs one command line, without the names of node and script, and says how to exit. */
export function runTopology(args: readonly string[], terminal: Terminal): ExitCode {
  let exitCode: ExitCode = exitCodes.accepted;
  const program = topologyProgram(terminal, (code) => {
    exitCode = code;
  });
  try {
    program.parse(args, { from: "user" });
    return exitCode;
  } catch (error) {
    // Commander has said what is wrong; all it leaves to us is help (0) or a usage error (not 0).
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? exitCodes.accepted : exitCodes.refused;
  }
}

const fileArgument = `a file (.yaml, .yml, .json) or ${anyOf(Object.keys(builtinTopologies))}`;

interface JsonOption {
  readonly json?: true;
}

function topologyProgram(terminal: Terminal, exit: (code: ExitCode) => void): Command {
  const program = new Command("topology")
    .description("Checks and explains the one value that says which regions exist.")
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .showHelpAfterError("Add --help to see what is allowed.")
    .addHelpText("after", "\nExit code: 0 accepted, 2 refused (the topology or the command line).");

  program
    .command("check")
    .description("name everything that is wrong, or show that the objectives can be met")
    .argument("<file>", fileArgument)
    .option("--json", "one JSON object on stdout")
    .action((file: string, { json }: JsonOption) => {
      exit(answer(findTopology(file), { file, json: json === true, text: acceptedText }, terminal));
    });
  program
    .command("explain")
    .description("show phase by phase how the recovery time adds up")
    .argument("<file>", fileArgument)
    .option("--json", "one JSON object on stdout")
    .action((file: string, { json }: JsonOption) => {
      const text = explanationText;
      exit(answer(findTopology(file), { file, json: json === true, text }, terminal));
    });
  program
    .command("schema")
    .description("print the JSON Schema for editors")
    .option("--json", "is what it prints anyway")
    .action(() => terminal.out(jsonText(topologyJsonSchema())));
  return program;
}

interface Asked {
  readonly file: string;
  readonly json: boolean;
  readonly text: (topology: Topology, sums: ReturnType<typeof feasible>) => string;
}

function answer(parsed: ParsedTopology, asked: Asked, terminal: Terminal): ExitCode {
  const { file, json, text } = asked;
  if (!parsed.ok) {
    if (json) terminal.out(jsonText({ file, ...parsed }));
    else terminal.err(`${file}: ${formatProblems(parsed.problems)}`);
    return exitCodes.refused;
  }
  const { topology } = parsed;
  const sums = feasible(topology);
  terminal.out(json ? jsonText({ file, ...sums, topology }) : text(topology, sums));
  return exitCodes.accepted;
}

function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
