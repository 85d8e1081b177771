//! HTML as strings. Plain strings are text and always escaped; only what was made here is markup.

import { escapeText } from "./svg.ts";

export interface Markup {
  readonly markup: string;
}

export type Content = string | Markup;

export function markupOf(content: Content): string {
  return typeof content === "string" ? escapeText(content) : content.markup;
}

export function tag(name: string, className: string, ...contents: readonly Content[]): Markup {
  const written = className === "" ? "" : ` class="${escapeText(className)}"`;
  return { markup: `<${name}${written}>${contents.map(markupOf).join("")}</${name}>` };
}

export function joinMarkup(contents: readonly Content[], between = ""): Markup {
  return { markup: contents.map(markupOf).join(between) };
}

export interface TableProps {
  readonly caption?: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly Content[])[];
  /** Columns of figures, which stand to the right. */
  readonly figures?: readonly number[];
  /** Not wider than its words need. @default as wide as the page */
  readonly isShort?: boolean;
  /** @default as long as it is */
  readonly rowsMax?: number;
  /** Where the rest can be read. */
  readonly restIn?: string;
}

/** The first column names its row. A table without rows says so. */
export function table(props: TableProps): Markup {
  const { caption, head, rows, figures = [], rowsMax = Infinity, restIn = "the evidence" } = props;
  const classOf = (column: number): string => (figures.includes(column) ? "figure" : "");
  const line = (cells: readonly Content[]): Markup =>
    tag(
      "tr",
      "",
      ...cells.map((cell, i) =>
        i === 0 ? headCell("row", cell, classOf(i)) : tag("td", classOf(i), cell),
      ),
    );
  const more = rows.length - rowsMax;
  const rest = more > 0 ? tag("p", "quiet", `and ${more} more in ${restIn}`) : "";
  const titles = head.map((title, i) => headCell("col", title, classOf(i)));
  const grid = tag(
    "table",
    props.isShort === true ? "short" : "",
    caption === undefined ? "" : tag("caption", "", caption),
    tag("thead", "", tag("tr", "", ...titles)),
    tag("tbody", "", ...rows.slice(0, rowsMax).map(line)),
  );
  return joinMarkup([scrollable(grid, caption ?? head.join(", ")), rest]);
}

function headCell(scope: "row" | "col", content: Content, className: string): Markup {
  const written = className === "" ? "" : ` class="${className}"`;
  return { markup: `<th scope="${scope}"${written}>${markupOf(content)}</th>` };
}

/** What is too wide for a small screen scrolls by itself, also with the keyboard. */
export function scrollable(content: Content, label: string): Markup {
  const attributes = `class="scroll" role="region" tabindex="0" aria-label="${escapeText(label)}"`;
  return { markup: `<div ${attributes}>${markupOf(content)}</div>` };
}
