//! Lets each mutant loose and looks whether its drill sees it. Before that the same drill is run with
//! the product as it is: what is red anyway proves nothing.

import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { drill, type Drilled } from "./drilling.ts";
import { type DrillChoice, type Mutant, nameOfDrill } from "./mutants.ts";
import { build, openWorkshop } from "./workshop.ts";

export interface Hunting {
  readonly repository: string;
  readonly controls: boolean;
  readonly signal: AbortSignal;
  readonly tell: (line: string) => void;
}

export interface Outcome {
  readonly name: string;
  readonly breaks: string;
  readonly drill: string;
  readonly caught: boolean;
  /** Null when it was left out. */
  readonly controlPassed: boolean | null;
  /** The broken claim where it was caught, otherwise why it was not. */
  readonly because: string;
  readonly drills: number;
  readonly tookMs: number;
}

export async function hunt(mutants: readonly Mutant[], hunting: Hunting): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const controls = new Map<string, Drilled>();
  for (const mutant of mutants) {
    hunting.signal.throwIfAborted();
    const drilled = nameOfDrill(mutant.drill);
    if (hunting.controls && !controls.has(drilled)) {
      controls.set(drilled, await control(mutant.drill, hunting));
    }
    outcomes.push(await loose(mutant, controls.get(drilled) ?? null, hunting));
  }
  return outcomes;
}

/** Some drills hold the product to fractions of a second, which a busy machine may cost it. */
const controlsMax = 2;

/** The drill of the product as it is. */
async function control(choice: DrillChoice, hunting: Hunting): Promise<Drilled> {
  const name = nameOfDrill(choice);
  hunting.tell(`control: ${name}`);
  const drills = await drillUntil("unchanged", choice, { ...hunting, drillsMax: controlsMax });
  const last = drills.at(-1) ?? nothing;
  hunting.tell(`  ${said(last)}`);
  return last;
}

const nothing: Drilled = { result: "unknown", reasons: ["no drill"], tookMs: 0, evidence: null };

async function loose(
  mutant: Mutant,
  controlled: Drilled | null,
  hunting: Hunting,
): Promise<Outcome> {
  const { breaks, claim, drillsMax = 1, name } = mutant;
  const controlPassed = controlled === null ? null : controlled.result === "pass";
  const known = { name, breaks, drill: nameOfDrill(mutant.drill), controlPassed };
  if (controlPassed === false) {
    const because = `its control did not pass: ${controlled?.reasons.join("; ") ?? ""}`;
    return { ...known, caught: false, because, drills: 0, tookMs: 0 };
  }
  hunting.tell(`mutant ${name}: ${breaks}`);
  const isSeen = ({ reasons, result }: Drilled): boolean =>
    result === "fail" && reasons.some((reason) => claim.test(reason));
  const drills = await drillUntil(mutant, mutant.drill, { ...hunting, drillsMax, isSeen });
  const last = drills.at(-1) ?? nothing;
  const caught = isSeen(last);
  const claimed = last.reasons.find((reason) => claim.test(reason));
  const because = caught && claimed !== undefined ? claimed : said(last);
  hunting.tell(`  ${caught ? "caught" : "NOT CAUGHT"}: ${because}`);
  const tookMs = drills.reduce((sum, each) => sum + each.tookMs, 0);
  return { ...known, caught, because, drills: drills.length, tookMs };
}

function said({ reasons, result }: Drilled): string {
  return [result, ...reasons].join("; ");
}

interface Drilling extends Hunting {
  readonly drillsMax: number;
  readonly isSeen?: (drilled: Drilled) => boolean;
}

/** Builds once and drills until it is seen. What is not as expected keeps its evidence. */
async function drillUntil(
  mutant: Mutant | "unchanged",
  choice: DrillChoice,
  { drillsMax, isSeen = isPass, repository, signal, tell }: Drilling,
): Promise<Drilled[]> {
  const workshop = openWorkshop(repository);
  const drills: Drilled[] = [];
  try {
    await build(workshop, mutant, signal);
    while (drills.length < drillsMax) {
      const drilled = await drill(workshop.folder, choice, signal);
      drills.push(drilled);
      if (isSeen(drilled)) break;
      const name = mutant === "unchanged" ? `control-${choice.scenario}` : mutant.name;
      keep(drilled, join(repository, ".switchback", "mutants", `${name}-${drills.length}`));
      if (drills.length < drillsMax) tell(`  not as expected (${said(drilled)}), once more`);
    }
    return drills;
  } finally {
    workshop.remove();
  }
}

function isPass({ result }: Drilled): boolean {
  return result === "pass";
}

function keep({ evidence }: Drilled, folder: string): void {
  if (evidence === null) return;
  rmSync(folder, { recursive: true, force: true });
  cpSync(evidence, folder, { recursive: true });
}
