//! A fault as it is written on the command line, so that a drill can be run again as it was. Pure.

import { numberFrom, objectFrom, textFrom } from "./evidence.ts";

/** In the order of the grammar of every kind. */
const fields = ["process", "from", "to", "region", "percent", "latencyMs"] as const;

export function runAgainCommand(scenario: string, seed: number, also: readonly unknown[]): string {
  const faults = also.map(alsoWords).filter((words) => words !== null);
  const options = faults.map((words) => ` --also "${words}"`).join("");
  return `npm run drill -- ${scenario} --seed ${seed}${options}`;
}

/** `1500:process-kill operator standby`; null for what is no planned fault. */
export function alsoWords(planned: unknown): string | null {
  const fault = objectFrom(objectFrom(planned)?.["fault"]);
  const atMs = numberFrom(objectFrom(planned)?.["atMs"]);
  const kind = textFrom(fault?.["kind"]);
  if (fault === null || atMs === null || kind === null) return null;
  const values = fields.map((name) => fault[name]).filter((value) => value !== undefined);
  if (fault["oneWay"] === true) values.push("one-way");
  if (fault["audience"] === "peer") values.push("peer");
  return `${atMs}:${[kind, ...values.map(String)].join(" ")}`;
}
