//! Load and checker are programs of their own; this starts and stops them. Nothing that is started
//! here outlives the drill: SIGTERM, then SIGKILL, to these children only.

import { spawn, type ChildProcess } from "node:child_process";

/** The command line of a program, without the arguments of a drill. */
export type Command = readonly [string, ...string[]];

export interface RunningProgram {
  /** What ended it, or null while it runs. */
  ended(): string | null;
  stop(): Promise<string>;
}

const stopMsMax = 8_000;
const errorCharactersMax = 2_000;

export function startProgram(command: Command, args: readonly string[]): RunningProgram {
  const [executable, ...before] = command;
  // With the channel open the program notices when its parent dies without saying so.
  const child = spawn(executable, [...before, ...args], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let ended: string | null = null;
  const exit = exitOf(child).then((how) => (ended = how));
  return {
    ended: () => ended,
    async stop() {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), stopMsMax);
      return exit.finally(() => clearTimeout(timer));
    },
  };
}

/** Runs a program to its end: "" when it went well, otherwise what it said. */
export async function runProgram(
  command: Command,
  args: readonly string[],
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<string> {
  const [executable, ...before] = command;
  const child = spawn(executable, [...before, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  const kill = (): boolean => child.kill("SIGKILL");
  const timer = setTimeout(kill, timeoutMs);
  signal.addEventListener("abort", kill);
  try {
    return await exitOf(child);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", kill);
  }
}

function exitOf(child: ChildProcess): Promise<string> {
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (part: string) => {
    if (said.length < errorCharactersMax) said += part;
  });
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => {
      if (code === 0) resolve("");
      else resolve(said.trim() || `ended by ${signal ?? `exit code ${code}`}`);
    });
  });
}
