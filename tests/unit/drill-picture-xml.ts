//! A strict reader of the XML that the picture is made of, and what its elements cover. It knows no
//! more than the picture uses, and throws at everything else.

import { textWidth } from "../../lab/drill/picture/labels.ts";

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  text: string;
}

const token = /<(\/?)([a-zA-Z][\w-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/y;

export function readXml(source: string): XmlElement {
  const root: XmlElement = { name: "", attributes: {}, children: [], text: "" };
  const open = [root];
  token.lastIndex = 0;
  while (token.lastIndex < source.length) {
    const at = token.lastIndex;
    const match = token.exec(source);
    if (match === null) throw new Error(`no XML at ${at}: ${source.slice(at, at + 60)}`);
    take(match, open);
  }
  const [svg] = root.children;
  if (open.length !== 1 || svg === undefined || root.children.length > 1) {
    throw new Error("not one element, or one that is not closed");
  }
  return svg;
}

function take([, closing, name = "", attributes = "", alone, text]: string[], open: XmlElement[]) {
  const inner = open.at(-1);
  if (inner === undefined) throw new Error("nothing is open");
  if (text !== undefined) inner.text += unescaped(text);
  else if (closing === "/") close(open, name);
  else {
    const child = { name, attributes: attributesIn(attributes), children: [], text: "" };
    inner.children.push(child);
    if (alone !== "/") open.push(child);
  }
}

function close(open: XmlElement[], name: string): void {
  const last = open.pop();
  if (last?.name !== name || open.length === 0) throw new Error(`</${name}> closes nothing`);
}

function attributesIn(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [, key = "", value = ""] of text.matchAll(/([\w:-]+)="([^"]*)"/g)) {
    if (Object.hasOwn(found, key)) throw new Error(`${key} twice`);
    found[key] = unescaped(value);
  }
  return found;
}

const entities: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#39;": "'",
};

function unescaped(text: string): string {
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f]|\p{Surrogate}/u.test(text)) {
    throw new Error("a character that XML has no place for");
  }
  return text.replace(/&[^;\s]*;?/g, (entity) => {
    const character = entities[entity];
    if (character === undefined) throw new Error(`${entity} is not escaped`);
    return character;
  });
}

export function everyElement(root: XmlElement): XmlElement[] {
  return [root, ...root.children.flatMap(everyElement)];
}

export interface DrawnText {
  readonly text: string;
  readonly from: number;
  readonly to: number;
  readonly top: number;
  readonly bottom: number;
}

export function drawnTexts(root: XmlElement): DrawnText[] {
  return everyElement(root)
    .filter(({ name }) => name === "text")
    .map(({ text, attributes }) => {
      const size = /tick|on-bar/.test(attributes["class"] ?? "") ? 11 : 12;
      const width = textWidth(text, size);
      const anchors: Readonly<Record<string, number>> = { middle: width / 2, end: width };
      const from = Number(attributes["x"]) - (anchors[attributes["text-anchor"] ?? ""] ?? 0);
      const y = Number(attributes["y"]);
      return { text, from, to: from + width, top: y - size * 0.75, bottom: y + 2 };
    });
}

/** What is drawn where nobody sees it: coordinates and words outside of the view box. */
export function numbersOutside(root: XmlElement): string[] {
  const [left = 0, top = 0, width = 0, height = 0] = (root.attributes["viewBox"] ?? "")
    .split(" ")
    .map(Number);
  const [right, bottom] = [left + width, top + height];
  const outside: string[] = [];
  const check = (what: string, x: number, y: number): void => {
    const isInside = x >= left - 0.1 && x <= right + 0.1 && y >= top - 0.1 && y <= bottom + 0.1;
    if (!isInside) outside.push(`${what} at ${x}, ${y}`);
  };
  for (const one of everyElement(root)) {
    for (const [x, y] of cornersOf(one)) check(one.name, x, y);
  }
  for (const text of drawnTexts(root)) {
    check(text.text, text.from, text.top);
    check(text.text, text.to, text.bottom);
  }
  return outside;
}

type Corner = readonly [number, number];

function cornersOf({ name, attributes }: XmlElement): Corner[] {
  const number = (key: string): number => Number(attributes[key] ?? 0);
  switch (name) {
    case "rect":
      return [
        [number("x"), number("y")],
        [number("x") + number("width"), number("y") + number("height")],
      ];
    case "line":
      return [
        [number("x1"), number("y1")],
        [number("x2"), number("y2")],
      ];
    case "path":
      return [...(attributes["d"] ?? "").matchAll(/[ML](-?[\d.]+) (-?[\d.]+)/g)].map(
        ([, x, y]): Corner => [Number(x), Number(y)],
      );
    default:
      return [];
  }
}
