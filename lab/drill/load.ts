//! The load as a program of its own: it reads `lab.json`, plays users and canaries, and writes the
//! ledger until SIGTERM, SIGINT or the end of the program that started it.

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { LabDescriptor } from "../descriptor.ts";
import { startLoad, type LoadProps } from "./load/session.ts";

const usage = `usage: load --lab FILE --ledger FILE --seed N
            [--writes-per-second N] [--clients N] [--connections N] [--object-every N]
            [--ignores-ttl] [--seconds-max N]`;

main().catch(stopWithUsage);

async function main(): Promise<void> {
  const { props, secondsMax } = propsFrom(process.argv.slice(2));
  const load = await startLoad(props);
  await new Promise<void>((resolve) => {
    process.once("SIGTERM", resolve);
    process.once("SIGINT", resolve);
    process.once("disconnect", resolve);
    setTimeout(resolve, secondsMax * 1_000).unref();
  });
  await load.stop();
  process.exit(0);
}

function propsFrom(args: readonly string[]): { props: LoadProps; secondsMax: number } {
  const { values } = parseArgs({
    args: [...args],
    options: {
      lab: { type: "string" },
      ledger: { type: "string" },
      seed: { type: "string" },
      "writes-per-second": { type: "string", default: "60" },
      clients: { type: "string", default: "8" },
      connections: { type: "string" },
      "object-every": { type: "string", default: "40" },
      "ignores-ttl": { type: "boolean", default: false },
      "seconds-max": { type: "string", default: "3600" },
    },
  });
  if (values.lab === undefined || values.ledger === undefined) throw new Error("files missing");
  return {
    props: {
      lab: JSON.parse(readFileSync(values.lab, "utf8")) as LabDescriptor,
      ledgerPath: values.ledger,
      seed: whole("--seed", values.seed, 4_294_967_295),
      writesPerSecond: whole("--writes-per-second", values["writes-per-second"], 1_000),
      clients: whole("--clients", values.clients, 100),
      ...(values.connections === undefined
        ? {}
        : { connections: whole("--connections", values.connections, 10_000) }),
      objectEvery: whole("--object-every", values["object-every"], 10_000, 0),
      ignoresTtl: values["ignores-ttl"],
      onFailure: fail,
    },
    secondsMax: whole("--seconds-max", values["seconds-max"], 86_400),
  };
}

function whole(name: string, text: string | undefined, max: number, min = 1): number {
  const number = Number(text);
  if (text === undefined || !Number.isInteger(number) || number < min || number > max) {
    throw new Error(`${name} must be a whole number from ${min} to ${max}`);
  }
  return number;
}

function stopWithUsage(error: unknown): never {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}\n`);
  process.exit(2);
}

function fail(error: unknown): never {
  process.stderr.write(`the ledger cannot be written: ${String(error)}\n`);
  process.exit(1);
}
