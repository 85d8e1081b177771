//! The picture on the page: for wide screens, for narrow ones, and close up where a long drill makes
//! the moments that matter small. Pure.

import type { PictureInput } from "./evidence.ts";
import { joinMarkup, markupOf, scrollable, tag, type Markup } from "./html.ts";
import { pictureOf, type Extent } from "./picture.ts";
import { tableOfEverything } from "./table-of-everything.ts";
import { narrowWidth, renderTimelineSvg } from "./timeline.ts";

const rightAfterMs = 1_500;
const rightBeforeMs = 500;
/** A close-up that shows nearly everything shows nothing new. */
const closerMin = 4;

export function pictureSection(input: PictureInput): Markup {
  const picture = pictureOf(input, { buckets: 120, window: undefined });
  const window = closeUpOf(input, picture);
  const caption =
    "Seconds from " +
    `${picture.zeroLabel}. Serving, writable and requests are what the load saw; lease and plans are ` +
    "the operators' own account. Point at anything to read it.";
  return joinMarkup([
    tag("h2", "", "Time line"),
    tag("figure", "", bothWidths(input, undefined, "drill"), tag("figcaption", "", caption)),
    ...(window === null
      ? []
      : [tag("h3", "", "Close up"), tag("figure", "", bothWidths(input, window, "close"))]),
    details("The same as tables", tableOfEverything(picture)),
  ]);
}

function bothWidths(input: PictureInput, window: Extent | undefined, name: string): Markup {
  const cut = window === undefined ? {} : { window };
  const draw = (width: "wide" | "narrow"): Markup => ({
    markup: renderTimelineSvg(input, {
      ...cut,
      ...(width === "narrow" ? { width: narrowWidth } : {}),
      idPrefix: `${name}-${width}-`,
      embedded: true,
    }),
  });
  return joinMarkup([
    tag("div", "wide", scrollable(draw("wide"), "Time line")),
    tag("div", "narrow", draw("narrow")),
  ]);
}

/** From zero to when users write again, with a little around it. */
export function closeUpOf({ checker }: PictureInput, whole: Extent): Extent | null {
  const { faultAtMs = null, recoveredAtMs = null } = checker ?? {};
  if (faultAtMs === null || recoveredAtMs === null) return null;
  const window = {
    fromMs: Math.max(whole.fromMs, faultAtMs - rightBeforeMs),
    toMs: Math.min(whole.toMs, recoveredAtMs + rightAfterMs),
  };
  const isCloser = (whole.toMs - whole.fromMs) / (window.toMs - window.fromMs) >= closerMin;
  return isCloser ? window : null;
}

function details(title: string, content: Markup): Markup {
  return { markup: `<details>${markupOf(tag("summary", "", title))}${content.markup}</details>` };
}
