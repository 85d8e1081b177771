//! `npm start`: progress while the lab comes up, then how to use it, then wait. Ctrl-C stops
//! everything; a second one does not make it stop faster, only the kernel's own kill does.

import { performance } from "node:perf_hooks";
import { findTopology, formatProblems } from "../../topology/load.ts";
import { labTopology } from "../../topology/lab.ts";
import type { Topology } from "../../topology/topology.ts";
import { adviceFor } from "./advice.ts";
import { UsageError } from "./usage-error.ts";
import { startLab, type WorldOptions } from "../world/world.ts";

export interface StartOptions {
  readonly folder: string;
  readonly repository: string;
  readonly topology?: string;
  readonly port?: string;
  readonly postgresBin?: string;
  readonly account?: string;
  readonly json?: boolean;
}

export async function start(options: StartOptions): Promise<void> {
  const world = worldOptions(options);
  const startedMs = performance.now();
  const stopping = stopAsked();
  const lab = await startLab({
    ...world,
    signal: stopping.signal,
    onProgress: (step) => {
      const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1).padStart(5);
      process.stderr.write(`${seconds} s  ${step}\n`);
    },
  });
  const print =
    options.json === true
      ? JSON.stringify(lab.descriptor, undefined, 2)
      : adviceFor(lab, options.folder);
  process.stdout.write(`${print}\n`);
  await stopping.asked;
  process.stderr.write("stopping the lab ...\n");
  await lab.stop();
  process.stderr.write("stopped, nothing is left running\n");
}

export function worldOptions(options: StartOptions): WorldOptions {
  const { account, folder, postgresBin, repository } = options;
  return {
    folder,
    repository,
    topology: readTopology(options.topology),
    ...(options.port === undefined ? {} : { appPort: readPort(options.port) }),
    ...(postgresBin === undefined ? {} : { postgresBinDir: postgresBin }),
    ...(account === undefined ? {} : { account }),
  };
}

function readTopology(file: string | undefined): Topology {
  if (file === undefined) return labTopology;
  const loaded = findTopology(file);
  if (!loaded.ok) throw new UsageError(`${file} is refused\n${formatProblems(loaded.problems)}`);
  if (loaded.topology.lab === undefined) {
    throw new UsageError(
      `${file}: has no "lab" section, so its health checks would take real time; ` +
        "add one, such as: lab: { healthCheckSpeedup: 40, roundTripMs: 60 }",
    );
  }
  return loaded.topology;
}

function readPort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1_024 && port <= 65_535) return port;
  throw new UsageError(`--port: given ${text}, allowed 1024 to 65535`);
}

/** Registered before anything starts, so that an early Ctrl-C is not lost. */
function stopAsked(): { readonly asked: Promise<void>; readonly signal: AbortSignal } {
  const controller = new AbortController();
  const asked = new Promise<void>((done) => {
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(name, () => {
        controller.abort(new Error("interrupted while coming up; nothing is left running"));
        done();
      });
    }
  });
  return { asked, signal: controller.signal };
}
