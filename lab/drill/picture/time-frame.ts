//! Where the time line has its zero, and from when to when it goes. Pure.

import type { Ledger } from "../ledger.ts";
import { listFrom, type PictureInput } from "./evidence.ts";
import type { Extent } from "./picture.ts";

export interface Zero {
  readonly atMs: number;
  readonly label: string;
}

/** The main fault; without one the command that the drill is about; else the start. */
export function zeroOf({ faults, commands, ledger, report }: PictureInput): Zero {
  const fault = faults.find((one) => one.main);
  if (fault !== undefined) return { atMs: fault.injectedAtMs, label: "the main fault" };
  const command = commands.find((one) => one.main) ?? commands[0];
  if (command !== undefined) return { atMs: command.sentAtMs, label: "the command" };
  return startOf(ledger, report.startedAt);
}

function startOf(ledger: Ledger | null, startedAt: string): Zero {
  const startedAtMs = ledger?.start?.startedAtMs ?? ledger?.requests[0]?.sentAtMs;
  if (startedAtMs !== undefined) return { atMs: startedAtMs, label: "the load's start" };
  const reportMs = Date.parse(startedAt);
  return { atMs: Number.isFinite(reportMs) ? reportMs : 0, label: "the drill's start" };
}

/** Of a picture without anything in it; an axis needs a length. */
const emptyMs = 1_000;

/** From the load's first request to the last thing that anybody tells of. */
export function extentOf(input: PictureInput, zeroAtMs: number): Extent {
  const { ledger, faults, commands } = input;
  const times = [
    zeroAtMs,
    ledger?.start?.startedAtMs,
    ledger?.end?.endedAtMs,
    ...(ledger?.requests ?? []).map((line) => line.sentAtMs),
    ...faults.flatMap((fault) => [fault.injectedAtMs, fault.healedAtMs]),
    ...commands.map((command) => command.sentAtMs),
    ...plansSince(input, zeroAtMs),
  ].filter((atMs) => typeof atMs === "number");
  const fromMs = times.reduce((a, b) => Math.min(a, b), zeroAtMs);
  const toMs = times.reduce((a, b) => Math.max(a, b), zeroAtMs);
  return { fromMs, toMs: Math.max(toMs, fromMs + emptyMs) };
}

/** Journals may reach back to when the lab came up; the picture begins with the load. */
function plansSince({ journals, ledger }: PictureInput, zeroAtMs: number): number[] {
  const sinceMs = ledger?.start?.startedAtMs ?? zeroAtMs;
  return Object.values(journals)
    .flatMap(listFrom)
    .map((entry) => (entry as { readonly atMs?: unknown } | null)?.atMs)
    .filter((atMs) => typeof atMs === "number")
    .filter((atMs) => Number.isFinite(atMs) && atMs >= sinceMs);
}
