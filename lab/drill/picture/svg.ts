//! SVG as strings, with every text escaped and every number checked: a picture is well-formed XML or
//! it is not made.

import { tenths } from "./shapes.ts";

export type Attributes = Readonly<Record<string, string | number | undefined>>;

export function element(name: string, attributes: Attributes, ...children: string[]): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${attributeText(key, value ?? "")}"`)
    .join("");
  const body = children.join("");
  return body === "" ? `<${name}${written}/>` : `<${name}${written}>${body}</${name}>`;
}

/** Text that may stand in XML and in HTML, in an element as in an attribute. */
export function escapeText(text: string): string {
  return (
    text
      // What XML 1.0 has no place for, not even escaped: most control characters, half a surrogate.
      .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, "\u{FFFD}")
      .replace(/&/g, "&amp;")
      .replace(/</g, "&lt;")
      .replace(/>/g, "&gt;")
      .replace(/"/g, "&quot;")
      .replace(/'/g, "&#39;")
  );
}

/** Shown by browsers beside the pointer, read out by screen readers. */
export function tooltip(text: string): string {
  return element("title", {}, escapeText(text));
}

export interface TextProps {
  readonly x: number;
  readonly y: number;
  readonly className: string;
  readonly anchor?: "start" | "middle" | "end";
}

export function textAt(text: string, { x, y, className, anchor }: TextProps): string {
  if (text === "") return "";
  const turned = anchor === undefined || anchor === "start" ? undefined : anchor;
  return element("text", { x, y, class: className, "text-anchor": turned }, escapeText(text));
}

function attributeText(key: string, value: string | number): string {
  if (typeof value === "string") return escapeText(value);
  if (!Number.isFinite(value)) throw new Error(`${key} of the picture is ${value}`);
  return tenths(value);
}
