//! The checker's judgement of a drill: evidence in, report out. Pure, and three-valued: a measured
//! breach is `fail`, anything that could not be measured is `unknown`, the rest is `pass`.

import { breaches, type Findings } from "./verdicts/breaches.ts";
import type {
  Acknowledgement,
  CheckerReport,
  DrillResult,
  Evidence,
  LostRow,
} from "./verdicts/evidence.ts";
import { consistency } from "./verdicts/consistency.ts";
import { lostRows, lostSeconds, survivingDatabase } from "./verdicts/lost.ts";
import { missing } from "./verdicts/missing.ts";
import { lostObjects } from "./verdicts/objects.ts";
import { orderFindings } from "./verdicts/order.ts";
import { plannedCommand, plannedLeg } from "./verdicts/planned.ts";
import { firstWriteMs, longestGapMs, recovery, rounded } from "./verdicts/recovery.ts";
import {
  acknowledgementsOf,
  canaryCounts,
  countsOf,
  errorCounts,
  failedRequests,
} from "./verdicts/requests.ts";
import { salvageFindings } from "./verdicts/salvage.ts";
import { callsBeforeService, replicaStreams, rogueFindings } from "./verdicts/surroundings.ts";
import { causesOf, failovers, storedOverlap, twoWriters } from "./verdicts/writers.ts";

export function judge(evidence: Evidence): CheckerReport {
  const findings = measure(evidence);
  const fails = breaches(findings, evidence);
  const unknowns = missing(findings, evidence);
  const result: DrillResult = fails.length > 0 ? "fail" : unknowns.length > 0 ? "unknown" : "pass";
  return { result, reasons: [...fails, ...unknowns], ...findings };
}

function measure(evidence: Evidence): Findings {
  const { ledger, databases, faults, commands, watched } = evidence;
  const acknowledgements = acknowledgementsOf(ledger);
  const salvages = evidence.salvages ?? [];
  const survivor = survivingDatabase(acknowledgements, databases);
  const lost = lostRows({ acknowledgements, survivor, databases, salvages });
  const failover = failovers(acknowledgements, causesOf(faults, commands));
  const recovered = measureRecovery(evidence, acknowledgements, lost);
  const to = acknowledgements.at(-1)?.region ?? null;
  return {
    ...recovered,
    to,
    lost,
    lostSeconds: lostSeconds(lost, acknowledgements, recovered.faultAtMs),
    twoWritersMs: twoWriters(acknowledgements)?.overlapMs ?? null,
    storedOverlapMs: storedOverlap(databases).overlapMs,
    planned: plannedLeg({ commands, ledger, acknowledgements, lost }),
    lostObjects: lostObjects({ ledger, buckets: evidence.buckets, salvages, serving: to }),
    rogue: rogueFindings(evidence.rogueWrites, acknowledgements, recovered.from),
    salvage: salvageFindings(evidence.salvages, lost, survivor),
    ...measureSurroundings(evidence, recovered, to),
    replicaStreams: replicaStreams(databases, survivor, acknowledgements),
    heldAtMs: watched?.heldAtMs ?? null,
    order: orderFindings(evidence, acknowledgements, recovered.faultAtMs),
    failovers: failover.count,
    needlessFailovers: failover.needless,
    ...measureRequests(evidence, acknowledgements),
    ...consistency(ledger, acknowledgements, databases),
    unreachable: databases
      .filter((database) => !database.reachable)
      .map(({ region, error }) => ({ region, error })),
  };
}

function measureSurroundings(
  { records, route53Calls }: Evidence,
  { faultAtMs, firstWriteMs: firstMs }: RecoveryFindings,
  to: string | null,
): Pick<Findings, "route53CallsBeforeService" | "recordsSwapped"> {
  const primary = records?.primary ?? null;
  return {
    route53CallsBeforeService: callsBeforeService(route53Calls, faultAtMs, firstMs),
    recordsSwapped: primary === null ? null : primary === to,
  };
}

type RequestFindings = Pick<
  Findings,
  | "userWrites"
  | "userReads"
  | "userObjects"
  | "canaryWrites"
  | "failedRequests"
  | "skippedRequests"
  | "longestGapMs"
  | "errors"
>;

function measureRequests(
  { ledger }: Evidence,
  acknowledgements: readonly Acknowledgement[],
): RequestFindings {
  return {
    userWrites: countsOf(ledger, "user"),
    userReads: countsOf(ledger, "read"),
    userObjects: countsOf(ledger, "object"),
    canaryWrites: canaryCounts(ledger),
    failedRequests: failedRequests(ledger),
    skippedRequests: ledger.end?.skipped ?? 0,
    longestGapMs: longestGapMs(usersOf(acknowledgements), ledger),
    errors: errorCounts(ledger),
  };
}

type RecoveryFindings = Pick<
  Findings,
  | "from"
  | "faultAtMs"
  | "lastGoodAtMs"
  | "recoveredAtMs"
  | "rtoMs"
  | "firstWriteMs"
  | "silentAtEndMs"
  | "acknowledgedBefore"
  | "acknowledgedAfter"
>;

/** Without a zero nothing is measured from it: all times stay unknown. */
function measureRecovery(
  evidence: Evidence,
  acknowledgements: readonly Acknowledgement[],
  lost: readonly LostRow[] | null,
): RecoveryFindings {
  const faultAtMs = zeroOf(evidence);
  const users = usersOf(acknowledgements);
  const cutAtMs = faultAtMs ?? Number.POSITIVE_INFINITY;
  const from = acknowledgements.findLast((ack) => ack.doneAtMs <= cutAtMs)?.region ?? null;
  const endedAtMs = recoveryEndMs(evidence, cutAtMs) ?? lastOf(users);
  const measured = recovery({
    users: users.filter((ack) => ack.doneAtMs <= endedAtMs),
    lostKeys: new Set(lost?.map((row) => row.key)),
    faultAtMs: cutAtMs,
    endedAtMs,
  });
  const backAtMs = measured.recoveredAtMs ?? Number.POSITIVE_INFINITY;
  return {
    from,
    faultAtMs,
    ...measured,
    rtoMs: evidence.objective.rtoObjective ? measured.rtoMs : null,
    firstWriteMs: firstWriteMs(acknowledgements, from, cutAtMs),
    silentAtEndMs: rounded((evidence.ledger.end?.endedAtMs ?? lastOf(users)) - lastOf(users)),
    acknowledgedBefore: users.filter((ack) => ack.doneAtMs <= cutAtMs).length,
    acknowledgedAfter: users.filter((ack) => ack.doneAtMs >= backAtMs).length,
  };
}

/** To a later planned move, which is measured by itself, or to the end of the load. */
function recoveryEndMs({ commands, ledger }: Evidence, zeroAtMs: number): number | null {
  const movedAtMs = plannedCommand(commands)?.sentAtMs ?? null;
  if (movedAtMs !== null && movedAtMs > zeroAtMs) return movedAtMs;
  return ledger.end?.endedAtMs ?? null;
}

function lastOf(users: readonly Acknowledgement[]): number {
  return users.at(-1)?.doneAtMs ?? 0;
}

function zeroOf({ faults, commands }: Evidence): number | null {
  const fault = faults.find((each) => each.main)?.injectedAtMs;
  return fault ?? commands.find((each) => each.main)?.sentAtMs ?? null;
}

function usersOf(acknowledgements: readonly Acknowledgement[]): Acknowledgement[] {
  return acknowledgements.filter((ack) => ack.kind === "user");
}
