//! Expressions cut into tokens. Keywords are found in any case; everything else keeps its spelling.

import { invalidExpression, type ExpressionKind } from "./refusals.ts";

export type TokenKind = "name" | "#name" | ":value" | "number" | "symbol" | "keyword" | "end";

export interface Token {
  readonly kind: TokenKind;
  /** Keywords are in upper case here. */
  readonly text: string;
  readonly start: number;
}

const keywords: ReadonlySet<string> = new Set([
  "AND",
  "OR",
  "NOT",
  "BETWEEN",
  "IN",
  "SET",
  "REMOVE",
  "ADD",
  "DELETE",
]);

const lexeme = new RegExp(
  [
    /(?<name>[A-Za-z_][A-Za-z0-9_]*)/,
    /(?<alias>#[A-Za-z0-9_]+)/,
    /(?<value>:[A-Za-z0-9_]+)/,
    /(?<number>\d+)/,
    /(?<symbol><>|<=|>=|[=<>(),.[\]+-])/,
  ]
    .map(({ source }) => `\\s*${source}`)
    .join("|"),
  "y",
);

export function tokenize(kind: ExpressionKind, text: string): readonly Token[] {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  lexeme.lastIndex = 0;
  let offset = 0;
  while (offset < end) {
    const found = lexeme.exec(text);
    if (found === null) {
      const at = text.slice(offset).trimStart();
      throw syntaxError(kind, text, { text: at.charAt(0), start: text.length - at.length });
    }
    offset = lexeme.lastIndex;
    tokens.push(tokenOf(found.groups ?? {}, offset));
  }
  return [...tokens, { kind: "end", text: "<EOF>", start: text.length }];
}

export function syntaxError(
  kind: ExpressionKind,
  source: string,
  { text, start }: Pick<Token, "text" | "start">,
): Error {
  const near = source.slice(Math.max(0, start - 8), start + text.length + 8).trim();
  return invalidExpression(kind, `Syntax error; token: "${text}", near: "${near}"`);
}

const groupKinds: Readonly<Record<string, TokenKind>> = {
  name: "name",
  alias: "#name",
  value: ":value",
  number: "number",
  symbol: "symbol",
};

function tokenOf(groups: Readonly<Record<string, string | undefined>>, end: number): Token {
  const [group, text = ""] = Object.entries(groups).find(([, found]) => found !== undefined) ?? [];
  const kind = groupKinds[group ?? ""] ?? "symbol";
  const start = end - text.length;
  const upper = text.toUpperCase();
  return kind === "name" && keywords.has(upper)
    ? { kind: "keyword", text: upper, start }
    : { kind, text, start };
}
