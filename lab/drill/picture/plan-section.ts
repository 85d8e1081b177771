//! Each plan in words: why, and its steps with their times and refusals, as the operators tell it.

import { relativeSeconds } from "../screen/numbers.ts";
import { plansOf, type PlanAccount, type StepAccount } from "./account.ts";
import type { PictureInput } from "./evidence.ts";
import { joinMarkup, table, tag, type Markup } from "./html.ts";
import { zeroOf } from "./time-frame.ts";
import { endOf, lengthOf, wayOf } from "./plan-rows.ts";

const refusalsShown = 3;

export function planSection(input: PictureInput): Markup {
  const plans = plansOf(input.journals);
  const zeroAtMs = zeroOf(input).atMs;
  const silent = Object.values(input.journals).length === 0;
  const none = silent ? "Unknown: no operator showed its journal." : "The operators made no plan.";
  return joinMarkup([
    tag("h2", "", "Plans, as the operators tell it"),
    ...(plans.length === 0 ? [tag("p", "", none)] : plans.map((plan) => planPart(plan, zeroAtMs))),
  ]);
}

function planPart(plan: PlanAccount, zeroAtMs: number): Markup {
  const at = (atMs: number | null): string =>
    atMs === null ? "–" : relativeSeconds(atMs - zeroAtMs);
  const ended = plan.endedAtMs === null ? endOf(plan) : `${plan.end} at ${at(plan.endedAtMs)}`;
  const because = [...plan.because, ...plan.endBecause.map((reason) => `${plan.end}: ${reason}`)];
  const reasons = because.map((reason) => tag("li", "", reason));
  return joinMarkup([
    tag("h3", "", `${plan.id}: ${wayOf(plan)}`),
    tag("p", "quiet", `${decisionText(plan, at)}; ${ended}.`),
    because.length === 0 ? "" : tag("ul", "quiet", ...reasons),
    table({
      head: ["Step", "Begun", "Done", "Took", "Notes"],
      rows: plan.steps.map((step) => stepCells(step, at)),
      figures: [1, 2, 3],
      isShort: true,
    }),
  ]);
}

/** A planned change is suspected by nobody; its journal repeats the time of the decision. */
function decisionText({ suspectedAtMs, startedAtMs }: PlanAccount, at: TimeText): string {
  if (startedAtMs === null) return "its beginning is unknown";
  const decided = `decided at ${at(startedAtMs)}`;
  if (suspectedAtMs === null || suspectedAtMs >= startedAtMs) return decided;
  return `first suspected at ${at(suspectedAtMs)}, ${decided}`;
}

type TimeText = (atMs: number | null) => string;

function stepCells(step: StepAccount, at: TimeText): string[] {
  const { intendedAtMs, doneAtMs } = step;
  const took = intendedAtMs === null || doneAtMs === null ? "–" : lengthOf(doneAtMs - intendedAtMs);
  const notes = [stateOf(step), step.detail ?? "", ...refusalNotes(step, at)];
  if (step.undoneAtMs !== null) notes.push(`undone at ${at(step.undoneAtMs)}`);
  const told = notes.filter((note) => note !== "").join("; ");
  return [step.kind, at(intendedAtMs), at(doneAtMs), took, told];
}

function stateOf({ intendedAtMs, doneAtMs, undoneAtMs }: StepAccount): string {
  if (doneAtMs !== null || undoneAtMs !== null) return "";
  return intendedAtMs === null ? "not begun" : "not done";
}

function refusalNotes({ refusals }: StepAccount, at: TimeText): string[] {
  const told = refusals
    .slice(0, refusalsShown)
    .map(({ atMs, reason }) => `refused at ${at(atMs)}: ${reason}`);
  const more = refusals.length - refusalsShown;
  return more > 0 ? [...told, `and ${more} more refusals`] : told;
}
