//! Reads the evidence folder of a drill. What a drill did not leave behind is null, and what cannot
//! be read is an error.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { LabDescriptor } from "../../descriptor.ts";
import { parseLedger } from "../ledger.ts";
import type { CommandRecord } from "../verdicts/command.ts";
import type {
  Evidence,
  FaultRecord,
  Objective,
  RogueWrite,
  Route53Call,
  Watched,
} from "../verdicts/evidence.ts";

export type FiledEvidence = Omit<Evidence, "databases" | "buckets" | "salvages" | "records"> & {
  readonly lab: LabDescriptor;
};

export function readEvidence(folder: string): FiledEvidence {
  const read = <T>(name: string): T =>
    JSON.parse(readFileSync(join(folder, name), "utf8")) as unknown as T;
  const readIfThere = <T>(name: string): T | null =>
    existsSync(join(folder, name)) ? read<T>(name) : null;
  const observations = readIfThere<{ readonly route53Calls?: readonly Route53Call[] }>(
    "observations.json",
  );
  return {
    lab: read<LabDescriptor>("lab.json"),
    ledger: parseLedger(readFileSync(join(folder, "ledger.ndjson"), "utf8")),
    faults: read<readonly FaultRecord[]>("faults.json"),
    commands: read<readonly CommandRecord[]>("commands.json"),
    objective: read<Objective>("objective.json"),
    route53Calls: observations?.route53Calls ?? null,
    watched: readIfThere<Watched>("watched.json"),
    rogueWrites: readRogueWrites(folder),
  };
}

const roguePattern = /^rogue-(.+)\.ndjson$/;

function readRogueWrites(folder: string): RogueWrite[] | null {
  const names = readdirSync(folder).filter((name) => roguePattern.test(name));
  if (names.length === 0) return null;
  return names.flatMap((name) => {
    const database = roguePattern.exec(name)?.[1] ?? name;
    const lines = readFileSync(join(folder, name), "utf8").split("\n");
    return lines
      .filter((line) => line !== "")
      .map((line) => ({ ...(JSON.parse(line) as Omit<RogueWrite, "database">), database }));
  });
}
