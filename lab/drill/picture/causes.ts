//! What was done to the system: faults, each with its heal, and the commands of people. Pure.

import type { CommandRecord } from "../verdicts/command.ts";
import type { FaultRecord } from "../verdicts/evidence.ts";
import type { Mark, Row } from "./picture.ts";

/** Over at once: a supervisor starts the process again. */
const momentary: ReadonlySet<string> = new Set(["process-kill"]);

/** A row each, by time: sentences are long, and faults overlap. */
export function faultRows(faults: readonly FaultRecord[], endMs: number): Row[] {
  return faults
    .toSorted((a, b) => a.injectedAtMs - b.injectedAtMs)
    .map((fault, i) => faultRow(fault, i === 0 ? "faults" : "", endMs));
}

function faultRow(fault: FaultRecord, name: string, endMs: number): Row {
  const healedAtMs = fault.healedAtMs ?? null;
  const told = `${fault.text}${fault.main ? " (the main fault)" : ""}`;
  const base = { tone: "fault", label: fault.text } as const;
  if (healedAtMs === null && momentary.has(fault.fault?.kind)) {
    return { name, spans: [], marks: [{ ...base, atMs: fault.injectedAtMs, told }], note: "" };
  }
  const end = healedAtMs === null ? "not healed" : "healed";
  const span = {
    ...base,
    fromMs: fault.injectedAtMs,
    toMs: Math.max(healedAtMs ?? endMs, fault.injectedAtMs),
    label: healedAtMs === null ? fault.text : `${fault.text} · healed`,
    told: `${told}, ${end}`,
  };
  return { name, spans: [span], marks: [], note: "" };
}

export function commandMarks(commands: readonly CommandRecord[]): Mark[] {
  return commands
    .toSorted((a, b) => a.sentAtMs - b.sentAtMs)
    .map((command) => {
      const refused = command.accepted ? "" : " · refused";
      return {
        atMs: command.sentAtMs,
        tone: command.accepted ? "command" : "refused",
        label: `${command.text}${refused}`,
        told: `${command.text}: ${answerOf(command)}`,
      };
    });
}

export function answerOf({ accepted, region, problems }: CommandRecord): string {
  if (accepted) return `accepted by the operator of ${region ?? "an unknown region"}`;
  if (region === null) return "no operator answered";
  return `refused by the operator of ${region}: ${problems?.join("; ") || "no reason told"}`;
}
