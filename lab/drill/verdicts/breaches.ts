//! What fails a drill: something was measured and is not as promised. Each rule is a function that
//! returns its reason or null; all are asked, so that a report says everything at once.

import type { CheckerReport, Evidence } from "./evidence.ts";
import { orderBreaches } from "./order.ts";
import { outageMsMin } from "./recovery.ts";

export type Findings = Omit<CheckerReport, "result" | "reasons">;
export type Rule = (found: Findings, evidence: Evidence) => string | null;

export function breaches(found: Findings, evidence: Evidence): string[] {
  return rules.map((rule) => rule(found, evidence)).filter((reason) => reason !== null);
}

const rules: readonly Rule[] = [
  function recoversInTime({ rtoMs }, { objective }) {
    if (rtoMs === null || rtoMs <= objective.rtoSeconds * 1_000) return null;
    return `users could not write for ${rtoMs} ms, more than the objective of ${objective.rtoSeconds} s`;
  },
  function writesAtTheEnd(found, { ledger }) {
    if (ledger.end === null || found.lastGoodAtMs === null || found.faultAtMs === null) return null;
    const isBack = found.recoveredAtMs !== null && found.silentAtEndMs <= outageMsMin;
    return isBack ? null : "users could not write again before the load ended";
  },
  function losesNoMoreSeconds({ lost, lostSeconds: seconds }, { objective }) {
    if (lost === null || seconds === null) return null;
    const secondsMax = Math.min(objective.rpoSeconds, objective.lostSecondsMax ?? Infinity);
    if (seconds <= secondsMax && (objective.rpoSeconds > 0 || lost.length === 0)) return null;
    return `${lost.length} acknowledged rows lost (${seconds} s), objective ${secondsMax} s`;
  },
  function losesNoMoreRows({ lost }, { objective: { lostRowsMax = Infinity } }) {
    if (lost === null || lost.length <= lostRowsMax) return null;
    return `${lost.length} acknowledged rows lost, at most ${lostRowsMax} may be`;
  },
  function losesNothingForGood({ lost, unreachable }) {
    // Only certain when every database could be read.
    if (unreachable.length > 0 || lost?.every((row) => row.heldBy.length > 0) !== false)
      return null;
    return "acknowledged rows are in no database at all";
  },
  function losesNoObjectForGood({ lostObjects }, { buckets }) {
    if (buckets.some((bucket) => !bucket.reachable)) return null;
    const gone = lostObjects?.filter(({ heldBy, listed }) => heldBy.length === 0 && !listed) ?? [];
    return gone.length === 0 ? null : `${gone.length} acknowledged objects are in no bucket at all`;
  },
  function hasOneWriter({ twoWritersMs }) {
    if (twoWritersMs === null || twoWritersMs === 0) return null;
    return `two regions acknowledged writes for ${twoWritersMs} ms`;
  },
  function storesUnderOneEpoch({ storedOverlapMs }) {
    if (storedOverlapMs === null || storedOverlapMs === 0) return null;
    return `a database stored rows of an older epoch for ${storedOverlapMs} ms after a newer one began`;
  },
  function refusesRogueWriters({ rogue }) {
    if (rogue === null || rogue.acceptedAfter === 0) return null;
    return `the old region took ${rogue.acceptedAfter} writes of a job that knows of no lease`;
  },
  function movesOnlyWhenNeeded({ needlessFailovers }) {
    if (needlessFailovers === 0) return null;
    return `${needlessFailovers} failovers without any fault`;
  },
  function movesNoMoreThanDue({ failovers }, { objective }) {
    const { failoversMax = objective.failovers } = objective;
    return failovers <= failoversMax
      ? null
      : `${failovers} failovers where ${failoversMax} was due`;
  },
  function failsNoMoreRequests({ failedRequests }, { objective: { failedRequestsMax } }) {
    if (failedRequestsMax === undefined || failedRequests <= failedRequestsMax) return null;
    return `${failedRequests} requests of users failed, at most ${failedRequestsMax} may`;
  },
  function stopsWhenItMust({ longestGapMs }, { objective: { writePauseMsMin = 0 } }) {
    if (longestGapMs === null || longestGapMs >= writePauseMsMin) return null;
    return `writes paused for ${longestGapMs} ms at most, where a fenced region must refuse them`;
  },
  function movesWithoutLoss({ planned, lostObjects }, { objective }) {
    if (objective.planned === undefined || planned === null) return null;
    const rows = planned.lostRows ?? 0;
    const since = planned.sinceMs;
    const objects = lostObjects?.filter(({ acknowledgedAtMs }) => acknowledgedAtMs >= since) ?? [];
    if (rows <= objective.planned.lostRowsMax && objects.length === 0) return null;
    return `the planned move lost ${rows} acknowledged rows and ${objects.length} objects`;
  },
  function movesWithoutFailure({ planned }, { objective }) {
    const max = objective.planned?.failedRequestsMax ?? Infinity;
    if (planned === null || planned.failedRequests <= max) return null;
    return `${planned.failedRequests} requests failed during the planned move, at most ${max} may`;
  },
  function movesWithoutPause({ planned }, { objective }) {
    const max = objective.planned?.writePauseMsMax ?? Infinity;
    if (planned?.writePauseMs === undefined || planned.writePauseMs === null) return null;
    if (planned.writePauseMs <= max) return null;
    return `the planned move paused writes for ${planned.writePauseMs} ms, at most ${max} ms may be`;
  },
  function holds({ heldAtMs }, { objective, watched }) {
    if (objective.holds !== true || heldAtMs !== null || !watched?.statusPages) return null;
    return "no operator said that a failover is due and forbidden";
  },
  function needsNoRoute53({ route53CallsBeforeService: calls }, { objective }) {
    const max = objective.route53CallsBeforeServiceMax ?? Infinity;
    if (calls === null || calls <= max) return null;
    return `${calls} calls of the Route 53 API before the service was back, at most ${max} may be`;
  },
  function swapsRecords({ recordsSwapped, to }, { objective, records }) {
    if (objective.recordsSwapped !== true || recordsSwapped !== false) return null;
    return `the PRIMARY record names ${records?.primary ?? "nobody"}, and ${to} serves`;
  },
  function listsWhatIsLost({ salvage }, { objective }) {
    if (objective.salvage !== true || salvage === null || salvage.unlisted.length === 0)
      return null;
    return `the salvage does not list ${salvage.unlisted.length} rows that are lost`;
  },
  function listsNothingElse({ salvage }, { objective }) {
    if (objective.salvage !== true || salvage === null || salvage.needless.length === 0)
      return null;
    return `the salvage lists ${salvage.needless.length} rows that are not lost`;
  },
  function followsAgain({ replicaStreams }, { objective }) {
    if (objective.replicaStreams !== true || replicaStreams !== false) return null;
    return "no other region has a replica that follows";
  },
  function storesNoPhantom({ phantomKeys }) {
    return phantomKeys.length === 0 ? null : `${phantomKeys.length} stored rows were never sent`;
  },
  function storesNoDuplicate({ duplicateKeys }) {
    return duplicateKeys.length === 0 ? null : `${duplicateKeys.length} keys exist twice`;
  },
  function storesWhatWasSent({ alteredKeys }) {
    if (alteredKeys.length === 0) return null;
    return `${alteredKeys.length} stored rows differ from what was acknowledged`;
  },
  ...orderBreaches,
];
