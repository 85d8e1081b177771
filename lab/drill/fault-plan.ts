//! Faults on the time line as a person writes them: "1500:process-kill operator standby".

import { parseFault, type Parsed } from "../faults/fault-text.ts";
import type { PlannedFault } from "./scenarios/scenario.ts";

const atMsMin = -30_000;
const atMsMax = 600_000;

/** `MILLISECONDS:KIND ARGUMENTS`; negative milliseconds are before the scenario's own fault. */
export function parsePlannedFault(text: string): Parsed<PlannedFault> {
  const match = /^\s*(-?\d+)\s*:\s*(.*)$/.exec(text);
  if (match === null) {
    return wrong(`"${text}" is not MILLISECONDS:FAULT, such as "1500:process-kill app standby"`);
  }
  const [, at, words = ""] = match;
  const atMs = Number(at);
  if (atMs < atMsMin || atMs > atMsMax) return wrong(`${atMs} ms is not in ${atMsMin}..${atMsMax}`);
  const fault = parseFault(words);
  return fault.ok ? { ok: true, value: { atMs, fault: fault.value } } : fault;
}

function wrong(problem: string): { readonly ok: false; readonly problem: string } {
  return { ok: false, problem };
}
