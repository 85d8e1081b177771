//! The drill in a few sentences, for whoever cannot see the picture. Pure.

import { grouped, milliseconds, plural, seconds } from "../screen/numbers.ts";
import type { PictureInput } from "./evidence.ts";

export function summaryOf({ report, faults, commands }: PictureInput): string {
  const { rtoMs, lostRows, twoWritersMs, failedRequests } = report;
  const done = [...faults, ...commands].map((one) => one.text);
  return [
    `Result: ${report.result}.`,
    done.length === 0 ? "Nothing was broken." : `What was done: ${done.join("; ")}.`,
    `Users could not write for ${seconds(rtoMs ?? null)}.`,
    lostRows === null || lostRows === undefined
      ? "How many acknowledged rows were lost is unknown."
      : `${plural(lostRows, "acknowledged row was", "acknowledged rows were")} lost.`,
    `Two writers at once: ${milliseconds(twoWritersMs ?? null)}.`,
    `Failed requests of users: ${grouped(failedRequests ?? null)}.`,
    "The page report.html says the same in tables.",
  ].join(" ");
}
