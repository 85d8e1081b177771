//! Draws what a drill left: `timeline.svg` and `report.html` beside the rest of the evidence. A
//! picture that cannot be drawn never costs the report: the page then says why.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readEvidence } from "./evidence.ts";
import { renderPicturePage } from "./page.ts";
import { escapeText } from "./svg.ts";
import { renderTimelineSvg } from "./timeline.ts";

export function drawEvidence(folder: string): void {
  try {
    const input = readEvidence(folder);
    if (input === null) throw new Error("there is no report.json");
    writeFileSync(join(folder, "timeline.svg"), renderTimelineSvg(input));
    // Read once more: the page lists the picture among the files.
    writeFileSync(join(folder, "report.html"), renderPicturePage(readEvidence(folder) ?? input));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const text = `The picture of this drill could not be drawn: ${reason}. See report.md.`;
    writeFileSync(
      join(folder, "report.html"),
      `<!doctype html><meta charset="utf-8"><title>drill</title><p>${escapeText(text)}</p>\n`,
    );
  }
}
