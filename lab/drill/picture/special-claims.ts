//! Claims that only some scenarios make: planned moves, holds, salvage, rogue writers, DNS records.

import { grouped, milliseconds } from "../screen/numbers.ts";
import { atMost, countClaim, yesOrNo, type ClaimRule } from "./claim.ts";

export const specialClaims: readonly ClaimRule[] = [
  function stopsWhenItMust({ checker: { longestGapMs = null }, objective: { writePauseMsMin } }) {
    if (writePauseMsMin === undefined) return null;
    const verdict =
      longestGapMs === null ? "unknown" : longestGapMs >= writePauseMsMin ? "pass" : "fail";
    return {
      claim: "A fenced region stops writing",
      measured: milliseconds(longestGapMs),
      limit: `at least ${milliseconds(writePauseMsMin)}`,
      verdict,
    };
  },
  function movesWithoutLoss({ checker: { planned }, objective }) {
    if (objective.planned === undefined) return null;
    const { lostRowsMax } = objective.planned;
    return countClaim("Planned move: rows lost", planned?.lostRows ?? undefined, lostRowsMax);
  },
  function movesObjectsWithoutLoss({ checker: { planned, lostObjects }, objective }) {
    if (objective.planned === undefined || !planned) return null;
    const since = lostObjects?.filter((object) => object.acknowledgedAtMs >= planned.sinceMs);
    return countClaim("Planned move: objects lost", since?.length, 0);
  },
  function movesWithoutFailure({ checker: { planned }, objective }) {
    const max = objective.planned?.failedRequestsMax;
    if (max === undefined) return null;
    return countClaim("Planned move: failed requests", planned?.failedRequests, max);
  },
  function movesWithoutPause({ checker: { planned }, objective }) {
    const max = objective.planned?.writePauseMsMax;
    if (max === undefined) return null;
    return {
      claim: "Planned move: longest pause of writes",
      measured: milliseconds(planned?.writePauseMs ?? null),
      limit: milliseconds(max),
      verdict: atMost(planned?.writePauseMs, max),
    };
  },
  function losesNoObjectForGood({ checker: { lostObjects } }) {
    // Most scenarios store no objects, and older evidence does not know of them.
    if (lostObjects === undefined || lostObjects === null) return null;
    const gone = lostObjects.filter(({ heldBy, listed }) => heldBy.length === 0 && !listed);
    return countClaim("Lost objects that nobody holds or lists", gone.length, 0);
  },
  function holds({ checker: { heldAtMs }, objective, statusPages }) {
    if (objective.holds !== true) return null;
    const seen = typeof heldAtMs === "number";
    // Where no status page could be read, nothing was seen because nobody could look.
    const verdict = seen ? "pass" : (statusPages ?? 0) > 0 ? "fail" : "unknown";
    const measured = seen ? "yes" : verdict === "fail" ? "no" : "unknown";
    return { claim: "A failover that is due is held", measured, limit: "yes", verdict };
  },
  function needsNoRoute53({ checker, objective: { route53CallsBeforeServiceMax: max } }) {
    if (max === undefined) return null;
    const calls = checker.route53CallsBeforeService ?? undefined;
    return countClaim("Calls of the Route 53 API before service", calls, max);
  },
  function swapsRecords({ checker: { recordsSwapped }, objective }) {
    if (objective.recordsSwapped !== true) return null;
    return wanted("The PRIMARY record names who serves", recordsSwapped);
  },
  function refusesRogueWriters({ checker: { rogue = null }, objective }) {
    if (objective.rogueRefused !== true && rogue === null) return null;
    const verdict = rogue === null || rogue.refusedAfter === 0 ? "unknown" : "pass";
    const measured =
      rogue === null
        ? "unknown"
        : `${grouped(rogue.acceptedAfter)} accepted, ${grouped(rogue.refusedAfter)} refused`;
    return {
      claim: "Writes past the lease after the takeover",
      measured,
      limit: "0 accepted",
      verdict: (rogue?.acceptedAfter ?? 0) > 0 ? "fail" : verdict,
    };
  },
  function listsWhatIsLost({ checker: { salvage }, objective }) {
    if (objective.salvage !== true) return null;
    return countClaim("Lost rows that no salvage lists", salvage?.unlisted.length, 0);
  },
  function listsNothingElse({ checker: { salvage }, objective }) {
    if (objective.salvage !== true) return null;
    return countClaim("Rows that a salvage lists and that are there", salvage?.needless.length, 0);
  },
  function followsAgain({ checker: { replicaStreams }, objective }) {
    if (objective.replicaStreams !== true) return null;
    return wanted("Another region follows at the end", replicaStreams);
  },
];

function wanted(claim: string, value: boolean | null | undefined): ReturnType<ClaimRule> {
  const verdict = typeof value === "boolean" ? (value ? "pass" : "fail") : "unknown";
  return { claim, measured: yesOrNo(value), limit: "yes", verdict };
}
