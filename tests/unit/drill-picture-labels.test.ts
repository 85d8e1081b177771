//! Goal: words in the picture never lie over other words and never leave the picture.
//! Method: places for many labels, also random ones, and what their boxes have in common.

import { array, assert, constantFrom, double, property, record, string } from "fast-check";
import {
  fitText,
  packLabels,
  placeBeside,
  textWidth,
  type PackedLabel,
} from "../../lab/drill/picture/labels.ts";
import { scaleOf, ticksOf } from "../../lab/drill/picture/scale.ts";

const size = 12;
const bounds = { from: 100, to: 900 };

function boxOf({ text, x, anchor }: Pick<PackedLabel, "text" | "x" | "anchor">) {
  const width = textWidth(text, size);
  return anchor === "end" ? { from: x - width, to: x } : { from: x, to: x + width };
}

describe("labels on poles", () => {
  const labels = array(
    record({
      text: string({ minLength: 1, maxLength: 60 }),
      x: double({ min: bounds.from, max: bounds.to, noNaN: true }),
      reach: constantFrom(0, 8),
    }),
    { maxLength: 14 },
  );

  test("never lie over each other, wherever they stand", () => {
    assert(
      property(labels, (all) => {
        const packed = packLabels(all, bounds, size).filter(({ text }) => text !== "");
        const over = packed.flatMap((a, i) =>
          packed.slice(i + 1).filter((b) => {
            const [first, second] = [boxOf(a), boxOf(b)];
            return a.row === b.row && first.from < second.to && second.from < first.to;
          }),
        );
        expect(over).toEqual([]);
      }),
    );
  });

  test("stay within the plot", () => {
    assert(
      property(labels, (all) => {
        for (const label of packLabels(all, bounds, size)) {
          const { from, to } = boxOf(label);
          if (label.text === "") continue;
          expect(from).toBeGreaterThanOrEqual(bounds.from - 0.001);
          expect(to).toBeLessThanOrEqual(bounds.to + 0.001);
        }
      }),
    );
  });

  test("of the same moment each get a row, in the order in which they were given", () => {
    const same = ["one", "two", "three"].map((text) => ({ text, x: 895 }));
    const packed = packLabels(same, bounds, size);
    expect(packed.map(({ text }) => text)).toEqual(["one", "two", "three"]);
    expect(new Set(packed.map(({ row }) => row)).size).toBe(3);
  });

  test("far from each other share one row", () => {
    const packed = packLabels(
      [120, 400, 700].map((x) => ({ text: "a label", x })),
      bounds,
      size,
    );
    expect(packed.map(({ row }) => row)).toEqual([0, 0, 0]);
  });
});

function beside(from: number, to: number, inside: boolean) {
  return placeBeside("120 ms and more", { from, to }, bounds, { size, inside });
}

describe("a label beside what it names", () => {
  test("stands inside if it may and fits, else to the right, else to the left", () => {
    expect(beside(200, 500, true)).toMatchObject({ inside: true, anchor: "start" });
    expect(beside(200, 500, false)).toMatchObject({ inside: false, anchor: "start", x: 505 });
    expect(beside(800, 890, false)).toMatchObject({ inside: false, anchor: "end", x: 795 });
  });

  test("is cut, with an ellipsis, where there is no room for it at all", () => {
    const narrow = { from: 100, to: 160 };
    const cut = placeBeside("120 ms and more", narrow, narrow, { size, inside: false });
    expect(cut.text).toMatch(/^1.*…$/);
    expect(textWidth(cut.text, size)).toBeLessThanOrEqual(60);
  });
});

test("a text is kept whole if it fits, and left out rather than cut to a letter", () => {
  expect(fitText("lease", 100, size)).toBe("lease");
  expect(fitText("promote-database", 60, size)).toMatch(/^promo.*…$/);
  expect(fitText("promote-database", 14, size)).toBe("");
});

test("ticks stand at round distances from zero, within the axis", () => {
  const scale = scaleOf({ fromMs: 7_100, toMs: 16_400 }, 158, 990);
  const ticks = ticksOf(scale, 10_000);
  expect(ticks.map(({ label }) => label)).toEqual([
    "−2 s",
    "−1 s",
    "0 s",
    "1 s",
    "2 s",
    "3 s",
    "4 s",
    "5 s",
    "6 s",
  ]);
  expect(ticks.map(({ atMs }) => atMs - 10_000)).toEqual([
    -2_000, -1_000, 0, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000,
  ]);
});

test("a very long axis has a few ticks, not thousands", () => {
  const scale = scaleOf({ fromMs: 0, toMs: 20 * 3_600_000 }, 158, 990);
  expect(ticksOf(scale, 0).length).toBeLessThan(20);
});

test("a moment outside of the axis is drawn at its end", () => {
  const scale = scaleOf({ fromMs: 0, toMs: 1_000 }, 100, 300);
  expect([scale.x(-50), scale.x(500), scale.x(2_000)]).toEqual([100, 200, 300]);
});
