//! Which objects rows point at that are not in the region's own bucket. Each object is asked for once,
//! a few at a time, and what is listed is bounded.

import { csvLine } from "./csv.ts";
import type { SalvageLimits } from "./limits.ts";
import type { ObjectStore } from "./object-store.ts";
import type { Value } from "./quote.ts";
import { StoreFailure } from "./store-failure.ts";

export interface ObjectReference {
  readonly table: string;
  readonly column: string;
  /** Key of the row, as `column=value` for people. */
  readonly row: string;
  /** Where the row is: `there` for rows that only the old primary has. */
  readonly side: "here" | "there";
  readonly object: string;
}

export const missingObjectsFile = "missing-objects.csv";

export class MissingObjects {
  readonly #store: ObjectStore;
  readonly #limits: SalvageLimits;
  readonly #asked = new Set<string>();
  readonly #missing: ObjectReference[] = [];
  #skipped = 0;

  constructor(store: ObjectStore, limits: SalvageLimits) {
    this.#store = store;
    this.#limits = limits;
  }

  get count(): number {
    return this.#missing.length;
  }

  /** Objects of missing rows that were not asked for, since there were too many. */
  get skipped(): number {
    return this.#skipped;
  }

  async look(references: readonly ObjectReference[]): Promise<void> {
    const open = references.filter(({ object }) => this.#isNew(object));
    const { objectsAtOnce } = this.#limits;
    for (let from = 0; from < open.length; from += objectsAtOnce) {
      const some = open.slice(from, from + objectsAtOnce);
      const answers = await Promise.all(some.map(({ object }) => this.#store.exists(object)));
      for (const [index, answer] of answers.entries()) {
        const reference = some[index];
        if (!answer.ok)
          throw new StoreFailure(answer.fault, `${reference?.object}: ${answer.detail}`);
        if (!answer.value && reference !== undefined) this.#missing.push(reference);
      }
    }
  }

  csv(): string {
    const lines = this.#missing.map(({ table, column, row, side, object }) =>
      csvLine([table, column, row, side, object]),
    );
    return [csvLine(["table", "column", "row", "side", "object"]), ...lines].join("");
  }

  #isNew(object: string): boolean {
    if (this.#asked.has(object)) return false;
    // Twice, since the rows there and the rows here each may have that many.
    if (this.#asked.size >= 2 * this.#limits.objectsMax) {
      this.#skipped += 1;
      return false;
    }
    this.#asked.add(object);
    return true;
  }
}

export function rowTitle(names: readonly string[], values: readonly Value[]): string {
  return names.map((name, index) => `${name}=${values[index] ?? ""}`).join(" ");
}
