//! Follows a drill from its zero to its end: shows the time line as it happens, notes the events that
//! others wait for, and says when there is nothing more to wait for.

import { setTimeout as sleep } from "node:timers/promises";
import { zeroOf, type Drill } from "./drill.ts";
import { happeningsIn } from "./happenings.ts";
import { lastFromZeroMs } from "./injection.ts";
import { noteHolds, statusPagesIn } from "./holds.ts";
import { askOperators, type OperatorAnswers } from "./journal.ts";
import type { Ledger } from "./ledger.ts";
import type { LedgerTail } from "./ledger-tail.ts";
import type { RunningProgram } from "./load-process.ts";
import { killAtNewSteps } from "./step-killer.ts";
import {
  commandMoments,
  faultMoments,
  holdMoments,
  journalMoments,
  newWriteWatch,
  type Moment,
  type WriteWatch,
} from "./time-line.ts";
import { acknowledgementOf, acknowledgementsOf } from "./verdicts/requests.ts";

const pollMs = 100;

/** Where every step is to be caught at its beginning. */
const closePollMs = 40;

/** Users count as back when the newest acknowledged write through DNS is at most this old. */
const freshMsMax = 500;

export interface Watching {
  readonly tail: LedgerTail;
  readonly load: RunningProgram;
  /** True while the plan of the drill still has something to do. */
  readonly pending: () => boolean;
}

/** Resolves when it is over, or when waiting longer would be no use; then with what was missing. */
export async function watchUntilOver(drill: Drill, watching: Watching): Promise<string[]> {
  const { ports, request } = drill;
  const deadlineMs = ports.nowMs() + waitMsMax(drill);
  const look = looker(drill);
  let overSinceMs: number | null = null;
  while (ports.nowMs() <= deadlineMs) {
    const ledger = await watching.tail.read();
    await look(ledger);
    if (!watching.pending() && isOver(drill, ledger)) overSinceMs ??= ports.nowMs();
    else overSinceMs = null;
    if (ports.nowMs() - (overSinceMs ?? Infinity) >= request.scenario.settleMs) return [];
    if (watching.load.ended() !== null) throw new Error("the load ended early");
    const eachStep = request.scenario.killOperatorAtEachStep === true;
    await sleep(eachStep ? closePollMs : pollMs, undefined, { signal: ports.signal });
  }
  return unseen(drill).map((event) => `not seen in time: ${event}`);
}

/** What is done at each look: ask the operators, note, show. */
function looker(drill: Drill): (ledger: Ledger) => Promise<void> {
  const { findings, lab, request } = drill;
  const show = showOnce(drill);
  const writes = writesSinceZero();
  return async (ledger) => {
    const [journals, status] = await Promise.all([
      askOperators(lab.descriptor, "/journal"),
      askOperators(lab.descriptor, "/status"),
    ]);
    const fresh = findings.journal.add(journals);
    const zeroAtMs = zeroOf(findings);
    if (zeroAtMs === null) return;
    noteEvents(drill, zeroAtMs, status);
    if (request.scenario.killOperatorAtEachStep === true) await killAtNewSteps(drill, fresh);
    const watch = writes(ledger, zeroAtMs);
    show([...momentsOf(drill), ...(watch?.moments ?? [])], zeroAtMs);
  };
}

function noteEvents(drill: Drill, zeroAtMs: number, status: OperatorAnswers): void {
  const { findings, lab, ports } = drill;
  findings.statusPages += statusPagesIn(status);
  noteHolds(findings.holds, status, ports.nowMs());
  const held = findings.holds[0];
  if (held !== undefined) findings.events.note("held", held.fromMs);
  const props = { sinceMs: sinceMsOf(drill, zeroAtMs), home: lab.descriptor.initialActive };
  for (const { event, atMs } of happeningsIn(findings.journal.entries, props)) {
    findings.events.note(event, atMs);
  }
}

/** Only what is new in the ledger is looked at: it may grow by hundreds of lines a second. */
function writesSinceZero(): (ledger: Ledger, zeroAtMs: number) => WriteWatch | null {
  let watch: WriteWatch | null = null;
  let next = 0;
  return ({ requests }, zeroAtMs) => {
    if (watch === null) {
      const last = requests.findLastIndex(
        (line) => line.doneAtMs <= zeroAtMs && acknowledgementOf(line) !== null,
      );
      const before = requests[last];
      const ack = before === undefined ? null : acknowledgementOf(before);
      if (ack === null) return null;
      watch = newWriteWatch(ack.region, zeroAtMs);
      next = last + 1;
    }
    for (; next < requests.length; next += 1) {
      const line = requests[next];
      const ack = line === undefined ? null : acknowledgementOf(line);
      if (ack !== null) watch.take(ack);
    }
    return watch;
  };
}

/** Everything that is known of the drill, in order. */
export function momentsSince(drill: Drill, ledger: Ledger, zeroAtMs: number): Moment[] {
  const acknowledgements = acknowledgementsOf(ledger);
  const from = acknowledgements.findLast((ack) => ack.doneAtMs <= zeroAtMs)?.region;
  const watch = from === undefined ? null : newWriteWatch(from, zeroAtMs);
  for (const ack of acknowledgements) watch?.take(ack);
  return [...momentsOf(drill), ...(watch?.moments ?? [])].sort((a, b) => a.atMs - b.atMs);
}

function momentsOf({ findings }: Drill): Moment[] {
  const { faults, commands, holds, journal } = findings;
  const zeroAtMs = zeroOf(findings) ?? Number.POSITIVE_INFINITY;
  const sinceMs = Math.min(zeroAtMs, ...faults.map((fault) => fault.injectedAtMs));
  return [
    ...faultMoments(faults),
    ...commandMoments(commands),
    ...journalMoments(journal.entries, sinceMs),
    ...holdMoments(holds),
  ].sort((a, b) => a.atMs - b.atMs);
}

function sinceMsOf({ findings }: Drill, zeroAtMs: number): number {
  return Math.min(zeroAtMs, ...findings.faults.map((fault) => fault.injectedAtMs));
}

function unseen({ findings, request }: Drill): readonly string[] {
  return request.scenario.until.filter((event) => findings.events.atMs(event) === null);
}

function isOver(drill: Drill, ledger: Ledger): boolean {
  if (zeroOf(drill.findings) === null || unseen(drill).length > 0) return false;
  const fresh = ledger.requests.findLast(
    (line) => line.kind === "user" && line.outcome === "acknowledged",
  );
  return fresh !== undefined && drill.ports.nowMs() - fresh.doneAtMs <= freshMsMax;
}

/** Each event that is waited for may take as long as a recovery, and each step of a killed one too. */
function waitMsMax({ request, ports }: Drill): number {
  const { scenario, also, topology } = request;
  const { recoveryFactor, recoveryExtraMs } = ports.limits;
  const planned = [...scenario.faults, ...also];
  const cues = [...planned, ...(scenario.commands ?? [])];
  const beforeMs = Math.max(0, ...cues.map(({ atMs, after }) => (after === undefined ? -atMs : 0)));
  const kills = scenario.killOperatorAtEachStep === true ? 2 : 1;
  const events = Math.max(1, scenario.until.length) * kills;
  const eventMs = topology.objectives.rtoSeconds * 1_000 * recoveryFactor + recoveryExtraMs;
  const fromZeroMs = lastFromZeroMs(planned, scenario.commands ?? []);
  return beforeMs + fromZeroMs + eventMs * events + scenario.settleMs;
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
