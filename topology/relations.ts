//! Every rule across fields, in one list. All are asked, so that one run names every objection.

import type { Problem } from "./problem.ts";
import { regionRelations } from "./region-relations.ts";
import { isAskable, type Relation } from "./relation.ts";
import { timingRelations } from "./timing-relations.ts";
import type { Topology } from "./topology.ts";

export const relations: readonly Relation[] = [...regionRelations, ...timingRelations];

/**
 * The objections of all relations that can be asked. `wrong` are the paths of fields whose form is
 * wrong already: a relation that reads one of them is left out.
 */
export function relationProblems(
  topology: Topology,
  wrong: readonly string[] = [],
): readonly Problem[] {
  return relations
    .filter((relation) => isAskable(relation, wrong))
    .map(({ check }) => check(topology))
    .filter((problem) => problem !== null);
}
