//! Makes the data directory of a new server. The result of `initdb` is the same every time, so it
//! is made once and then copied, which takes a tenth of the time.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { chownSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

import { isReachable, makeOwnFolder, runAs } from "./account.ts";
import type { Account } from "./account.ts";
import type { PostgresBinaries } from "./binaries.ts";
import { labUser } from "./settings.ts";

export interface DataDirectory {
  readonly binaries: PostgresBinaries;
  readonly account: Account | undefined;
  readonly dataDir: string;
  /** Keeps the template. Undefined: `initdb` runs every time. */
  readonly templateFolder: string | undefined;
}

/** Replaces whatever is in the data directory. */
export async function createDataDirectory(directory: DataDirectory): Promise<void> {
  const { account, dataDir, templateFolder } = directory;
  await clearDataDirectory(dataDir, account);
  if (templateFolder === undefined) {
    await initdb(directory, dataDir);
    return;
  }
  const template = await makeTemplate(directory, templateFolder);
  // "/." copies the content into the folder that is there and belongs to the account already.
  await run("cp", ["-Rp", `${template}/.`, `${dataDir}/`], account);
}

/** Leaves an empty folder that belongs to the account. */
export async function clearDataDirectory(
  dataDir: string,
  account: Account | undefined,
): Promise<void> {
  await rm(dataDir, { recursive: true, force: true });
  mkdirSync(dirname(dataDir), { recursive: true });
  if (account !== undefined && !isReachable(dirname(dataDir), account)) {
    throw new Error(
      `the account ${account.name} cannot reach ${dataDir}: ` +
        "put the lab's folder where everybody may enter, for example below /tmp",
    );
  }
  makeOwnFolder(dataDir, account);
}

/** Writes a file that the server can read and change. */
export function writeOwned(file: string, text: string, account: Account | undefined): void {
  writeFileSync(file, text, { mode: 0o600 });
  if (account !== undefined) chownSync(file, account.uid, account.gid);
}

/** The last lines of a file; empty when there is none. */
export async function tailOf(file: string, charactersMax = 2_000): Promise<string> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text.slice(-charactersMax).trim();
}

const initdbArgs = [
  `--username=${labUser}`,
  "--auth=trust",
  "--encoding=UTF8",
  "--locale=C",
  // Small segments: less to copy at every base backup.
  "--wal-segsize=4",
  "--no-sync",
  "--no-instructions",
];

async function makeTemplate(directory: DataDirectory, folder: string): Promise<string> {
  const { binaries, account } = directory;
  const key = `${binaries.initdb}\n${initdbArgs.join("\n")}\n${account?.uid ?? ""}`;
  const digest = createHash("sha256").update(key).digest("hex").slice(0, 8);
  const template = join(folder, `postgres-${binaries.version}-${digest}`);
  if (existsSync(join(template, "PG_VERSION"))) return template;

  const unfinished = `${template}.${process.pid}.${(unfinishedCount += 1)}`;
  await clearDataDirectory(unfinished, account);
  try {
    await initdb(directory, unfinished);
    // Whoever else made the same template in the meantime made it just as well.
    await rename(unfinished, template).catch(() => undefined);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return template;
}

let unfinishedCount = 0;

async function initdb({ binaries, account }: DataDirectory, dataDir: string): Promise<void> {
  await run(binaries.initdb, ["--pgdata", dataDir, ...initdbArgs], account);
}

const runMsMax = 120_000;

function run(
  program: string,
  args: readonly string[],
  account: Account | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      ...runAs(account),
      cwd: "/",
      env: { PATH: "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: runMsMax,
      killSignal: "SIGKILL",
    });
    let output = "";
    const collect = (text: Buffer) => {
      output = `${output}${text.toString()}`.slice(-2_000);
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(explain(program, `${code ?? signal}`, output.trim())));
    });
  });
}

function explain(program: string, ended: string, output: string): string {
  const cause = /no space left on device/i.test(output)
    ? "the disk is full"
    : /invalid locale/i.test(output)
      ? "this system has no locale C"
      : `it ended with ${ended}`;
  return `${program} failed, ${cause}:\n${output}`;
}
