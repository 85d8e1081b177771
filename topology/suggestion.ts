//! The cheapest changes that bring a failover under its objective: cheapest first, none that is not
//! needed. Every suggestion has been tried: the sum and all relations of the changed topology.

import { levers, type FieldChange } from "./levers.ts";
import { phasesOf, sumMs } from "./phases.ts";
import { relationProblems } from "./relations.ts";
import type { Topology } from "./topology.ts";

export interface Change {
  readonly name: string;
  readonly cost: string;
  readonly fields: readonly FieldChange[];
  readonly sumMsAfter: number;
}

export interface Suggestion {
  readonly changes: readonly Change[];
  readonly sumMs: number;
  readonly objectiveMs: number;
  /** True when nothing else sufficed and the last change gives up the objective itself. */
  readonly raisesObjective: boolean;
}

/**
 * `null` when nothing is to be changed, or when a relation is broken: a topology with other
 * problems could not be accepted whatever is suggested here.
 */
export function suggest(topology: Topology): Suggestion | null {
  if (relationProblems(topology).length > 0 || isWithinObjective(topology)) return null;
  const pulled = pullLevers(topology);
  const reachableMs = Math.max(sumOf(applyChanges(topology, pulled)), objectiveMsOf(topology));
  const needed = withoutTheNeedless(topology, pulled, reachableMs);
  const best = applyChanges(topology, needed);
  const last = isWithinObjective(best) ? [] : [raisedObjective(best)];
  const all = [...needed, ...last];
  const result = applyChanges(topology, all);
  return {
    changes: withSums(topology, all),
    sumMs: sumOf(result),
    objectiveMs: objectiveMsOf(result),
    raisesObjective: last.length > 0,
  };
}

type Pulled = Omit<Change, "sumMsAfter">;

/** Cheapest first, each as far as it must and may, until the objective is met. */
function pullLevers(topology: Topology): readonly Pulled[] {
  const pulled: Pulled[] = [];
  let current = topology;
  for (const { name, cost, pull } of levers) {
    const missingMs = sumOf(current) - objectiveMsOf(current);
    if (missingMs <= 0) break;
    const change = { name, cost, fields: pull(current, missingMs) };
    const next = applyChanges(current, [change]);
    if (sumOf(next) >= sumOf(current) || relationProblems(next).length > 0) continue;
    pulled.push(change);
    current = next;
  }
  return pulled;
}

/**
 * A later change may save so much that an earlier one is no longer needed. The dearest goes first;
 * the others stay as they are, so that nothing becomes dearer in exchange.
 */
function withoutTheNeedless(
  topology: Topology,
  pulled: readonly Pulled[],
  reachableMs: number,
): readonly Pulled[] {
  return pulled.toReversed().reduce((kept, candidate) => {
    const rest = kept.filter((change) => change !== candidate);
    const result = applyChanges(topology, rest);
    const suffices = sumOf(result) <= reachableMs && relationProblems(result).length === 0;
    return suffices ? rest : kept;
  }, pulled);
}

function raisedObjective(topology: Topology): Pulled {
  const from = topology.objectives.rtoSeconds;
  return {
    name: "a longer objective",
    cost: "the last resort: less is promised",
    fields: [{ path: "objectives.rtoSeconds", from, to: Math.ceil(sumOf(topology) / 1_000) }],
  };
}

function withSums(topology: Topology, changes: readonly Pulled[]): readonly Change[] {
  return changes.map((change, at) => {
    const after = applyChanges(topology, changes.slice(0, at + 1));
    return { ...change, sumMsAfter: sumOf(after) };
  });
}

/** The topology with these changes made; the one given stays as it is. */
export function applyChanges(
  topology: Topology,
  changes: readonly Pick<Change, "fields">[],
): Topology {
  const copy = structuredClone(topology);
  for (const { path, to } of changes.flatMap(({ fields }) => fields)) setAt(copy, path, to);
  return copy;
}

/** Sets one field of a fresh copy; the paths come from the levers and exist in every topology. */
function setAt(copy: object, path: string, value: string | number): void {
  const names = path.split(".");
  const last = names.pop() ?? "";
  let node = copy as Record<string, unknown>;
  for (const name of names) node = node[name] as Record<string, unknown>;
  node[last] = value;
}

function sumOf(topology: Topology): number {
  return sumMs(phasesOf(topology));
}

function objectiveMsOf({ objectives }: Topology): number {
  return Math.floor(objectives.rtoSeconds * 1_000);
}

function isWithinObjective(topology: Topology): boolean {
  return sumOf(topology) <= objectiveMsOf(topology);
}
