//! Reads the summary of a salvage as anybody could who is given the file. A summary that does not
//! name what it counts proves nothing and is refused.

import type { SalvageReading } from "../verdicts/evidence.ts";

export function salvageFrom(name: string, summary: unknown): SalvageReading {
  if (typeof summary !== "object" || summary === null) throw new Error(`${name} has no summary`);
  const fields = summary as Readonly<Record<string, unknown>>;
  return {
    name,
    missingKeys: namesIn(fields, "missingKeys", "missingRows"),
    conflictingKeys: namesIn(fields, "conflictingKeys", "conflictingRows"),
    missingObjects: namesIn(fields, "missingObjectKeys", "missingObjects"),
  };
}

/** The names under `list`, as many as `count` says. */
function namesIn(
  fields: Readonly<Record<string, unknown>>,
  list: string,
  count: string,
): readonly string[] {
  const names = fields[list];
  if (!Array.isArray(names) || !names.every((name) => typeof name === "string")) {
    throw new Error(`the summary has no ${list}`);
  }
  if (fields[count] !== names.length) {
    throw new Error(
      `the summary counts ${String(fields[count])} ${count} and names ${names.length}`,
    );
  }
  return names;
}
