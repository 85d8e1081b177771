//! What the checker found, claim by claim, each with what was measured, the limit and a verdict. It
//! repeats the findings in `checker.json`; the verdict of the whole drill is the checker's own.

import { grouped, milliseconds, seconds } from "../screen/numbers.ts";
import { readOnlySqlState } from "../postgres.ts";
import type { Objective } from "../verdicts/evidence.ts";
import { outageMsMin } from "../verdicts/recovery.ts";
import { atMost, countClaim, yesOrNo, type Claim, type ClaimRule } from "./claim.ts";
import type { PictureInput } from "./evidence.ts";
import { specialClaims } from "./special-claims.ts";

/** Empty when the checker came to no verdict. */
export function claimsOf({
  checker,
  objective,
  report,
  ledger,
  statusPages,
}: PictureInput): Claim[] {
  if (checker === null) return [];
  const checked = { checker, objective, statusPages };
  const claims = [...rules, ...specialClaims].map((rule) => rule(checked));
  const sql = (report.wrongRegionWrites ?? []).map(
    ({ region, accepted, sqlstate, error }): Claim => {
      const refused = sqlstate === readOnlySqlState;
      const measured = accepted ? "accepted" : `refused, ${sqlstate ?? error ?? "no reason told"}`;
      const verdict = accepted ? "fail" : refused ? "pass" : "unknown";
      return {
        claim: `${region} refuses a write by SQL`,
        measured,
        limit: readOnlySqlState,
        verdict,
      };
    },
  );
  const found = claims.filter((claim) => claim !== null);
  const own = checker.result === "fail" ? found : found.map(noHarder);
  return [...own, ...sql, ledgerClaim(ledger)];
}

/** Where the checker, who saw more than its report holds, found no breach, there is none here. */
function noHarder(claim: Claim): Claim {
  return claim.verdict === "fail" ? { ...claim, verdict: "unknown" } : claim;
}

const rules: readonly ClaimRule[] = [
  function recoversInTime({ checker: { rtoMs = null }, objective }) {
    if (objective.rtoObjective === false || objective.rtoSeconds === undefined) return null;
    const { rtoSeconds } = objective;
    return {
      claim: "Users can write again in time (RTO)",
      measured: seconds(rtoMs),
      limit: `${rtoSeconds} s`,
      verdict: atMost(rtoMs, rtoSeconds * 1_000),
    };
  },
  function writesAtTheEnd({ checker }) {
    const {
      faultAtMs = null,
      lastGoodAtMs = null,
      recoveredAtMs = null,
      silentAtEndMs = 0,
    } = checker;
    const isKnown = faultAtMs !== null && lastGoodAtMs !== null;
    const isBack = recoveredAtMs !== null && silentAtEndMs <= outageMsMin;
    return {
      claim: "Users can write when the load ends",
      measured: isKnown ? yesOrNo(isBack) : "unknown",
      limit: "yes",
      verdict: isKnown ? (isBack ? "pass" : "fail") : "unknown",
    };
  },
  function losesLittle({ checker: { lostSeconds = null }, objective }) {
    const max = Math.min(objective.rpoSeconds ?? Infinity, objective.lostSecondsMax ?? Infinity);
    if (max === Infinity) return null;
    return {
      claim: "Acknowledged writes lost (RPO)",
      measured: seconds(lostSeconds === null ? null : lostSeconds * 1_000),
      limit: `${max} s`,
      verdict: atMost(lostSeconds, max),
    };
  },
  function losesFewRows({ checker: { lost = null }, objective }) {
    const max = objective.lostRowsMax ?? (objective.rpoSeconds === 0 ? 0 : undefined);
    if (max === undefined) return null;
    return countClaim("Acknowledged rows lost", lost?.length, max);
  },
  function losesNothingForGood({ checker: { lost = null, unreachable = [] } }) {
    const gone = lost?.filter((row) => row.heldBy.length === 0).length;
    const isCertain = unreachable.length === 0;
    return {
      claim: "Lost rows that no database holds any more",
      measured: grouped(gone ?? null),
      limit: "0",
      verdict: gone === 0 ? "pass" : isCertain ? atMost(gone, 0) : "unknown",
    };
  },
  function hasOneWriter({ checker: { twoWritersMs = null } }) {
    const claim = "Two writers at once, by what was acknowledged";
    const measured = milliseconds(twoWritersMs === null ? null : Math.ceil(twoWritersMs));
    return { claim, measured, limit: "0 ms", verdict: atMost(twoWritersMs, 0) };
  },
  function storesUnderOneEpoch({ checker: { storedOverlapMs = null } }) {
    const claim = "Two writers at once, by what was stored";
    const measured = milliseconds(storedOverlapMs === null ? null : Math.ceil(storedOverlapMs));
    return { claim, measured, limit: "0 ms", verdict: atMost(storedOverlapMs, 0) };
  },
  function movesAsDue({ checker: { failovers }, objective: { failovers: due } }) {
    if (due === undefined) return null;
    const known = failovers ?? null;
    const verdict = known === null || known < due ? "unknown" : atMost(known, due);
    return { claim: "Changes of the writer", measured: grouped(known), limit: `${due}`, verdict };
  },
  ({ checker }) =>
    countClaim("Changes of the writer without any fault", checker.needlessFailovers, 0),
  ({ checker }) => countClaim("Stored rows that nobody sent", checker.phantomKeys?.length, 0),
  ({ checker }) => countClaim("Keys that exist twice", checker.duplicateKeys?.length, 0),
  ({ checker }) =>
    countClaim("Rows that differ from what was sent", checker.alteredKeys?.length, 0),
  function failsFewRequests({ checker, objective: { failedRequestsMax: max } }) {
    return max === undefined ? null : countClaim("Failed requests", checker.failedRequests, max);
  },
  function databasesWereRead({ checker: { unreachable = [] } }) {
    const names = unreachable.map(({ region }) => region).join(", ");
    const measured = unreachable.length === 0 ? "yes" : `not ${names}`;
    const verdict = unreachable.length === 0 ? "pass" : "unknown";
    return { claim: "Every database could be read", measured, limit: "yes", verdict };
  },
  ({ checker, objective }) =>
    enough("Acknowledged writes of users before zero", checker.acknowledgedBefore, objective),
  ({ checker, objective }) =>
    enough("Acknowledged writes of users after the recovery", checker.acknowledgedAfter, objective),
];

/** Fewer prove nothing. */
function enough(
  claim: string,
  count: number | undefined,
  { acknowledgedMin: min = 0 }: Partial<Objective>,
): Claim {
  const verdict = count !== undefined && count >= min ? "pass" : "unknown";
  return { claim, measured: grouped(count ?? null), limit: `at least ${min}`, verdict };
}

function ledgerClaim(ledger: PictureInput["ledger"]): Claim {
  const whole = ledger?.start && ledger.end && ledger.malformedLines === 0;
  const verdict = whole ? "pass" : "unknown";
  return { claim: "The ledger is whole", measured: whole ? "yes" : "no", limit: "yes", verdict };
}
