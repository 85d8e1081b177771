//! What was promised beside what was measured: the figures that people ask for by name. Pure.

import { grouped, milliseconds, seconds } from "../screen/numbers.ts";
import type { PictureInput } from "./evidence.ts";
import { lengthOf } from "./plan-rows.ts";
import { joinMarkup, table, tag, type Content, type Markup } from "./html.ts";

interface Measure {
  readonly name: string;
  readonly measured: string;
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

/** Evidence of an older drill may lack what newer ones measure: unknown, not zero. */
export function measuresOf({ report, checker, objective }: PictureInput): Measure[] {
  const { planned = null, lostObjects } = report;
  const dnsMs = report.phases?.dnsMs ?? null;
  const rto = report.measuresRto === false ? "not judged" : `${report.objective.rtoSeconds} s`;
  const throughDns =
    checker?.faultAtMs && checker.recoveredAtMs ? checker.recoveredAtMs - checker.faultAtMs : null;
  const lostMs = report.lostSeconds === null ? null : report.lostSeconds * 1_000;
  const pauseMs = report.writePauseMs ?? report.longestGapMs ?? null;
  const failedMax = objective.planned?.failedRequestsMax ?? objective.failedRequestsMax;
  const pauseMax = objective.planned?.writePauseMsMax;
  return [
    measure("Users could not write (RTO)", seconds(report.rtoMs ?? null), rto),
    measure("From zero to the first write in another region", seconds(report.firstWriteMs ?? null)),
    measure("From zero to users writing again, through DNS", seconds(throughDns)),
    ...(dnsMs === null ? [] : [measure("… of which DNS", seconds(dnsMs))]),
    measure(
      "Acknowledged rows lost",
      grouped(report.lostRows ?? null),
      limitOf(objective.lostRowsMax),
    ),
    measure(
      "Seconds of acknowledged writes lost (RPO)",
      seconds(lostMs),
      `${report.objective.rpoSeconds} s`,
    ),
    ...(lostObjects === undefined
      ? []
      : [measure("Acknowledged objects lost", grouped(lostObjects))]),
    measure("Two writers at once", milliseconds(ceil(report.twoWritersMs)), "0 ms"),
    measure(
      "Failed requests of users",
      grouped(report.failedRequests ?? null),
      planned === null ? limitOf(failedMax) : "",
    ),
    ...(planned === null
      ? []
      : [
          measure(
            "… of which in the planned move",
            grouped(planned.failedRequests),
            limitOf(failedMax),
          ),
        ]),
    measure(
      planned === null ? "Longest pause of writes" : "Longest pause of writes in the planned move",
      pauseMs === null ? "unknown" : lengthOf(pauseMs),
      pauseMax === undefined ? "" : lengthOf(pauseMax),
    ),
  ];
}

function measure(name: string, measured: string, objective = ""): Measure {
  return { name, measured, objective: objective === "" ? "–" : objective };
}

function limitOf(max: number | undefined): string {
  return max === undefined ? "" : `at most ${grouped(max)}`;
}

function ceil(ms: number | null | undefined): number | null {
  return ms === null || ms === undefined ? null : Math.ceil(ms);
}
