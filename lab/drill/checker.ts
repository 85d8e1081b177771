//! The checker as a program of its own: ledger, faults and databases in, one report out. It knows
//! nothing of the operator and takes no word of it. Exits 0 when it could judge, whatever it found.

import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { LabDescriptor } from "../descriptor.ts";
import { readDatabases } from "./checker/databases.ts";
import { parseLedger } from "./ledger.ts";
import { judge } from "./verdicts.ts";
import type { FaultRecord, Objective } from "./verdicts/evidence.ts";

const usage = "usage: checker --lab FILE --ledger FILE --faults FILE --objective FILE --out FILE";

check().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}\n`);
  process.exitCode = 2;
});

async function check(): Promise<void> {
  const files = filesFrom(process.argv.slice(2));
  const lab = readJson(files.lab) as LabDescriptor;
  const ledger = parseLedger(readFileSync(files.ledger, "utf8"));
  if (ledger.start === null) throw new Error("the ledger has no beginning, so no seed");
  const report = judge({
    ledger,
    faults: readJson(files.faults) as readonly FaultRecord[],
    databases: await readDatabases(lab, ledger.start.seed),
    objective: readJson(files.objective) as Objective,
  });
  // Written whole or not at all.
  writeFileSync(`${files.out}.part`, `${JSON.stringify(report, null, 2)}\n`);
  renameSync(`${files.out}.part`, files.out);
}

interface Files {
  readonly lab: string;
  readonly ledger: string;
  readonly faults: string;
  readonly objective: string;
  readonly out: string;
}

function filesFrom(args: readonly string[]): Files {
  const file = { type: "string" } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { lab: file, ledger: file, faults: file, objective: file, out: file },
  });
  const { lab, ledger, faults, objective, out } = values;
  if (!lab || !ledger || !faults || !objective || !out) throw new Error("a file is missing");
  return { lab, ledger, faults, objective, out };
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, "utf8"));
}
