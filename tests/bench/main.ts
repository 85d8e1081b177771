//! `npm run bench -- fence`: what the write guard costs. Two databases on one PostgreSQL, one guarded,
//! one not, take the same transactions in turns, so that a noisy machine is noisy for both.

import { Command, CommanderError, InvalidArgumentError } from "commander";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { benchFence, type FenceResult, type Spread } from "./fence.ts";

interface Options {
  readonly seconds: number;
  readonly clients: number;
  readonly json?: boolean;
}

const program = new Command("bench")
  .description("Measurements, side by side in one run. Figures of one machine say little alone.")
  .exitOverride();

program
  .command("fence")
  .description("a pgbench-like transaction mix (TPC-B, fsync on) with the write guard and without")
  .option("--seconds <n>", "length of the measurement", positive(600), 30)
  .option("--clients <n>", "connections", positive(32), 4)
  .option("--json", "as JSON")
  .action(async ({ clients, json, seconds }: Options) => {
    const folder = mkdtempSync(join(tmpdir(), "switchback-bench-"));
    const stopping = new AbortController();
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.once(signal, () => stopping.abort(new Error("interrupted")));
    }
    try {
      const result = await benchFence({
        folder,
        repository: repositoryOf(process.argv[1] ?? "."),
        seconds,
        clients,
        signal: stopping.signal,
        onProgress: (text) => process.stderr.write(`${text}\n`),
      });
      process.stdout.write(`${json === true ? JSON.stringify(result) : textOf(result)}\n`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

function line(name: string, { median, lower, upper }: Spread, unit: string): string {
  const range = `(${lower.toFixed(1)} to ${upper.toFixed(1)})`;
  return `  ${name.padEnd(22)} ${median.toFixed(1).padStart(8)} ${unit}  ${range}`;
}

function textOf(result: FenceResult): string {
  const { controlPercent, guardedTps, plainTps, rounds, slowerPercent } = result;
  return [
    "",
    `write guard, TPC-B-like transactions, fsync on; median (quartiles) of ${rounds} rounds`,
    line("without", plainTps, "tps"),
    line("with", guardedTps, "tps"),
    line("with it slower by", slowerPercent, "%  "),
    line("noise: without, again", controlPercent, "%  "),
  ].join("\n");
}

function positive(max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= 1 && value <= max) return value;
    throw new InvalidArgumentError(`allowed: 1 to ${max}`);
  };
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
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
