//! Goal: whatever a drill left, the picture is well-formed, keeps within its view box, and no words
//! lie over other words. Method: draw full, partial, empty and hostile evidence, in both widths, and
//! read the SVG back with a strict reader of its own.

import { drawnTexts, numbersOutside, readXml, type XmlElement } from "./drill-picture-xml.ts";
import type { PictureInput } from "../../lab/drill/picture/evidence.ts";
import { tenths } from "../../lab/drill/picture/shapes.ts";
import { element, escapeText } from "../../lab/drill/picture/svg.ts";
import { narrowWidth, renderTimelineSvg } from "../../lab/drill/picture/timeline.ts";
import { east, faultAtMs, ledgerOf } from "./drill-evidence.ts";
import { lossInput } from "./drill-picture-evidence.ts";
import { failbackInput } from "./drill-picture-failback.ts";

const hostile = `</text><script>alert("1")</script> & 'quotes' \u0000\u0008 \ud800 ]]>`;

function hostileInput(): PictureInput {
  const input = failbackInput();
  return {
    ...input,
    report: { ...input.report, scenario: hostile, reasons: [hostile] },
    faults: input.faults.map((fault) => ({ ...fault, text: hostile })),
    commands: input.commands.map((command) => ({ ...command, text: hostile })),
    holds: input.holds.map((hold) => ({ ...hold, region: east, because: [hostile] })),
  };
}

function emptyInput(): PictureInput {
  const input = lossInput();
  return {
    ...input,
    report: { ...input.report, from: null, to: null, lostRows: null, lost: [], rtoMs: null },
    checker: null,
    faults: [],
    journals: {},
    ledger: null,
  };
}

const inputs: Readonly<Record<string, () => PictureInput>> = {
  "a region loss": () => lossInput(),
  "a way back with three plans": failbackInput,
  "evidence with markup in every text": hostileInput,
  "no fault": () => lossInput({ faults: [] }),
  "no journal": () => lossInput({ journals: { [east]: null } }),
  "no requests": () => lossInput({ ledger: ledgerOf([], { end: null, start: null }) }),
  "no checker and no ledger": () => lossInput({ checker: null, ledger: null }),
  "nothing at all": emptyInput,
};

const widths = [undefined, narrowWidth, 1_400];
const cases = Object.entries(inputs).flatMap(([name, input]) =>
  widths.map((width) => ({ name, width, input })),
);

function draw(input: PictureInput, width?: number): XmlElement {
  return readXml(renderTimelineSvg(input, width === undefined ? {} : { width }));
}

describe.each(cases)("the picture of $name, $width wide", ({ input, width }) => {
  test("is well-formed, without a script and without a number that is none", () => {
    const text = renderTimelineSvg(input(), width === undefined ? {} : { width });
    expect(() => readXml(text)).not.toThrow();
    expect(text).not.toMatch(/NaN|Infinity|undefined|<script/);
  });

  test("keeps within its view box", () => {
    expect(numbersOutside(draw(input(), width))).toEqual([]);
  });

  test("lays no words over other words", () => {
    const texts = drawnTexts(draw(input(), width));
    const over = texts.flatMap((a, i) =>
      texts
        .slice(i + 1)
        .filter((b) => a.from < b.to && b.from < a.to && a.top < b.bottom && b.top < a.bottom)
        .map((b) => `${a.text} | ${b.text}`),
    );
    expect(over).toEqual([]);
  });
});

test("a picture says what it is to who cannot see it", () => {
  const svg = draw(lossInput());
  expect(svg.attributes).toMatchObject({
    role: "img",
    "aria-labelledby": "drill-title drill-desc",
  });
  const [title, desc] = svg.children;
  expect([title?.name, title?.text]).toEqual(["title", "Time line of the drill region-loss"]);
  expect(desc?.text).toContain("Users could not write for");
});

test("the picture has a row for whatever there is to say, and the longest gap in words", () => {
  const texts = drawnTexts(draw(failbackInput())).map(({ text }) => text);
  const rows = ["faults", "commands", "serving", "writable", "lease", "hold", "phases"];
  expect(texts).toEqual(expect.arrayContaining([...rows, "protect-2", "create-replica"]));
  expect(texts).toContain("longest gap 3.00 s");
  expect(texts).toContain("lost rows: 2");
});

test("failed requests are hatched, with a pattern that is there", () => {
  const text = renderTimelineSvg(lossInput(), { idPrefix: "a-" });
  expect(text).toContain('<pattern id="a-hatch"');
  expect(renderTimelineSvg(failbackInput(), { idPrefix: "a-" })).toContain('fill="url(#a-hatch)"');
});

test("no text is smaller than 11 pixels", () => {
  const sizes = [...renderTimelineSvg(lossInput()).matchAll(/font-size: (\d+)px/g)].map(([, n]) =>
    Number(n),
  );
  expect(Math.min(...sizes)).toBeGreaterThanOrEqual(11);
});

test("the same evidence makes the same picture", () => {
  expect(renderTimelineSvg(failbackInput())).toBe(renderTimelineSvg(failbackInput()));
});

test("a close-up shows only its own stretch", () => {
  const window = { fromMs: faultAtMs - 500, toMs: faultAtMs + 4_000 };
  const svg = readXml(renderTimelineSvg(failbackInput(), { window }));
  const texts = drawnTexts(svg).map(({ text }) => text);
  expect(texts).toContain("failover-2");
  expect(texts).not.toContain("switchover-3");
  expect(numbersOutside(svg)).toEqual([]);
});

test("text is escaped, and what XML cannot hold is replaced", () => {
  expect(escapeText(`<a href="x">&'</a>\u0000\ud800`)).toBe(
    "&lt;a href=&quot;x&quot;&gt;&amp;&#39;&lt;/a&gt;\u{FFFD}\u{FFFD}",
  );
  expect(element("a", { title: '"><b>' })).toBe('<a title="&quot;&gt;&lt;b&gt;"/>');
});

test("a number that is none makes no picture", () => {
  expect(() => element("rect", { x: Number.NaN })).toThrow("x of the picture");
  expect(() => tenths(Number.POSITIVE_INFINITY)).toThrow("a place in the picture");
});
