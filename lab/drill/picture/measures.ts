//! What was promised beside what was measured: the figures that people ask for by name. Pure.

import { grouped, milliseconds, seconds } from "../screen/numbers.ts";
import type { PictureInput } from "./evidence.ts";
import { joinMarkup, table, tag, type Content, type Markup } from "./html.ts";
import { lengthOf } from "./plan-rows.ts";

export interface Measure {
  readonly name: string;
  readonly measured: string;
  /** "–" where nothing was promised. */
  readonly objective: string;
}

export function measuresSection(input: PictureInput): Markup {
  const rows = measuresOf(input).map(({ name, measured, objective }): Content[] => [
    name,
    tag("strong", "", measured),
    objective,
  ]);
  return joinMarkup([
    tag("h2", "", "Objective and measured"),
    table({ head: ["", "Measured", "Objective"], rows, figures: [1, 2], isShort: true }),
  ]);
}

/** What the scenario has no use for is left out; what was not measured is unknown, not zero. */
export function measuresOf(input: PictureInput): Measure[] {
  return measures
    .map((measureIn) => measureIn(input))
    .filter((found) => found !== null)
    .map(({ name, measured, objective = "" }) => ({
      name,
      measured,
      objective: objective === "" ? "–" : objective,
    }));
}

type Found = Omit<Measure, "objective"> & Partial<Pick<Measure, "objective">>;

const measures: readonly ((input: PictureInput) => Found | null)[] = [
  function recovery({ report }) {
    const { measuresRto = true, rtoMs = null } = report;
    const objective = measuresRto ? promised(report, "rtoSeconds") : "not judged";
    return { name: "Users could not write (RTO)", measured: seconds(rtoMs), objective };
  },
  ({ report: { firstWriteMs = null } }) => ({
    name: "From zero to the first write in another region",
    measured: seconds(firstWriteMs),
  }),
  function throughDns({ checker }) {
    const { faultAtMs = null, recoveredAtMs = null } = checker ?? {};
    const ms = faultAtMs === null || recoveredAtMs === null ? null : recoveredAtMs - faultAtMs;
    return { name: "From zero to users writing again, through DNS", measured: seconds(ms) };
  },
  function dns({ report: { phases } }) {
    const ms = phases?.dnsMs ?? null;
    return ms === null ? null : { name: "… of which DNS", measured: seconds(ms) };
  },
  ({ report: { lostRows = null }, objective: { lostRowsMax } }) => ({
    name: "Acknowledged rows lost",
    measured: grouped(lostRows),
    objective: limitOf(lostRowsMax),
  }),
  function recoveryPoint({ report }) {
    const { lostSeconds = null } = report;
    return {
      name: "Seconds of acknowledged writes lost (RPO)",
      measured: seconds(lostSeconds === null ? null : lostSeconds * 1_000),
      objective: promised(report, "rpoSeconds"),
    };
  },
  ({ report: { lostObjects } }) =>
    lostObjects === undefined
      ? null
      : { name: "Acknowledged objects lost", measured: grouped(lostObjects) },
  function writers({ report: { twoWritersMs = null } }) {
    const measured = milliseconds(twoWritersMs === null ? null : Math.ceil(twoWritersMs));
    return { name: "Two writers at once", measured, objective: "0 ms" };
  },
  ({ report: { failedRequests = null }, objective: { failedRequestsMax } }) => ({
    name: "Failed requests of users",
    measured: grouped(failedRequests),
    objective: limitOf(failedRequestsMax),
  }),
  ({ report: { planned = null }, objective }) =>
    planned === null
      ? null
      : {
          name: "… of which in the planned move",
          measured: grouped(planned.failedRequests),
          objective: limitOf(objective.planned?.failedRequestsMax),
        },
  ({ report: { longestGapMs = null } }) => ({
    name: "Longest pause of writes",
    measured: orUnknown(longestGapMs),
  }),
  function plannedPause({ report: { planned = null }, objective }) {
    if (planned === null) return null;
    const max = objective.planned?.writePauseMsMax;
    return {
      name: "… in the planned move",
      measured: orUnknown(planned.writePauseMs),
      objective: max === undefined ? "" : `at most ${max} ms`,
    };
  },
];

function promised(
  { objective }: PictureInput["report"],
  name: "rtoSeconds" | "rpoSeconds",
): string {
  return objective === undefined ? "unknown" : `at most ${objective[name]} s`;
}

function orUnknown(ms: number | null): string {
  return ms === null ? "unknown" : lengthOf(ms);
}

function limitOf(max: number | undefined): string {
  return max === undefined ? "" : `at most ${grouped(max)}`;
}
