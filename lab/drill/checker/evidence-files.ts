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
import type { LeaseTiming, Witnessed } from "../verdicts/order.ts";

export type FiledEvidence = Omit<Evidence, "databases" | "buckets" | "salvages" | "records"> & {
  readonly lab: LabDescriptor;
};

interface Observations extends Partial<Witnessed> {
  readonly route53Calls?: readonly Route53Call[];
}

export function readEvidence(folder: string): FiledEvidence {
  const read = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), "utf8"));
  const readIfThere = (name: string): unknown =>
    existsSync(join(folder, name)) ? read(name) : null;
  const observations = readIfThere("observations.json") as Observations | null;
  return {
    lab: read("lab.json") as LabDescriptor,
    ledger: parseLedger(readFileSync(join(folder, "ledger.ndjson"), "utf8")),
    faults: read("faults.json") as readonly FaultRecord[],
    commands: read("commands.json") as readonly CommandRecord[],
    objective: read("objective.json") as Objective,
    route53Calls: observations?.route53Calls ?? null,
    watched: readIfThere("watched.json") as Watched | null,
    witnessed: witnessedIn(observations),
    leaseTiming: (readIfThere("topology.json") as { lease?: LeaseTiming } | null)?.lease ?? null,
    rogueWrites: readRogueWrites(folder),
  };
}

function witnessedIn(observations: Observations | null): Witnessed | null {
  const { leaseWrites, leasesShown, plansBegun, promotions } = observations ?? {};
  if (leaseWrites === undefined || leasesShown === undefined) return null;
  if (plansBegun === undefined || promotions === undefined) return null;
  return { leaseWrites, leasesShown, plansBegun, promotions };
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
