//! Follows a drill from the fault to its end: shows the time line as it happens, and says when
//! there is nothing more to wait for.

import { setTimeout as sleep } from "node:timers/promises";
import type { Drill } from "./drill.ts";
import { lastFaultMs } from "./injection.ts";
import { askOperators, mergeJournals, type JournalEntry } from "./journal.ts";
import type { Ledger } from "./ledger.ts";
import type { LedgerTail } from "./ledger-tail.ts";
import type { RunningProgram } from "./load-process.ts";
import { faultMoments, journalMoments, writeMoments, type Moment } from "./time-line.ts";
import { acknowledgementsOf } from "./verdicts/requests.ts";

const pollMs = 150;

/** Users count as back when the newest acknowledged write through DNS is at most this old. */
const freshMsMax = 500;

export async function watchUntilOver(
  drill: Drill,
  tail: LedgerTail,
  load: RunningProgram,
): Promise<void> {
  const { ports, request } = drill;
  const deadlineMs = ports.nowMs() + waitMsMax(drill);
  const show = showOnce(drill);
  let overSinceMs: number | null = null;
  while (ports.nowMs() <= deadlineMs) {
    if (await lookOnce(drill, await tail.read(), show)) overSinceMs ??= ports.nowMs();
    else overSinceMs = null;
    if (ports.nowMs() - (overSinceMs ?? Infinity) >= request.scenario.settleMs) return;
    if (load.ended() !== null) throw new Error("the load ended early");
    await sleep(pollMs, undefined, { signal: ports.signal });
  }
}

/** Shows what is new; true when there is nothing more to wait for. */
async function lookOnce(drill: Drill, ledger: Ledger, show: Show): Promise<boolean> {
  const { findings, lab } = drill;
  const journal = mergeJournals(await askOperators(lab.descriptor, "/journal"));
  if (journal.length > 0) findings.journal = journal;
  const main = findings.faults.find((fault) => fault.main);
  if (main === undefined) return false;
  show(momentsSince(drill, ledger, main.injectedAtMs), main.injectedAtMs);
  return isOver(drill, ledger, main.injectedAtMs);
}

/** Everything that is known of the drill, in order. */
export function momentsSince(drill: Drill, ledger: Ledger, faultAtMs: number): Moment[] {
  const { faults, journal } = drill.findings;
  const sinceMs = Math.min(...faults.map((fault) => fault.injectedAtMs));
  const acknowledgements = acknowledgementsOf(ledger);
  const from = acknowledgements.findLast((ack) => ack.doneAtMs <= faultAtMs)?.region;
  const moments = [
    ...faultMoments(faults),
    ...journalMoments(journal, sinceMs),
    ...(from === undefined ? [] : writeMoments(acknowledgements, from, faultAtMs)),
  ];
  return moments.sort((a, b) => a.atMs - b.atMs);
}

function isOver(drill: Drill, ledger: Ledger, faultAtMs: number): boolean {
  const { request, ports, findings } = drill;
  const planned = [...request.scenario.faults, ...request.also];
  if (ports.nowMs() < faultAtMs + lastFaultMs(planned)) return false;
  const fresh = ledger.requests.findLast(
    (line) => line.kind === "user" && line.outcome === "acknowledged",
  );
  if (fresh === undefined || ports.nowMs() - fresh.doneAtMs > freshMsMax) return false;
  switch (request.scenario.until) {
    case "quiet":
      return true;
    case "failed-over":
      return isServing(findings.journal, faultAtMs);
    default:
      return request.scenario.until satisfies never;
  }
}

function isServing(journal: readonly JournalEntry[], faultAtMs: number): boolean {
  return journal.some(
    (entry) =>
      entry.kind === "step-done" && entry.step === "await-serving" && entry.atMs > faultAtMs,
  );
}

function waitMsMax({ request, ports }: Drill): number {
  const { recoveryFactor, recoveryExtraMs } = ports.limits;
  const planned = [...request.scenario.faults, ...request.also];
  const beforeMs = Math.max(0, ...planned.map((fault) => -fault.atMs));
  const recoveryMs = request.topology.objectives.rtoSeconds * 1_000 * recoveryFactor;
  const { settleMs } = request.scenario;
  return beforeMs + lastFaultMs(planned) + recoveryMs + recoveryExtraMs + settleMs;
}

type Show = (moments: readonly Moment[], zeroAtMs: number) => void;

/** Moments are computed anew at each look; each is shown the first time only. */
function showOnce(drill: Drill): Show {
  const shown = new Set<string>();
  return (moments, zeroAtMs) => {
    for (const moment of moments) {
      const identity = `${moment.atMs} ${moment.text}`;
      if (shown.has(identity)) continue;
      shown.add(identity);
      drill.ports.tell({ kind: "moment", moment, zeroAtMs });
    }
  };
}
