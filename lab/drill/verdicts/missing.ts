//! What leaves a drill open: it was not measured, so nothing may be said. Each rule is a function
//! that returns its reason or null.

import type { Findings, Rule } from "./breaches.ts";
import type { Evidence } from "./evidence.ts";
import { orderMissing } from "./order.ts";

export function missing(found: Findings, evidence: Evidence): string[] {
  const unreadable = found.unreachable.map(
    ({ region, error }) => `the database of ${region} could not be read: ${error}`,
  );
  const reasons = rules.map((rule) => rule(found, evidence)).filter((reason) => reason !== null);
  return [...reasons, ...unreadable];
}

const rules: readonly Rule[] = [
  function ledgerBegins(_found, { ledger }) {
    return ledger.start === null ? "the ledger has no beginning" : null;
  },
  function ledgerEnds(_found, { ledger }) {
    return ledger.end === null ? "the ledger has no end: the load did not stop in order" : null;
  },
  function ledgerIsReadable(_found, { ledger: { malformedLines } }) {
    return malformedLines === 0 ? null : `${malformedLines} lines of the ledger are unreadable`;
  },
  function zeroHappened({ faultAtMs }, { faults, commands }) {
    if (faultAtMs !== null) return null;
    return faults.length === 0 && commands.length > 0
      ? "the command was not sent"
      : "the fault was not injected";
  },
  function databasesWereAsked(_found, { databases }) {
    return databases.length === 0 ? "no database was asked" : null;
  },
  function somebodyAcceptsWrites({ lost }) {
    return lost === null ? "no database accepts writes, so lost rows cannot be told" : null;
  },
  function everyWriterIsKnown({ twoWritersMs }) {
    return twoWritersMs === null ? "acknowledgements without an epoch" : null;
  },
  function enoughBefore({ acknowledgedBefore: count }, { objective }) {
    if (count >= objective.acknowledgedMin) return null;
    return `only ${count} acknowledged user writes before the fault`;
  },
  function enoughAfter({ acknowledgedAfter: count, recoveredAtMs }, { objective }) {
    if (recoveredAtMs === null || count >= objective.acknowledgedMin) return null;
    return `only ${count} acknowledged user writes after the recovery`;
  },
  function recoveryIsMeasured({ rtoMs }, { objective }) {
    if (!objective.rtoObjective || rtoMs !== null) return null;
    return "the recovery time could not be measured";
  },
  function movedAsDue({ failovers }, { objective }) {
    if (failovers >= objective.failovers) return null;
    return `${failovers} failovers seen where ${objective.failovers} was due`;
  },
  function plannedMoveHappened({ planned }, { objective }) {
    if (objective.planned === undefined) return null;
    if (planned === null) return "no operator accepted the command for the planned move";
    return planned.writePauseMs === null ? "no user wrote during the planned move" : null;
  },
  function objectsAreTold({ lostObjects, userObjects }) {
    if (userObjects.acknowledged === 0 || lostObjects !== null) return null;
    return "the bucket of the serving region could not be read";
  },
  function statusWasRead(_found, { objective, watched }) {
    if (objective.holds !== true || (watched !== null && watched.statusPages > 0)) return null;
    return "no status page of an operator could be read";
  },
  function callsAreKnown({ route53CallsBeforeService }, { objective }) {
    if (objective.route53CallsBeforeServiceMax === undefined) return null;
    return route53CallsBeforeService === null
      ? "the calls of the Route 53 API are not known"
      : null;
  },
  function recordsAreKnown({ recordsSwapped }, { objective, records }) {
    if (objective.recordsSwapped !== true || recordsSwapped !== null) return null;
    return `the DNS records could not be read: ${records?.error ?? "nobody asked"}`;
  },
  function rogueWasThere({ rogue }, { objective }) {
    if (objective.rogueRefused !== true || (rogue?.refusedAfter ?? 0) > 0) return null;
    return "no job that knows of no lease was seen to be refused after the takeover";
  },
  function salvageIsThere({ salvage }, { objective }) {
    if (objective.salvage !== true || salvage !== null) return null;
    return "no salvage was found to compare the lost rows with";
  },
  function replicaIsKnown({ replicaStreams }, { objective }) {
    if (objective.replicaStreams !== true || replicaStreams !== null) return null;
    return "it could not be read whether a replica follows";
  },
  ...orderMissing,
];
