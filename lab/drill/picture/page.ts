//! The report as one HTML file: no network, no script, everything that an auditor asks first on top.
//! What it shows is what the evidence says; what is missing there is `unknown` here. Pure.

import { claimsOf } from "./claims.ts";
import type { PictureInput } from "./evidence.ts";
import { joinMarkup, markupOf, table, tag, type Content, type Markup } from "./html.ts";
import { pageCss } from "./page-style.ts";
import { causeSection, fileSection, lostSection, originSection, phaseSection } from "./sections.ts";
import { measuresSection } from "./measures.ts";
import { pictureSection } from "./picture-section.ts";
import { planSection } from "./plan-section.ts";
import { escapeText } from "./svg.ts";
import { colourCss, pictureCss } from "./theme.ts";

/** Nothing may be fetched and nothing may run, whatever a name in the evidence contains. */
const policy = "default-src 'none'; style-src 'unsafe-inline'";

export function renderPicturePage(input: PictureInput): string {
  const { report } = input;
  const title = `${report.scenario}: ${report.result}`;
  const body = tag(
    "main",
    "",
    headSection(input),
    measuresSection(input),
    pictureSection(input),
    phaseSection(input),
    lostSection(input),
    causeSection(input),
    planSection(input),
    claimSection(input),
    originSection(input),
    fileSection(input),
  );
  return [
    "<!doctype html>",
    '<html lang="en">',
    "<head>",
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeText(title)}</title>`,
    `<style>${colourCss}${pageCss}${pictureCss}</style>`,
    "</head>",
    `<body>${markupOf(body)}</body>`,
    "</html>",
    "",
  ].join("\n");
}

const resultSentences: Readonly<Record<string, string>> = {
  pass: "Everything that was promised was measured, and is as promised.",
  fail: "Something was measured and is not as promised:",
  unknown: "Nothing that was measured is wrong, but something could not be measured:",
};

/** The verdict first, then why, then what was drilled. */
function headSection({ report, description }: PictureInput): Markup {
  const reasons = report.reasons ?? [];
  const list = reasons.map((reason) => tag("li", "", reason));
  return joinMarkup([
    tag("p", "overline", `Drill ${report.scenario} · seed ${report.seed} · ${report.startedAt}`),
    tag("h1", "", report.title ?? report.scenario),
    tag(
      "div",
      `result ${report.result}`,
      tag("strong", "", report.result.toUpperCase()),
      tag("p", "", resultSentences[report.result] ?? ""),
      reasons.length === 0 ? "" : tag("ul", "", ...list),
    ),
    description === null ? "" : tag("p", "", description),
  ]);
}

function claimSection(input: PictureInput): Markup {
  const claims = claimsOf(input);
  const rows = claims.map(({ claim, measured, limit, verdict }): Content[] => [
    claim,
    measured,
    limit,
    tag("span", `verdict ${verdict}`, verdict),
  ]);
  return joinMarkup([
    tag("h2", "", "What the checker claims, one by one"),
    tag(
      "p",
      "quiet",
      "From checker.json, which was computed from the ledger of requests and from the databases. " +
        "The operators had no part in it.",
    ),
    claims.length === 0
      ? tag("p", "", "Unknown: the checker came to no verdict.")
      : table({
          head: ["Claim", "Measured", "Limit", "Verdict"],
          rows,
          figures: [1, 2],
          isShort: true,
        }),
  ]);
}
