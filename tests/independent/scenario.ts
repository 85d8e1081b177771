//! A scenario is run against the lab and against moto, and both are held to what AWS does. Where moto
//! is known to differ the scenario says so and why; a moto that differs less, or more, is noticed.

import { membersThatDiffer, Notes } from "./notes.ts";
import { labTarget, motoTarget, type Target } from "./targets.ts";

/** What differs, as the comparison words it, with the reason why that is no fault of the lab. */
export type Reasons = Readonly<Record<string, string>>;

export interface Scenario {
  readonly title: string;
  readonly run: (target: Target, notes: Notes) => Promise<void>;
  /** Steps at which moto does something else than AWS. */
  readonly motoDiffers?: Reasons;
  /** Members that only moto's answers have: what the lab leaves out, or moto makes up. */
  readonly onlyInMoto?: Reasons;
  readonly onlyInLab?: Reasons;
}

export function compare(scenario: Scenario): void {
  describe(scenario.title, () => {
    let lab: Notes;
    let moto: Notes;

    beforeAll(async () => {
      lab = await notesOf(scenario, await labTarget());
      moto = await notesOf(scenario, await motoTarget());
    });

    test("the lab does what AWS does", () => {
      expect(lab.strayed).toEqual([]);
    });

    test("moto does the same, but for what is known of it", () => {
      expect(moto.strayed.toSorted()).toEqual(listed(scenario.motoDiffers));
    });

    test("the answers of both have the same members of the same types, but for what is known", () => {
      const { onlyInLab, onlyInMoto } = membersThatDiffer(lab.shapes, moto.shapes);
      expect(lab.shapes.size).toBeGreaterThan(0);
      expect(onlyInMoto.toSorted()).toEqual(listed(scenario.onlyInMoto));
      expect(onlyInLab.toSorted()).toEqual(listed(scenario.onlyInLab));
    });
  });
}

async function notesOf({ run }: Scenario, target: Target): Promise<Notes> {
  const notes = new Notes();
  try {
    await run(target, notes);
  } finally {
    await target.close();
  }
  return notes;
}

function listed(reasons: Reasons = {}): readonly string[] {
  return Object.keys(reasons).toSorted();
}
