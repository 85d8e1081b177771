//! HTML in which every value is escaped unless it is HTML already.
//! The tag `html` is the only way to make such a value, so nothing unescaped can slip in.

export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Insert = string | number | Html | readonly Html[];

export function html(parts: TemplateStringsArray, ...inserts: readonly Insert[]): Html {
  return new Html(String.raw({ raw: parts }, ...inserts.map(textOf)));
}

/** For our own style and script, which contain what escaping would break. Never for input. */
export function verbatim(text: string): Html {
  return new Html(text);
}

function textOf(insert: Insert): string {
  if (insert instanceof Html) return insert.text;
  if (typeof insert === "string" || typeof insert === "number") return escape(String(insert));
  return insert.map(({ text }) => text).join("");
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
