//! Parsers of condition, update and projection expressions: recursive descent over the tokens,
//! AND before OR, NOT before both. Trees are kept, since callers repeat a handful of texts.

import { ExpressionReader } from "./reader.ts";
import { invalidExpression, type ExpressionKind } from "./refusals.ts";
import type { Comparator, Condition, ConditionFunction, Operand, Parsed } from "./syntax.ts";
import type { Path, SetValue, UpdateAction } from "./syntax.ts";

export const parseCondition = remembered((kind, text) => {
  const reader = new ExpressionReader(kind, text);
  return reader.finish(readOr(reader));
});

export const parseUpdate = remembered((kind, text) => {
  const reader = new ExpressionReader(kind, text);
  return reader.finish(readSections(reader));
});

export const parseProjection = remembered((kind, text): Parsed<readonly Path[]> => {
  const reader = new ExpressionReader(kind, text);
  return reader.finish(reader.commaSeparated(() => reader.path()));
});

const rememberedMax = 500;

function remembered<Tree>(
  parse: (kind: ExpressionKind, text: string) => Parsed<Tree>,
): (kind: ExpressionKind, text: string) => Parsed<Tree> {
  const known = new Map<string, Parsed<Tree>>();
  return (kind, text) => {
    const key = `${kind} ${text}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const parsed = parse(kind, text);
    if (known.size >= rememberedMax) known.clear();
    known.set(key, parsed);
    return parsed;
  };
}

function readOr(reader: ExpressionReader): Condition {
  let left = readAnd(reader);
  while (reader.take("OR")) left = { kind: "or", left, right: readAnd(reader) };
  return left;
}

function readAnd(reader: ExpressionReader): Condition {
  let left = readNot(reader);
  while (reader.take("AND")) left = { kind: "and", left, right: readNot(reader) };
  return left;
}

function readNot(reader: ExpressionReader): Condition {
  if (!reader.take("NOT")) return readPrimary(reader);
  return { kind: "not", inner: reader.nested(() => readNot(reader)) };
}

function readPrimary(reader: ExpressionReader): Condition {
  if (reader.take("(")) {
    const inner = reader.nested(() => readOr(reader));
    reader.expect(")");
    return inner;
  }
  const name = functionAhead(reader);
  if (name !== undefined && name !== "size") return readFunction(reader, name);
  const operand = readOperand(reader);
  if (reader.take("BETWEEN")) {
    const lower = readOperand(reader);
    reader.expect("AND");
    return { kind: "between", operand, lower, upper: readOperand(reader) };
  }
  if (reader.take("IN")) {
    const options = inParentheses(reader, () => reader.commaSeparated(() => readOperand(reader)));
    return { kind: "in", operand, options };
  }
  const comparator = readComparator(reader);
  return { kind: "compare", comparator, left: operand, right: readOperand(reader) };
}

const comparators: ReadonlySet<string> = new Set(["=", "<>", "<", "<=", ">", ">="]);

function readComparator(reader: ExpressionReader): Comparator {
  const { text } = reader.peek();
  if (!comparators.has(text)) throw reader.syntaxError();
  return reader.next().text as Comparator;
}

function readOperand(reader: ExpressionReader): Operand {
  if (reader.peek().kind === ":value") return { kind: "value", name: reader.valuePlaceholder() };
  const name = functionAhead(reader);
  if (name === undefined) return { kind: "path", path: reader.path() };
  if (name !== "size") {
    throw invalidExpression(
      reader.kind,
      `The function is not allowed to be used this way in an expression; function: ${name}`,
    );
  }
  reader.next();
  return {
    kind: "size",
    of: inParentheses(reader, () => reader.nested(() => readOperand(reader))),
  };
}

/** Name of the function that starts here: a name with a parenthesis behind it. */
function functionAhead(reader: ExpressionReader): string | undefined {
  const token = reader.peek();
  const after = reader.peek(1);
  return token.kind === "name" && after.kind === "symbol" && after.text === "("
    ? token.text
    : undefined;
}

const operandCounts: Readonly<Record<ConditionFunction, number>> = {
  attribute_exists: 1,
  attribute_not_exists: 1,
  attribute_type: 2,
  begins_with: 2,
  contains: 2,
};

function readFunction(reader: ExpressionReader, name: string): Condition {
  if (!isConditionFunction(name)) {
    throw invalidExpression(reader.kind, `Invalid function name; function: ${name}`);
  }
  reader.next();
  const operands = inParentheses(reader, () => reader.commaSeparated(() => readOperand(reader)));
  if (operands.length !== operandCounts[name]) throw wrongCount(reader, name, operands.length);
  if (operandCounts[name] === 1 && operands[0]?.kind !== "path") {
    throw invalidExpression(
      reader.kind,
      `Operator or function requires a document path; operator or function: ${name}`,
    );
  }
  return { kind: "function", name, operands };
}

function isConditionFunction(name: string): name is ConditionFunction {
  return Object.hasOwn(operandCounts, name);
}

function inParentheses<T>(reader: ExpressionReader, read: () => T): T {
  reader.expect("(");
  const inner = read();
  reader.expect(")");
  return inner;
}

const sections = ["SET", "REMOVE", "ADD", "DELETE"] as const;
type Section = (typeof sections)[number];

function readSections(reader: ExpressionReader): readonly UpdateAction[] {
  const actions: UpdateAction[] = [];
  const seen = new Set<Section>();
  while (reader.peek().kind !== "end") {
    const section = sections.find((name) => reader.take(name));
    if (section === undefined) throw reader.syntaxError();
    if (seen.has(section)) {
      throw invalidExpression(
        reader.kind,
        `The "${section}" section can only be used once in an update expression;`,
      );
    }
    seen.add(section);
    actions.push(...reader.commaSeparated(() => readAction(reader, section)));
  }
  return actions;
}

function readAction(reader: ExpressionReader, section: Section): UpdateAction {
  const path = reader.path();
  if (section === "REMOVE") return { kind: section, path };
  if (section === "SET") {
    reader.expect("=");
    return { kind: section, path, value: readSetValue(reader) };
  }
  return { kind: section, path, value: reader.valuePlaceholder() };
}

function readSetValue(reader: ExpressionReader): SetValue {
  const left = readSetTerm(reader);
  const operator = (["+", "-"] as const).find((symbol) => reader.take(symbol));
  if (operator === undefined) return left;
  return { kind: "arithmetic", operator, left, right: readSetTerm(reader) };
}

function readSetTerm(reader: ExpressionReader): SetValue {
  if (reader.take("(")) {
    const inner = reader.nested(() => readSetValue(reader));
    reader.expect(")");
    return inner;
  }
  if (reader.peek().kind === ":value") return { kind: "value", name: reader.valuePlaceholder() };
  const name = functionAhead(reader);
  if (name === undefined) return { kind: "path", path: reader.path() };
  if (name !== "if_not_exists" && name !== "list_append") {
    throw invalidExpression(reader.kind, `Invalid function name; function: ${name}`);
  }
  reader.next();
  const operands = inParentheses(reader, () =>
    reader.nested(() => reader.commaSeparated(() => readSetTerm(reader))),
  );
  return setFunction(reader, name, operands);
}

function setFunction(
  reader: ExpressionReader,
  name: "if_not_exists" | "list_append",
  operands: readonly SetValue[],
): SetValue {
  const [first, second] = operands;
  if (first === undefined || second === undefined || operands.length > 2) {
    throw wrongCount(reader, name, operands.length);
  }
  if (name === "list_append") return { kind: name, left: first, right: second };
  if (first.kind !== "path") {
    throw invalidExpression(
      reader.kind,
      `Operator or function requires a document path; operator or function: ${name}`,
    );
  }
  return { kind: name, path: first.path, otherwise: second };
}

function wrongCount(reader: ExpressionReader, name: string, count: number): Error {
  return invalidExpression(
    reader.kind,
    "Incorrect number of operands for operator or function; " +
      `operator or function: ${name}, number of operands: ${count}`,
  );
}
