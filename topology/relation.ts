//! What a relation is: a rule across several fields of a topology. A new one is a named function
//! and a row in the list of `region-relations.ts` or `timing-relations.ts`.

import type { Problem } from "./problem.ts";
import type { Topology } from "./topology.ts";

export interface Relation {
  /** The rule as one line, for documents. */
  readonly rule: string;
  /**
   * The fields that `check` reads; `*` stands for every region, and at the end of a path for no
   * more than the regions' names. When one of them has the wrong form the relation cannot be asked,
   * but all the others still can.
   */
  readonly reads: readonly string[];
  readonly check: (topology: Topology) => Problem | null;
}

/** Whether every field that the relation reads has the right form. */
export function isAskable({ reads }: Pick<Relation, "reads">, wrong: readonly string[]): boolean {
  return !reads.some((read) => wrong.some((path) => touches(read.split("."), path.split("."))));
}

/** True when one path is the other, or lies inside it. */
function touches(read: readonly string[], wrong: readonly string[]): boolean {
  if (read.at(-1) === "*" && wrong.length > read.length) return false;
  const length = Math.min(read.length, wrong.length);
  return read.slice(0, length).every((name, at) => name === "*" || name === wrong[at]);
}
