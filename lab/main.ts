//! The lab's command line: `start` brings two regions up and stays, the other commands talk to a lab
//! that runs. Usage errors end with code 2, failures with 1.

import { Command, CommanderError } from "commander";
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { defaultFolder } from "./command/advice.ts";
import { heal, inject, showStatus } from "./command/remote.ts";
import { start, type StartOptions } from "./command/start.ts";
import { UsageError } from "./command/usage-error.ts";

/** Upwards from the running bundle to the package that it belongs to. */
function findRepository(): string {
  let folder = dirname(resolve(process.argv[1] ?? "."));
  while (!existsSync(join(folder, "package.json")) && dirname(folder) !== folder) {
    folder = dirname(folder);
  }
  return folder;
}

const program = new Command("lab")
  .description("Two regions on this machine: real PostgreSQL, modelled AWS, faults on request.")
  .option("--folder <folder>", "where the lab keeps its files", defaultFolder)
  .exitOverride();

program
  .command("start")
  .description("bring both regions up and stay until Ctrl-C")
  .option(
    "--topology <file>",
    "a topology (YAML, JSON or a built-in name) instead of the lab's own",
  )
  .option("--port <port>", "port of the app in both regions (default: a free one)")
  .option("--postgres-bin <folder>", "folder with initdb and postgres (default: from npm)")
  .option("--account <name>", "account for PostgreSQL when started by root")
  .option("--json", "print lab.json once up, instead of advice")
  .action(async (options: Omit<StartOptions, "folder" | "repository">) => {
    await start({ ...options, folder: folderOption(), repository: findRepository() });
  });

program
  .command("status")
  .description("who serves, who may write, which faults are active")
  .option("--json", "as JSON")
  .action(({ json }: { json?: boolean }) => showStatus(folderOption(), json === true));

program
  .command("inject")
  .description('break something: "inject region-loss us-east-1"; --help lists the faults')
  .argument("<fault...>", "kind and its arguments")
  .option("--json", "as JSON")
  .addHelpText("after", () => inject.help())
  .action((words: string[], { json }: { json?: boolean }) =>
    inject(folderOption(), words.join(" "), json === true),
  );

program
  .command("heal")
  .description("undo one fault, or all of them")
  .argument("[id]", 'such as "fault-1"; without it, all')
  .option("--json", "as JSON")
  .action((id: string | undefined, { json }: { json?: boolean }) =>
    heal(folderOption(), id, json === true),
  );

function folderOption(): string {
  const { folder } = program.opts<{ folder: string }>();
  if (folder.trim() !== "") return folder;
  throw new UsageError('--folder: given "", allowed: the path of a folder of the lab\'s own');
}

program.parseAsync().catch((error: unknown) => {
  if (error instanceof CommanderError) {
    // Commander has said what was wrong already.
    process.exit(error.exitCode === 0 ? 0 : 2);
  }
  process.stderr.write(`lab: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(error instanceof Error && error.name === "UsageError" ? 2 : 1);
});
