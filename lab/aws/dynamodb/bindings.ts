//! Placeholders of one request: every one that is used must be given, every one that is given used.

import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { normaliseValue, type Item } from "./attributes.ts";
import { invalid, invalidExpression, type ExpressionKind } from "./refusals.ts";
import type { Parsed, Path } from "./syntax.ts";

export interface Bindings {
  readonly names: Readonly<Record<string, string>>;
  readonly values: Item;
}

export interface PlaceholderInput {
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>> | undefined;
  readonly ExpressionAttributeValues?: Item | undefined;
}

export interface UsedExpression {
  readonly kind: ExpressionKind;
  readonly parsed: Parsed<unknown>;
}

export function bind(input: PlaceholderInput, used: readonly UsedExpression[]): Bindings {
  const { ExpressionAttributeNames: names, ExpressionAttributeValues: values } = input;
  assertKeys("ExpressionAttributeNames", names, used.length > 0);
  assertKeys("ExpressionAttributeValues", values, used.length > 0);
  for (const { kind, parsed } of used) {
    assertGiven(kind, parsed, { names: names ?? {}, values: values ?? {} });
  }
  assertUsed(
    "ExpressionAttributeNames",
    names,
    used.map(({ parsed }) => parsed.names),
  );
  assertUsed(
    "ExpressionAttributeValues",
    values,
    used.map(({ parsed }) => parsed.values),
  );
  const normalised = Object.entries(values ?? {}).map(([name, value]) => {
    return [name, normaliseValue(value)] as const;
  });
  return { names: names ?? {}, values: Object.fromEntries(normalised) };
}

export function boundValue(bindings: Bindings, name: string): AttributeValue {
  const value = bindings.values[name];
  if (value === undefined) throw new Error(`${name} was not checked`);
  return value;
}

/** The path's steps with its placeholders replaced: attribute names and list indexes. */
export function resolvePath(path: Path, { names }: Bindings): readonly (string | number)[] {
  return path.map((step) => {
    if (step.kind === "index") return step.index;
    return step.kind === "name" ? step.name : (names[step.name] ?? "");
  });
}

type Parameter = "ExpressionAttributeNames" | "ExpressionAttributeValues";

const keyPatterns: Readonly<Record<Parameter, RegExp>> = {
  ExpressionAttributeNames: /^#[A-Za-z0-9_]+$/,
  ExpressionAttributeValues: /^:[A-Za-z0-9_]+$/,
};

function assertKeys(parameter: Parameter, given: object | undefined, anyExpression: boolean): void {
  if (given === undefined) return;
  if (!anyExpression) throw invalid(`${parameter} can only be specified when using expressions`);
  const keys = Object.keys(given);
  if (keys.length === 0) throw invalid(`${parameter} must not be empty`);
  const wrong = keys.find((key) => !keyPatterns[parameter].test(key));
  if (wrong !== undefined) {
    throw invalid(`${parameter} contains invalid key: Syntax error; key: "${wrong}"`);
  }
}

function assertGiven(kind: ExpressionKind, parsed: Parsed<unknown>, given: Bindings): void {
  for (const name of parsed.names) {
    if (given.names[name] !== undefined) continue;
    throw invalidExpression(
      kind,
      "An expression attribute name used in the document path is not defined; " +
        `attribute name: ${name}`,
    );
  }
  for (const value of parsed.values) {
    if (given.values[value] !== undefined) continue;
    throw invalidExpression(
      kind,
      "An expression attribute value used in expression is not defined; " +
        `attribute value: ${value}`,
    );
  }
}

function assertUsed(
  parameter: Parameter,
  given: object | undefined,
  used: readonly ReadonlySet<string>[],
): void {
  const unused = Object.keys(given ?? {}).filter((key) => !used.some((names) => names.has(key)));
  if (unused.length === 0) return;
  throw invalid(
    `Value provided in ${parameter} unused in expressions: keys: {${unused.join(", ")}}`,
  );
}
