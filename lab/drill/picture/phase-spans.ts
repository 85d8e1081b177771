//! Where the time went between the main fault and the recovery, as spans that follow each other.

import { phaseNames, type PhaseName } from "../phases.ts";
import type { PictureInput } from "./evidence.ts";
import type { Span, Tone } from "./picture.ts";

const tones: Readonly<Record<PhaseName, Tone>> = {
  detect: "phase-1",
  lease: "phase-2",
  promote: "phase-3",
  grant: "phase-4",
  dns: "phase-5",
};

export const phaseSentences: Readonly<Record<PhaseName, string>> = {
  detect: "until the other region first suspected",
  lease: "until it held the lease",
  promote: "until its database was promoted",
  grant: "until it might write",
  dns: "until users wrote again, through DNS",
};

/** From the fault on, as far as they are known one after another. */
export function phaseSpans({ report, checker }: PictureInput): Span[] {
  let fromMs = checker?.faultAtMs ?? null;
  if (fromMs === null) return [];
  const spans: Span[] = [];
  for (const name of phaseNames) {
    const ms: number | null = report.phases?.[`${name}Ms`] ?? null;
    if (ms === null) break;
    const told = `${name}: ${phaseSentences[name]}`;
    spans.push({ fromMs, toMs: fromMs + ms, tone: tones[name], label: name, told });
    fromMs += ms;
  }
  return spans;
}
