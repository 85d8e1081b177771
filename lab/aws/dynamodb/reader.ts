//! A cursor over the tokens of one expression, with the parts that all expressions share:
//! document paths, value placeholders, and lists between commas.

import { invalidExpression, type ExpressionKind } from "./refusals.ts";
import { isReserved } from "./reserved.ts";
import type { Parsed, Path, PathStep } from "./syntax.ts";
import { syntaxError, tokenize, type Token } from "./tokens.ts";

const expressionBytesMax = 4_096;
const nestingMax = 100;

export class ExpressionReader {
  readonly kind: ExpressionKind;
  readonly #source: string;
  readonly #tokens: readonly Token[];
  readonly #names = new Set<string>();
  readonly #values = new Set<string>();
  #at = 0;
  #nesting = 0;

  constructor(kind: ExpressionKind, source: string) {
    if (source.trim() === "") throw invalidExpression(kind, "The expression can not be empty;");
    if (Buffer.byteLength(source) > expressionBytesMax) {
      throw invalidExpression(kind, "Expression size has exceeded the maximum allowed size;");
    }
    this.kind = kind;
    this.#source = source;
    this.#tokens = tokenize(kind, source);
  }

  /** The whole expression must be used up. */
  finish<Tree>(tree: Tree): Parsed<Tree> {
    if (this.peek().kind !== "end") throw this.syntaxError();
    return { tree, names: this.#names, values: this.#values };
  }

  peek(ahead = 0): Token {
    const token = this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)];
    if (token === undefined) throw new Error("an expression without tokens");
    return token;
  }

  /** Takes the next token if it is this symbol or keyword. */
  take(text: string): boolean {
    const token = this.peek();
    if ((token.kind !== "symbol" && token.kind !== "keyword") || token.text !== text) return false;
    this.#at += 1;
    return true;
  }

  expect(text: string): void {
    if (!this.take(text)) throw this.syntaxError();
  }

  next(): Token {
    const token = this.peek();
    this.#at += 1;
    return token;
  }

  /** Runs a part that may contain itself, and refuses what is nested too deeply. */
  nested<T>(read: () => T): T {
    this.#nesting += 1;
    if (this.#nesting > nestingMax) {
      throw invalidExpression(this.kind, "The expression contains too many nested parentheses;");
    }
    const result = read();
    this.#nesting -= 1;
    return result;
  }

  commaSeparated<T>(read: () => T): readonly T[] {
    const items = [read()];
    while (this.take(",")) items.push(read());
    return items;
  }

  path(): Path {
    const steps = [this.#nameStep()];
    for (;;) {
      if (this.take(".")) steps.push(this.#nameStep());
      else if (this.take("[")) steps.push(this.#indexStep());
      else return steps;
    }
  }

  valuePlaceholder(): string {
    const token = this.peek();
    if (token.kind !== ":value") throw this.syntaxError();
    this.#at += 1;
    this.#values.add(token.text);
    return token.text;
  }

  syntaxError(): Error {
    return syntaxError(this.kind, this.#source, this.peek());
  }

  #nameStep(): PathStep {
    const { kind, text } = this.peek();
    if (kind === "#name") {
      this.#at += 1;
      this.#names.add(text);
      return { kind: "placeholder", name: text };
    }
    if ((kind === "keyword" || kind === "name") && isReserved(text)) {
      throw invalidExpression(
        this.kind,
        `Attribute name is a reserved keyword; reserved keyword: ${text}`,
      );
    }
    if (kind !== "name") throw this.syntaxError();
    this.#at += 1;
    return { kind: "name", name: text };
  }

  #indexStep(): PathStep {
    const { kind, text } = this.peek();
    if (kind !== "number") throw this.syntaxError();
    this.#at += 1;
    this.expect("]");
    return { kind: "index", index: Number(text) };
  }
}
