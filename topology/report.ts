//! What people read in a terminal about a topology that has the right form. Texts only, no output.

import type { Budget, LossBound, Phase } from "./phases.ts";
import { spoken } from "./problem.ts";
import type { Change, Suggestion } from "./suggestion.ts";
import { initialActive, initialStandby, type Topology } from "./topology.ts";

/** The answer to `check` for a topology that is accepted. */
export function acceptedText(
  topology: Topology,
  { rto, rpo }: { readonly rto: Budget; readonly rpo: LossBound },
): string {
  return [
    `OK: ${titleOf(topology)}`,
    "",
    ...phaseTable(rto).map(indented),
    "",
    indented(lossLine(rpo)),
    "",
  ].join("\n");
}

/** The answer to `explain`: the sum as bars, how each phase comes about, what overlaps. */
export function explanationText(
  topology: Topology,
  { rto, rpo }: { readonly rto: Budget; readonly rpo: LossBound },
): string {
  return [
    `Recovery time of ${titleOf(topology)}`,
    "",
    ...barTable(rto).map(indented),
    "",
    ...rto.phases.map(({ phase, how }) => indented(`${phase.padEnd(nameWidth)}  ${how}`)),
    "",
    "  The sum is an upper bound:",
    ...rto.overlaps.map((note) => `  * ${note}`),
    "",
    indented(lossLine(rpo)),
    "",
  ].join("\n");
}

const nameWidth = 7;
const durationWidth = 10;
const barWidthMax = 40;

/** Phase, duration and formula, then the sum against the objective. */
export function phaseTable(budget: Budget): readonly string[] {
  const rows = budget.phases.map(({ phase, ms, how }) => `${cells(phase, ms)}  ${how}`);
  return [...rows, sumLine(budget)];
}

/** Phase, duration and a bar whose length is its share of the sum, then the sum. */
export function barTable(budget: Budget): readonly string[] {
  const rows = budget.phases.map(
    (phase) => `${cells(phase.phase, phase.ms)}  ${barOf(phase, budget.sumMs)}`,
  );
  return [...rows, sumLine(budget)];
}

/** A phase that takes any time at all has a mark, however small its share. */
function barOf({ ms }: Phase, wholeMs: number): string {
  if (ms <= 0) return "";
  return "█".repeat(Math.max(1, Math.round((ms / wholeMs) * barWidthMax)));
}

function sumLine({ sumMs, objectiveMs, meets }: Budget): string {
  const gap = spoken(Math.abs(objectiveMs - sumMs));
  const verdict = meets ? `${gap} to spare` : `${gap} too long`;
  return `${cells("sum", sumMs)}  objective ${spoken(objectiveMs)}, ${verdict}`;
}

function cells(name: string, ms: number): string {
  return `${name.padEnd(nameWidth)}  ${spoken(ms).padStart(durationWidth)}`;
}

/** The changes in the order of their cost, each with the sum once it is made. */
export function suggestionLines(suggestion: Suggestion): readonly string[] {
  const { changes, raisesObjective } = suggestion;
  const head = raisesObjective
    ? "No change of timing or strategy suffices. The nearest, cheapest first:"
    : "Cheapest changes that meet the objective:";
  return [head, ...changes.flatMap((change, at) => changeLines(change, at + 1))];
}

function changeLines({ name, cost, fields, sumMsAfter }: Change, number: number): string[] {
  return [
    `${number}. ${name} (${cost})`,
    ...fields.map(({ path, from, to }) => `     ${path}: ${from} -> ${to}`),
    `     sum then: ${spoken(sumMsAfter)}`,
  ];
}

function lossLine({ boundMs, objectiveMs, how }: LossBound): string {
  return `loss     ${spoken(boundMs).padStart(durationWidth)}  objective ${spoken(objectiveMs)}; ${how}`;
}

function titleOf(topology: Topology): string {
  const { service, strategy, mode } = topology;
  const route = `${initialActive(topology)} to ${initialStandby(topology)}`;
  return `${service}, ${route} (${strategy}, ${mode})`;
}

function indented(line: string): string {
  return `  ${line}`.trimEnd();
}
