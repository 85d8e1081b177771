//! The drill's command line, tied to this machine: the real lab, the terminal, Ctrl-C.

import { randomInt } from "node:crypto";
import { dirname, join, resolve } from "node:path";
import { labTopology } from "../../topology/lab.ts";
import { initialActive, initialStandby } from "../../topology/topology.ts";
import { LabRunning, reap } from "../processes/reaper.ts";
import { startLab } from "../world/world.ts";
import { drillCli, type CliPorts } from "./cli.ts";
import type { Screen } from "./screen/live.ts";
import { coloured, plain } from "./screen/style.ts";

const programs = dirname(resolve(process.argv[1] ?? "."));
const repository = join(programs, "..", "..", "..");
const interruption = new AbortController();
let interruptions = 0;

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    interruptions += 1;
    if (interruptions === 1) process.stderr.write("\n  stopping everything, a moment please\n");
    interruption.abort();
  });
}

// The lab talks to itself only; what a future SDK will need is no news of a drill.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";

const folders = {
  topology: labTopology,
  roles: {
    active: initialActive(labTopology),
    standby: initialStandby(labTopology),
    witness: labTopology.arbiter.witnessRegion,
  },
  labFolder: resolve(".switchback"),
  drillsFolder: join(".switchback", "drills"),
};

const ports = {
  startLab: (options) => startLab({ ...options, topology: labTopology, repository }),
  load: [process.execPath, join(programs, "load.cjs")],
  checker: [process.execPath, join(programs, "checker.cjs")],
  operatorBundle: join(repository, "dist", "operator", "main.cjs"),
  nowMs: () => Date.now(),
  signal: interruption.signal,
  newSeed: () => randomInt(1, 100_000),
  screen: screenOf(process.stdout),
  progressScreen: screenOf(process.stderr),
} satisfies CliPorts;

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});

async function main(): Promise<void> {
  await refuseBesideAnother(folders.labFolder);
  const exitCode = await drillCli(process.argv.slice(2), folders, ports);
  await Promise.all([written(process.stdout), written(process.stderr)]);
  // Everything that was started is stopped by now; nobody waits for what may still tick in here.
  process.exit(exitCode);
}

/** Resolves when what was said has left this process. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write("", () => resolve());
  });
}

/** Better one line now than a report that nothing is known. */
async function refuseBesideAnother(folder: string): Promise<void> {
  try {
    await reap(folder);
  } catch (error) {
    if (!(error instanceof LabRunning)) throw error;
    process.stderr.write(`drill: ${error.message}\n`);
    process.exit(1);
  }
}

function screenOf(stream: NodeJS.WriteStream): Screen {
  const isTerminal = stream.isTTY;
  const noColour = (process.env["NO_COLOR"] ?? "") !== "" || process.env["TERM"] === "dumb";
  return {
    isTerminal,
    paint: isTerminal && !noColour ? coloured : plain,
    write: (text) => void stream.write(text),
  };
}
