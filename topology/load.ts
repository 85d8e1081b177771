//! The only way from a file or a foreign value to a `Topology`. Reports everything that is wrong at
//! once: form, relations across fields, and whether the objectives can be met.

import { isBuiltinName, builtinTopologies } from "./builtin.ts";
import { budgetReads, feasible, recoveryTimeProblem, type Feasibility } from "./budget.ts";
import { nearestName } from "./nearest.ts";
import { anyOf, wholeFile, type Problem } from "./problem.ts";
import { isAskable } from "./relation.ts";
import { relationProblems } from "./relations.ts";
import { shapeProblems } from "./shape.ts";
import { readSource } from "./source.ts";
import type { Topology } from "./topology.ts";

export { formatProblems, type Problem } from "./problem.ts";

export type ParsedTopology =
  | { readonly ok: true; readonly topology: Topology }
  | {
      readonly ok: false;
      readonly problems: readonly Problem[];
      /** The sums, where all their fields can be read. */
      readonly feasibility?: Feasibility;
    };

/** Checks a value. A text field `$schema` at the top, which editors use, is left out. */
export function parseTopology(value: unknown): ParsedTopology {
  const candidate = withoutSchemaReference(value);
  const shape = shapeProblems(candidate);
  if (shape.length > 0) return { ok: false, problems: [...shape, ...askable(candidate, shape)] };

  const topology = candidate as Topology;
  const related = relationProblems(topology);
  const feasibility = feasible(topology);
  // The objection to the RPO is one of the relations already; that to the RTO is not.
  const time = recoveryTimeProblem(topology, feasibility.ok ? null : feasibility.suggestion);
  const problems = time === null ? related : [...related, time];
  return problems.length === 0 ? { ok: true, topology } : { ok: false, problems, feasibility };
}

/** Reads and checks a file; its ending says whether it is YAML or JSON. */
export function loadTopology(file: string): ParsedTopology {
  const source = readSource(file);
  return source.ok ? parseTopology(source.value) : source;
}

/** As the command line takes it: the name of a topology that comes with the project, or a file. */
export function findTopology(nameOrFile: string): ParsedTopology {
  if (isBuiltinName(nameOrFile)) return parseTopology(builtinTopologies[nameOrFile]);
  const loaded = loadTopology(nameOrFile);
  if (loaded.ok || /[./\\]/.test(nameOrFile)) return loaded;
  const names = Object.keys(builtinTopologies);
  const meant = nearestName(nameOrFile, names);
  const hint = meant === null ? "" : `; did you mean ${meant}?`;
  const problem = {
    path: nameOrFile,
    problem: `is neither a built-in topology nor a file${hint}`,
    given: nameOrFile,
    allowed: `${anyOf(names)}, or a file that ends in .yaml, .yml or .json`,
  };
  return { ok: false, problems: [problem] };
}

/** Problems across those fields that have the right form, so that the next run finds no new ones. */
function askable(candidate: unknown, shape: readonly Problem[]): readonly Problem[] {
  if (shape.some(({ path }) => path === wholeFile)) return [];
  const wrong = shape.map(({ path }) => path);
  const topology = candidate as Topology;
  const time = isAskable({ reads: budgetReads }, wrong)
    ? recoveryTimeProblem(topology, null)
    : null;
  const related = relationProblems(topology, wrong);
  return time === null ? related : [...related, time];
}

function withoutSchemaReference(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const { $schema, ...rest } = value as Readonly<Record<string, unknown>>;
  return typeof $schema === "string" ? rest : value;
}
