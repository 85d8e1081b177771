//! Runs one drill of a built copy, as a person would, and reads its report. The drill stops its lab by
//! itself; whatever is left of one that had to be killed, the lab's own watchdog ends.

import { spawn } from "node:child_process";
import { join } from "node:path";
import type { DrillChoice } from "./mutants.ts";

export interface Drilled {
  readonly result: "pass" | "fail" | "unknown";
  readonly reasons: readonly string[];
  readonly tookMs: number;
  /** Null when the drill left none. */
  readonly evidence: string | null;
}

/** Longer than the longest wait of a drill that never recovers. */
const drillMsMax = 180_000;
/** For a drill to take its lab down when it is told to. */
const stopMsMax = 20_000;
const saidMax = 2_000_000;

export async function drill(
  folder: string,
  { also = [], scenario }: DrillChoice,
  signal: AbortSignal,
): Promise<Drilled> {
  const startedMs = performance.now();
  const program = join("dist", "lab", "drill", "main.cjs");
  const faults = also.flatMap((fault) => ["--also", fault]);
  const args = ["--no-warnings", program, scenario, "--json", ...faults];
  const said = await listen(args, folder, signal);
  signal.throwIfAborted();
  const tookMs = Math.round(performance.now() - startedMs);
  return { ...reportIn(said, folder), tookMs };
}

interface Said {
  readonly out: string;
  readonly error: string;
}

function listen(args: readonly string[], cwd: string, signal: AbortSignal): Promise<Said> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...args], { cwd, stdio: ["ignore", "pipe", "pipe"] });
    let out = "";
    let error = "";
    child.stdout.setEncoding("utf8").on("data", (part: string) => (out += part));
    child.stderr.setEncoding("utf8").on("data", (part: string) => {
      error = `${error}${part}`.slice(-saidMax);
    });
    let killing: NodeJS.Timeout | undefined;
    const stop = (): void => {
      child.kill("SIGTERM");
      killing ??= setTimeout(() => child.kill("SIGKILL"), stopMsMax);
    };
    const deadline = setTimeout(stop, drillMsMax);
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    child.once("error", reject);
    child.once("close", () => {
      clearTimeout(deadline);
      clearTimeout(killing);
      signal.removeEventListener("abort", stop);
      resolve({ out, error });
    });
  });
}

type Report = Omit<Drilled, "tookMs">;

function reportIn({ error, out }: Said, folder: string): Report {
  try {
    const { evidence, reasons, result } = JSON.parse(out) as Omit<Report, "evidence"> & {
      readonly evidence: string;
    };
    return { result, reasons, evidence: join(folder, evidence) };
  } catch {
    const last = error.trim().split("\n").slice(-5).join("; ");
    return { result: "unknown", reasons: [`the drill made no report: ${last}`], evidence: null };
  }
}
