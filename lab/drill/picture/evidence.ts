//! What a drill left in its folder, read back for the picture and the page. A file that is missing or
//! cannot be read is an absent value here, and `unknown` on the page; nothing is guessed.

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { HoldRecord } from "../holds.ts";
import { parseLedger, type Ledger } from "../ledger.ts";
import type { DrillReport } from "../report.ts";
import type { CommandRecord } from "../verdicts/command.ts";
import type { CheckerReport, FaultRecord, Objective } from "../verdicts/evidence.ts";

/** Every report has these; evidence of an older drill may lack what newer ones measure. */
export type KeptReport = Pick<DrillReport, "scenario" | "seed" | "startedAt" | "result"> &
  Partial<DrillReport>;

export interface PictureInput {
  readonly report: KeptReport;
  readonly description: string | null;
  /** Faults from the command line, beside the scenario's own. */
  readonly also: readonly unknown[];
  /** Null when the checker did not get to an end. */
  readonly checker: Partial<CheckerReport> | null;
  readonly objective: Partial<Objective>;
  readonly faults: readonly FaultRecord[];
  readonly commands: readonly CommandRecord[];
  readonly holds: readonly HoldRecord[];
  /** Each operator's journal as it came, by region; null where none came. */
  readonly journals: Readonly<Record<string, unknown>>;
  /** Each operator's status at the end, by region. */
  readonly statuses: Readonly<Record<string, unknown>>;
  /** How many status pages were read while the drill ran; null when nobody says. */
  readonly statusPages: number | null;
  readonly ledger: Ledger | null;
  readonly versions: Readonly<Record<string, unknown>>;
  /** SHA-256 of topology.json. */
  readonly topologyHash: string | null;
  readonly files: readonly EvidenceFile[];
}

export interface EvidenceFile {
  readonly name: string;
  readonly bytes: number;
}

/** Null when there is no report, so that there is nothing to draw. */
export function readEvidence(folder: string): PictureInput | null {
  const read = (name: string): unknown => readJson(join(folder, name));
  const report = read("report.json");
  if (!isReport(report)) return null;
  const scenario = objectFrom(read("scenario.json"));
  return {
    report,
    description: textFrom(scenario?.["description"]),
    also: listFrom(scenario?.["also"]),
    checker: objectFrom(read("checker.json")) as Partial<CheckerReport> | null,
    objective: objectFrom(read("objective.json")) ?? {},
    faults: listFrom(read("faults.json")).filter(isFault),
    commands: listFrom(read("commands.json")).filter(isCommand),
    holds: listFrom(read("holds.json")).filter(isHold),
    journals: objectFrom(read("journal.json")) ?? {},
    statuses: objectFrom(read("status.json")) ?? {},
    statusPages: numberFrom(objectFrom(read("watched.json"))?.["statusPages"]),
    ledger: readLedger(join(folder, "ledger.ndjson")),
    versions: objectFrom(read("versions.json")) ?? {},
    topologyHash: hashOf(join(folder, "topology.json")),
    files: filesOf(folder),
  };
}

export function objectFrom(value: unknown): Readonly<Record<string, unknown>> | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  return value as Readonly<Record<string, unknown>>;
}

export function listFrom(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

export function textFrom(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

export function numberFrom(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

export function textsFrom(value: unknown): readonly string[] {
  return listFrom(value).filter((text) => typeof text === "string");
}

function isReport(value: unknown): value is KeptReport {
  const fields = objectFrom(value);
  const texts = [fields?.["scenario"], fields?.["startedAt"], fields?.["result"]];
  return texts.every((text) => typeof text === "string") && numberFrom(fields?.["seed"]) !== null;
}

function isFault(value: unknown): value is FaultRecord {
  const fields = objectFrom(value);
  return textFrom(fields?.["text"]) !== null && numberFrom(fields?.["injectedAtMs"]) !== null;
}

function isCommand(value: unknown): value is CommandRecord {
  const fields = objectFrom(value);
  return textFrom(fields?.["text"]) !== null && numberFrom(fields?.["sentAtMs"]) !== null;
}

function isHold(value: unknown): value is HoldRecord {
  const fields = objectFrom(value);
  return textFrom(fields?.["region"]) !== null && numberFrom(fields?.["fromMs"]) !== null;
}

function readJson(path: string): unknown {
  const text = readText(path);
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    // Half a file of a drill that was killed: as good as none.
    return null;
  }
}

function readLedger(path: string): Ledger | null {
  const text = readText(path);
  return text === null ? null : parseLedger(text);
}

function hashOf(path: string): string | null {
  const text = readText(path);
  return text === null ? null : createHash("sha256").update(text).digest("hex");
}

function readText(path: string): string | null {
  return existsSync(path) ? readFileSync(path, "utf8") : null;
}

/** The page that lists the files is not among them. */
const pageName = "report.html";

function filesOf(folder: string): EvidenceFile[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== pageName)
    .map(({ name }) => ({ name, bytes: statSync(join(folder, name)).size }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
