//! What an update expression makes of an item. Every right side reads the item as it was before.

import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { setMembers, typeOf, type Item } from "./attributes.ts";
import { boundValue, resolvePath, type Bindings } from "./bindings.ts";
import { addNumbers, subtractNumbers } from "./decimal.ts";
import { valueAt, withoutValue, withValue, type ResolvedPath } from "./document.ts";
import { invalid, invalidExpression, invalidParameter } from "./refusals.ts";
import type { SetValue, UpdateAction } from "./syntax.ts";

export function applyUpdate(
  actions: readonly UpdateAction[],
  before: Item,
  bindings: Bindings,
): Item {
  let item = before;
  for (const action of removesLast(actions, bindings)) {
    const path = resolvePath(action.path, bindings);
    if (action.kind === "REMOVE") item = withoutValue(item, path);
    else if (action.kind === "SET") {
      item = withValue(item, path, evaluate(action.value, { before, bindings }));
    } else {
      const value = boundValue(bindings, action.value);
      item = changeSet(action.kind, item, { path, before: valueAt(before, path), value });
    }
  }
  return item;
}

/** Checks that need no item: paths that overlap, and paths that lead into the key. */
export function assertUpdate(
  actions: readonly UpdateAction[],
  bindings: Bindings,
  keyNames: readonly string[],
): void {
  const paths = actions.map((action) => resolvePath(action.path, bindings));
  for (const [at, path] of paths.entries()) {
    const key = keyNames.find((name) => name === path[0]);
    if (key !== undefined) {
      throw invalidParameter(`Cannot update attribute ${key}. This attribute is part of the key`);
    }
    const other = paths.slice(at + 1).find((candidate) => overlap(path, candidate));
    if (other !== undefined) {
      throw invalidExpression(
        "UpdateExpression",
        "Two document paths overlap with each other; must remove or rewrite one of these paths; " +
          `path one: ${shown(path)}, path two: ${shown(other)}`,
      );
    }
  }
}

/** The top-level attributes an update touches, for UPDATED_OLD and UPDATED_NEW. */
export function touchedAttributes(
  actions: readonly UpdateAction[],
  bindings: Bindings,
): readonly string[] {
  return [...new Set(actions.map((action) => String(resolvePath(action.path, bindings)[0])))];
}

/** Elements of one list go from the end, so that the indexes mean the list as it was. */
function removesLast(
  actions: readonly UpdateAction[],
  bindings: Bindings,
): readonly UpdateAction[] {
  const indexOf = (action: UpdateAction): number => {
    const last = resolvePath(action.path, bindings).at(-1);
    return typeof last === "number" ? last : -1;
  };
  const removes = actions.filter((action) => action.kind === "REMOVE");
  const others = actions.filter((action) => action.kind !== "REMOVE");
  return [...others, ...removes.toSorted((a, b) => indexOf(b) - indexOf(a))];
}

interface Evaluation {
  readonly before: Item;
  readonly bindings: Bindings;
}

function evaluate(value: SetValue, from: Evaluation): AttributeValue {
  switch (value.kind) {
    case "value":
      return boundValue(from.bindings, value.name);
    case "path": {
      const found = valueAt(from.before, resolvePath(value.path, from.bindings));
      if (found !== undefined) return found;
      throw invalid(
        "The provided expression refers to an attribute that does not exist in the item",
      );
    }
    case "if_not_exists": {
      const found = valueAt(from.before, resolvePath(value.path, from.bindings));
      return found ?? evaluate(value.otherwise, from);
    }
    case "list_append":
      return append(value, from);
    case "arithmetic":
      return calculate(value, from);
    default:
      return value satisfies never;
  }
}

function append(
  { left, right }: Extract<SetValue, { kind: "list_append" }>,
  from: Evaluation,
): AttributeValue {
  const { L: head = [] } = requireType("L", left, { ...from, operator: "list_append" });
  const { L: tail = [] } = requireType("L", right, { ...from, operator: "list_append" });
  return { L: [...head, ...tail] };
}

function calculate(
  { operator, left, right }: Extract<SetValue, { kind: "arithmetic" }>,
  from: Evaluation,
): AttributeValue {
  const { N: a = "" } = requireType("N", left, { ...from, operator });
  const { N: b = "" } = requireType("N", right, { ...from, operator });
  return { N: operator === "+" ? addNumbers(a, b) : subtractNumbers(a, b) };
}

function requireType(
  type: "L" | "N",
  value: SetValue,
  from: Evaluation & { readonly operator: string },
): AttributeValue {
  const found = evaluate(value, from);
  if (typeOf(found) === type) return found;
  if (value.kind === "value") throw wrongOperand(from.operator, found);
  throw invalid("An operand in the update expression has an incorrect data type");
}

function wrongOperand(operator: string, value: AttributeValue): Error {
  return invalidExpression(
    "UpdateExpression",
    "Incorrect operand type for operator or function; " +
      `operator or function: ${operator}, operand type: ${typeOf(value)}`,
  );
}

interface SetChange {
  readonly path: ResolvedPath;
  readonly before: AttributeValue | undefined;
  readonly value: AttributeValue;
}

function changeSet(kind: "ADD" | "DELETE", item: Item, change: SetChange): Item {
  const { path, before, value } = change;
  const type = typeOf(value);
  const allowed = kind === "ADD" ? ["N", "SS", "NS", "BS"] : ["SS", "NS", "BS"];
  if (!allowed.includes(type)) throw wrongOperand(kind, value);
  if (before === undefined) return kind === "ADD" ? withValue(item, path, value) : item;
  if (typeOf(before) !== type) {
    throw invalid("An operand in the update expression has an incorrect data type");
  }
  if (before.N !== undefined) return withValue(item, path, sumOf(before, value));
  const given = setMembers(value);
  const members = setMembers(before).filter((member) => !given.includes(member));
  if (kind === "ADD") members.push(...given);
  if (members.length === 0) return withoutValue(item, path);
  return withValue(item, path, setOf(type, members));
}

function sumOf({ N: a = "" }: AttributeValue, { N: b = "" }: AttributeValue): AttributeValue {
  return { N: addNumbers(a, b) };
}

function setOf(type: string, members: string[]): AttributeValue {
  if (type === "SS") return { SS: members };
  if (type === "NS") return { NS: members };
  return { BS: members.map((member) => Buffer.from(member, "base64")) };
}

function overlap(a: ResolvedPath, b: ResolvedPath): boolean {
  const shorter = Math.min(a.length, b.length);
  return a.slice(0, shorter).every((step, at) => step === b[at]);
}

function shown(path: ResolvedPath): string {
  return `[${path.map((step) => (typeof step === "number" ? `[${step}]` : step)).join(", ")}]`;
}
