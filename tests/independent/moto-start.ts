//! Starts moto on a free loopback port before the tests, and stops it after them. Without the
//! executable the run fails: a comparison with nothing must not look like one.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { freePort } from "../../lab/processes/ports.ts";

const host = "127.0.0.1";
const startMsMax = 60_000;
const stopMsMax = 10_000;

export interface Moto {
  readonly process: ChildProcess;
  readonly said: () => string;
}

/** Jest loads the set-up and the tear-down as two modules of one process. */
export const running: { moto?: Moto } = ((
  globalThis as { switchbackMoto?: { moto?: Moto } }
).switchbackMoto ??= {});

export default async function startMoto(): Promise<void> {
  const program = process.env.MOTO_SERVER;
  if (program === undefined || !existsSync(program)) {
    throw new Error(
      `MOTO_SERVER must name the moto_server program, and is ${program ?? "not set"}. ` +
        "Make one with: python3 -m venv DIR && DIR/bin/pip install 'moto[server]==5.2.5'",
    );
  }
  const port = await freePort(host);
  const moto = start(program, port);
  running.moto = moto;
  const url = `http://${host}:${port}`;
  // The tests' processes inherit it.
  process.env.MOTO_URL = url;
  await answering(url, moto).catch(async (error: unknown) => {
    await stopMoto();
    throw error;
  });
}

export async function stopMoto(): Promise<void> {
  const child = running.moto?.process;
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  const killing = setTimeout(() => child.kill("SIGKILL"), stopMsMax);
  await ended;
  clearTimeout(killing);
}

function start(program: string, port: number): Moto {
  const child = spawn(program, ["-H", host, "-p", String(port)], {
    stdio: ["ignore", "ignore", "pipe"],
    // It must not look for credentials, a configuration or an instance's metadata.
    env: { PATH: process.env.PATH, AWS_EC2_METADATA_DISABLED: "true", HOME: "/nonexistent" },
  });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said = `${said}${String(chunk)}`.slice(-10_000)));
  child.on("error", (error) => (said += error.message));
  // When Jest ends without its tear-down.
  process.once("exit", () => child.kill("SIGKILL"));
  return { process: child, said: () => said };
}

async function answering(url: string, { process: child, said }: Moto): Promise<void> {
  const untilMs = performance.now() + startMsMax;
  while (performance.now() < untilMs) {
    if (child.exitCode !== null) throw new Error(`moto ended: ${said()}`);
    const answer = await fetch(`${url}/moto-api/data.json`).catch(() => undefined);
    if (answer?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`moto does not answer: ${said()}`);
}
