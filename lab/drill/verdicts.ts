//! The checker's judgement of a drill: evidence in, report out. Pure, and three-valued: a measured
//! breach is `fail`, anything that could not be measured is `unknown`, the rest is `pass`.

import type {
  Acknowledgement,
  CheckerReport,
  DrillResult,
  Evidence,
  LostRow,
} from "./verdicts/evidence.ts";
import { consistency } from "./verdicts/consistency.ts";
import { lostRows, lostSeconds, survivingDatabase } from "./verdicts/lost.ts";
import { firstWriteMs, longestGapMs, recovery } from "./verdicts/recovery.ts";
import {
  acknowledgementsOf,
  canaryCounts,
  countsOf,
  errorCounts,
  failedRequests,
} from "./verdicts/requests.ts";
import { failovers, storedOverlap, twoWriters } from "./verdicts/writers.ts";

export function judge(evidence: Evidence): CheckerReport {
  const findings = measure(evidence);
  const fails = breaches(findings, evidence);
  const unknowns = missing(findings, evidence);
  const result: DrillResult = fails.length > 0 ? "fail" : unknowns.length > 0 ? "unknown" : "pass";
  return { result, reasons: [...fails, ...unknowns], ...findings };
}

type Findings = Omit<CheckerReport, "result" | "reasons">;

function measure(evidence: Evidence): Findings {
  const { ledger, databases, faults } = evidence;
  const acknowledgements = acknowledgementsOf(ledger);
  const faultAtMs = faults.find((fault) => fault.main)?.injectedAtMs ?? null;
  const survivor = survivingDatabase(acknowledgements, databases);
  const lost = lostRows(acknowledgements, survivor, databases);
  const failover = failovers(acknowledgements, faults);
  return {
    ...measureRecovery(evidence, acknowledgements, { faultAtMs, lost }),
    to: acknowledgements.at(-1)?.region ?? null,
    faultAtMs,
    lost,
    lostSeconds: lostSeconds(lost, acknowledgements, faultAtMs),
    twoWritersMs: twoWriters(acknowledgements)?.overlapMs ?? null,
    storedOverlapMs: storedOverlap(databases).overlapMs,
    failovers: failover.count,
    needlessFailovers: failover.needless,
    userWrites: countsOf(ledger, "user"),
    userReads: countsOf(ledger, "read"),
    userObjects: countsOf(ledger, "object"),
    canaryWrites: canaryCounts(ledger),
    failedRequests: failedRequests(ledger),
    skippedRequests: ledger.end?.skipped ?? 0,
    longestGapMs: longestGapMs(usersOf(acknowledgements), ledger),
    errors: errorCounts(ledger),
    ...consistency(ledger, acknowledgements, databases),
    unreachable: databases
      .filter((database) => !database.reachable)
      .map(({ region, error }) => ({ region, error })),
  };
}

/** Without a fault nothing is measured from it: all times stay unknown. */
function measureRecovery(
  { ledger }: Evidence,
  acknowledgements: readonly Acknowledgement[],
  { faultAtMs, lost }: { readonly faultAtMs: number | null; readonly lost: LostRow[] | null },
): RecoveryFindings {
  const users = usersOf(acknowledgements);
  const cutAtMs = faultAtMs ?? Number.POSITIVE_INFINITY;
  const from = acknowledgements.findLast((ack) => ack.doneAtMs <= cutAtMs)?.region ?? null;
  const measured = recovery({
    users,
    lostKeys: new Set(lost?.map((row) => row.key)),
    faultAtMs: cutAtMs,
    endedAtMs: ledger.end?.endedAtMs ?? users.at(-1)?.doneAtMs ?? 0,
  });
  const backAtMs = measured.recoveredAtMs ?? Number.POSITIVE_INFINITY;
  return {
    from,
    ...measured,
    firstWriteMs: firstWriteMs(acknowledgements, from, cutAtMs),
    acknowledgedBefore: users.filter((ack) => ack.doneAtMs <= cutAtMs).length,
    acknowledgedAfter: users.filter((ack) => ack.doneAtMs >= backAtMs).length,
  };
}

type RecoveryFindings = Pick<
  Findings,
  | "from"
  | "lastGoodAtMs"
  | "recoveredAtMs"
  | "rtoMs"
  | "firstWriteMs"
  | "acknowledgedBefore"
  | "acknowledgedAfter"
>;

/** What was measured and is not as promised. */
function breaches(found: Findings, { objective, ledger }: Evidence): string[] {
  const reasons: string[] = [];
  const claim = (broken: boolean, reason: string): void => {
    if (broken) reasons.push(reason);
  };
  const { rtoMs, lostSeconds: seconds, twoWritersMs, storedOverlapMs } = found;
  const lost = found.lost ?? [];
  claim(
    rtoMs !== null && rtoMs > objective.rtoSeconds * 1_000,
    `users could not write for ${rtoMs} ms, more than the objective of ${objective.rtoSeconds} s`,
  );
  claim(
    neverRecovered(found) && ledger.end !== null,
    "users could not write again before the load ended",
  );
  claim(
    (seconds ?? 0) > objective.rpoSeconds || (objective.rpoSeconds === 0 && lost.length > 0),
    `${lost.length} acknowledged rows lost (${seconds} s), objective ${objective.rpoSeconds} s`,
  );
  claim(durableNowhere(lost, found), "acknowledged rows are in no database at all");
  claim((twoWritersMs ?? 0) > 0, `two regions acknowledged writes for ${twoWritersMs} ms`);
  claim(
    (storedOverlapMs ?? 0) > 0,
    `a database stored rows of an older epoch for ${storedOverlapMs} ms after a newer one began`,
  );
  claim(found.needlessFailovers > 0, `${found.needlessFailovers} failovers without any fault`);
  claim(
    found.failovers > objective.failovers,
    `${found.failovers} failovers where ${objective.failovers} was due`,
  );
  claim(found.phantomKeys.length > 0, `${found.phantomKeys.length} stored rows were never sent`);
  claim(found.duplicateKeys.length > 0, `${found.duplicateKeys.length} keys exist twice`);
  claim(
    found.alteredKeys.length > 0,
    `${found.alteredKeys.length} stored rows differ from what was acknowledged`,
  );
  return reasons;
}

/** What could not be measured, so that nothing may be said. */
function missing(found: Findings, { objective, ledger, databases, faults }: Evidence): string[] {
  const reasons: string[] = [];
  const claim = (absent: boolean, reason: string): void => {
    if (absent) reasons.push(reason);
  };
  claim(ledger.start === null, "the ledger has no beginning");
  claim(ledger.end === null, "the ledger has no end: the load did not stop in order");
  claim(ledger.malformedLines > 0, `${ledger.malformedLines} lines of the ledger are unreadable`);
  claim(
    faults.every((fault) => !fault.main),
    "the fault was not injected",
  );
  claim(databases.length === 0, "no database was asked");
  for (const { region, error } of found.unreachable) {
    reasons.push(`the database of ${region} could not be read: ${error}`);
  }
  claim(found.lost === null, "no database accepts writes, so lost rows cannot be told");
  claim(found.twoWritersMs === null, "acknowledgements without an epoch");
  claim(
    found.acknowledgedBefore < objective.acknowledgedMin,
    `only ${found.acknowledgedBefore} acknowledged user writes before the fault`,
  );
  claim(
    found.recoveredAtMs !== null && found.acknowledgedAfter < objective.acknowledgedMin,
    `only ${found.acknowledgedAfter} acknowledged user writes after the recovery`,
  );
  claim(found.rtoMs === null, "the recovery time could not be measured");
  claim(
    found.failovers < objective.failovers,
    `${found.failovers} failovers seen where ${objective.failovers} was due`,
  );
  return reasons;
}

function neverRecovered({ faultAtMs, lastGoodAtMs, recoveredAtMs }: Findings): boolean {
  return faultAtMs !== null && lastGoodAtMs !== null && recoveredAtMs === null;
}

/** Only certain when every database could be read. */
function durableNowhere(lost: readonly LostRow[], found: Findings): boolean {
  return found.unreachable.length === 0 && lost.some((row) => row.heldBy.length === 0);
}

function usersOf(acknowledgements: readonly Acknowledgement[]): Acknowledgement[] {
  return acknowledgements.filter((ack) => ack.kind === "user");
}
