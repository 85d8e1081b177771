//! Does an item meet a condition? An attribute that is not there makes every comparison false.

import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { attributeTypes, compareValues, setMembers, typeOf, valuesEqual } from "./attributes.ts";
import type { Item } from "./attributes.ts";
import { boundValue, resolvePath, type Bindings } from "./bindings.ts";
import { valueAt } from "./document.ts";
import { invalidExpression, type ExpressionKind } from "./refusals.ts";
import type { Comparator, Condition, ConditionFunction, Operand } from "./syntax.ts";

export interface ConditionSubject {
  readonly kind: ExpressionKind;
  readonly item: Item;
  readonly bindings: Bindings;
}

export function meets(condition: Condition, subject: ConditionSubject): boolean {
  switch (condition.kind) {
    case "or":
      return meets(condition.left, subject) || meets(condition.right, subject);
    case "and":
      return meets(condition.left, subject) && meets(condition.right, subject);
    case "not":
      return !meets(condition.inner, subject);
    case "compare":
      return compare(condition.comparator, [condition.left, condition.right], subject);
    case "between":
      return between(condition, subject);
    case "in":
      return condition.options.some((option) => compare("=", [condition.operand, option], subject));
    case "function":
      return functions[condition.name](condition.operands, subject);
    default:
      return condition satisfies never;
  }
}

/** Checks that need the values but no item; DynamoDB refuses these before it looks. */
export function assertCondition(condition: Condition, subject: ConditionSubject): void {
  switch (condition.kind) {
    case "or":
    case "and":
      assertCondition(condition.left, subject);
      assertCondition(condition.right, subject);
      return;
    case "not":
      assertCondition(condition.inner, subject);
      return;
    case "between":
      assertBounds(condition, subject);
      return;
    case "function":
      assertOperands(condition.name, condition.operands[1], subject);
      return;
    case "compare":
    case "in":
      return;
    default:
      condition satisfies never;
  }
}

type Operands = readonly Operand[];

const functions: Readonly<
  Record<ConditionFunction, (operands: Operands, subject: ConditionSubject) => boolean>
> = {
  attribute_exists: ([operand], subject) => read(operand, subject) !== undefined,
  attribute_not_exists: ([operand], subject) => read(operand, subject) === undefined,
  attribute_type: ([operand, type], subject) => {
    const value = read(operand, subject);
    return value !== undefined && typeOf(value) === read(type, subject)?.S;
  },
  begins_with: ([operand, prefix], subject) =>
    beginsWith(read(operand, subject), read(prefix, subject)),
  contains: ([operand, part], subject) => contains(read(operand, subject), read(part, subject)),
};

function compare(comparator: Comparator, sides: Operands, subject: ConditionSubject): boolean {
  const [left, right] = sides.map((side) => read(side, subject));
  if (left === undefined || right === undefined) return false;
  if (comparator === "=") return valuesEqual(left, right);
  if (comparator === "<>") return !valuesEqual(left, right);
  const order = compareValues(left, right);
  return order !== undefined && orders[comparator](order);
}

const orders: Readonly<Record<Exclude<Comparator, "=" | "<>">, (order: number) => boolean>> = {
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
};

type Between = Extract<Condition, { kind: "between" }>;

function between({ operand, lower, upper }: Between, subject: ConditionSubject): boolean {
  return compare(">=", [operand, lower], subject) && compare("<=", [operand, upper], subject);
}

function assertBounds({ lower, upper }: Between, { kind, bindings }: ConditionSubject): void {
  if (lower.kind !== "value" || upper.kind !== "value") return;
  const from = boundValue(bindings, lower.name);
  const to = boundValue(bindings, upper.name);
  const order = compareValues(from, to);
  if (order !== undefined && order <= 0) return;
  throw invalidExpression(
    kind,
    "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; " +
      `lower bound operand: AttributeValue: ${shown(from)}, ` +
      `upper bound operand: AttributeValue: ${shown(to)}`,
  );
}

function assertOperands(
  name: ConditionFunction,
  operand: Operand | undefined,
  { kind, bindings }: ConditionSubject,
): void {
  if (operand?.kind !== "value") return;
  const value = boundValue(bindings, operand.name);
  const type = typeOf(value);
  const allowed = name === "begins_with" ? ["S", "B"] : name === "attribute_type" ? ["S"] : [type];
  if (!allowed.includes(type)) {
    throw invalidExpression(
      kind,
      "Incorrect operand type for operator or function; " +
        `operator or function: ${name}, operand type: ${type}`,
    );
  }
  if (name === "attribute_type" && !attributeTypes.some((known) => known === value.S)) {
    const known = `{${attributeTypes.join(",")}}`;
    throw invalidExpression(
      kind,
      `Invalid attribute type name found; type: ${value.S}, valid types: ${known}`,
    );
  }
}

function read(operand: Operand | undefined, subject: ConditionSubject): AttributeValue | undefined {
  if (operand === undefined) return undefined;
  switch (operand.kind) {
    case "value":
      return boundValue(subject.bindings, operand.name);
    case "path":
      return valueAt(subject.item, resolvePath(operand.path, subject.bindings));
    case "size":
      return sizeOf(read(operand.of, subject));
    default:
      return operand satisfies never;
  }
}

function sizeOf(value: AttributeValue | undefined): AttributeValue | undefined {
  if (value === undefined) return undefined;
  if (value.S !== undefined) return { N: String(Buffer.byteLength(value.S)) };
  if (value.B !== undefined) return { N: String(value.B.length) };
  if (value.L !== undefined) return { N: String(value.L.length) };
  if (value.M !== undefined) return { N: String(Object.keys(value.M).length) };
  const members = setMembers(value).length;
  return members === 0 ? undefined : { N: String(members) };
}

function beginsWith(value?: AttributeValue, prefix?: AttributeValue): boolean {
  if (value?.S !== undefined && prefix?.S !== undefined) return value.S.startsWith(prefix.S);
  if (value?.B === undefined || prefix?.B === undefined) return false;
  return Buffer.compare(value.B.subarray(0, prefix.B.length), prefix.B) === 0;
}

function contains(value?: AttributeValue, part?: AttributeValue): boolean {
  if (value === undefined || part === undefined) return false;
  if (value.S !== undefined) return part.S !== undefined && value.S.includes(part.S);
  if (value.L !== undefined) return value.L.some((item) => valuesEqual(item, part));
  if (value.B !== undefined)
    return part.B !== undefined && Buffer.from(value.B).includes(Buffer.from(part.B));
  const wanted = memberText(typeOf(value), part);
  return wanted !== undefined && setMembers(value).includes(wanted);
}

/** A single value as a member of a set of that type, or `undefined` when it cannot be one. */
function memberText(setType: string, part: AttributeValue): string | undefined {
  if (setType === "SS") return part.S;
  if (setType === "NS") return part.N;
  if (setType === "BS" && part.B !== undefined) return Buffer.from(part.B).toString("base64");
  return undefined;
}

function shown(value: AttributeValue): string {
  const type = typeOf(value);
  return `{${type}:${value.S ?? value.N ?? "…"}}`;
}
