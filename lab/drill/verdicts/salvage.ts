//! The salvage of an old primary, held against what is really lost: all of it, and nothing else.

import type { LostRow, SalvageFindings, SalvageReading } from "./evidence.ts";
import type { ReachableDatabase } from "./lost.ts";

/**
 * Null when there is no salvage, or nothing to hold it against. Rows that nobody acknowledged may be
 * listed as well: the old primary had them and the survivor has not.
 */
export function salvageFindings(
  salvages: readonly SalvageReading[] | null,
  lost: readonly LostRow[] | null,
  survivor: ReachableDatabase | null,
): SalvageFindings | null {
  if (salvages === null || salvages.length === 0 || lost === null || survivor === null) return null;
  const listed = new Set(salvages.flatMap((salvage) => salvage.missingKeys));
  const named = new Set([...listed, ...salvages.flatMap((salvage) => salvage.conflictingKeys)]);
  const kept = new Set(survivor.rows.map((row) => row.key));
  return {
    unlisted: lost.map((row) => row.key).filter((key) => !named.has(key)),
    needless: [...listed].filter((key) => kept.has(key)),
    listed: listed.size,
  };
}
