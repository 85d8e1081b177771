//! A copy of the product in a folder of its own, built there, with or without a mistake in it. The
//! repository itself is only read.

import { spawn } from "node:child_process";
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mutate, type Mutant } from "./mutants.ts";

/** What the programs are built from. */
const sources = [
  "app",
  "failover",
  "lab",
  "operator",
  "tools",
  "topology",
  "package.json",
  "tsconfig.json",
];

export interface Workshop {
  readonly folder: string;
  remove(): void;
}

export function openWorkshop(repository: string): Workshop {
  const folder = mkdtempSync(join(tmpdir(), "switchback-mutant-"));
  // The account that PostgreSQL runs under must get in.
  chmodSync(folder, 0o755);
  for (const name of sources)
    cpSync(join(repository, name), join(folder, name), { recursive: true });
  symlinkSync(join(repository, "node_modules"), join(folder, "node_modules"), "dir");
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }) };
}

export async function build(
  { folder }: Workshop,
  mutant: Mutant | "unchanged",
  signal: AbortSignal,
): Promise<void> {
  if (mutant !== "unchanged") {
    const file = join(folder, mutant.file);
    const mutated = mutate(readFileSync(file, "utf8"), mutant);
    if (!mutated.ok) throw new Error(mutated.problem);
    writeFileSync(file, mutated.text);
  }
  await run([join("tools", "build.mjs")], folder, signal);
}

function run(args: readonly string[], cwd: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...args], {
      cwd,
      signal,
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (part: string) => (said += part));
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`the build failed: ${said.trim()}`));
    });
  });
}
