//! Checks the form of a topology field by field: types, limits, unknown and missing names.
//! Says for each problem what was given and what is allowed, in words and not in zod's.

import type { z } from "zod";
import { nearestName } from "./nearest.ts";
import { anyOf, shown, wholeFile, type Problem } from "./problem.ts";
import { topologyJsonSchema, type SchemaNode } from "./schema.ts";
import { topologySchema } from "./topology.ts";

/** One problem for each wrong field; empty when the value has the form of a topology. */
export function shapeProblems(value: unknown): readonly Problem[] {
  const checked = topologySchema.safeParse(value);
  if (checked.success) return [];
  const schema = topologyJsonSchema();
  const problems = checked.error.issues.flatMap((issue) => problemsOf(issue, value, schema));
  // A text in place of a list is of the wrong type and, to zod, has the wrong length as well.
  return problems.filter(({ path }, at) => problems.findIndex((one) => one.path === path) === at);
}

type Issue = z.core.$ZodIssue;

function problemsOf(issue: Issue, root: unknown, schema: SchemaNode): readonly Problem[] {
  const node = nodeAt(schema, issue.path);
  const given = valueAt(root, issue.path);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => unknownKey([...issue.path, key], node, root, schema));
  }
  if (issue.code === "invalid_key") return [invalidName(issue.path, schema)];
  return [
    {
      path: pathText(issue.path),
      problem: sentenceFor(issue, given),
      given: shown(given),
      allowed: allowedBy(node),
    },
  ];
}

function sentenceFor(issue: Issue, given: unknown): string {
  if (given === undefined) return "is missing";
  if (given === null) return "has no value";
  if (given === "") return "is empty";
  if (issue.code === "invalid_type") {
    return `must be ${typeWords[issue.expected] ?? `of type ${issue.expected}`}`;
  }
  const isList = "origin" in issue && issue.origin === "array";
  const words = isList ? listWords[issue.code] : valueWords[issue.code];
  return words ?? issue.message;
}

const valueWords: Readonly<Partial<Record<Issue["code"], string>>> = {
  invalid_value: "is not one of the allowed values",
  invalid_format: "does not have the right form",
  too_small: "is too small",
  too_big: "is too large",
};

const listWords: Readonly<Partial<Record<Issue["code"], string>>> = {
  too_small: "has too few entries",
  too_big: "has too many entries",
};

const typeWords: Readonly<Record<string, string>> = {
  string: "a text (in quotes if it looks like a number)",
  number: "a number (without quotes)",
  int: "a whole number",
  boolean: "true or false (without quotes)",
  array: "a list",
  object: "a group of named fields",
  record: "a group of named fields",
};

function unknownKey(
  path: readonly PropertyKey[],
  parent: SchemaNode,
  root: unknown,
  schema: SchemaNode,
): Problem {
  const key = String(path.at(-1));
  const names = Object.keys(parent.properties ?? {}).filter((name) => name !== "$schema");
  const meant = nearestName(key, names) ?? placesOf(key, schema)[0] ?? null;
  const hint = meant === null ? "" : `; did you mean ${meant}?`;
  return {
    path: pathText(path),
    problem: `is not a field of a topology${hint}`,
    given: shown(valueAt(root, path)),
    allowed: `here: ${anyOf(names)}`,
  };
}

/** Full paths of the fields called `key` elsewhere: somebody may only have indented it wrongly. */
function placesOf(key: string, node: SchemaNode, under = ""): readonly string[] {
  const children = Object.entries(node.properties ?? {});
  if (typeof node.additionalProperties === "object") {
    children.push(["<region>", node.additionalProperties]);
  }
  return children.flatMap(([name, child]) => {
    const path = under === "" ? name : `${under}.${name}`;
    return name === key ? [path] : placesOf(key, child, path);
  });
}

function invalidName(path: readonly PropertyKey[], schema: SchemaNode): Problem {
  const names = nodeAt(schema, path.slice(0, -1)).propertyNames ?? {};
  const key = String(path.at(-1));
  return {
    path: pathText(path),
    problem: "does not have the right form for a name",
    given: shown(key),
    allowed: allowedBy(names),
  };
}

/** What a field may hold, in words. */
export function allowedBy(node: SchemaNode): string {
  if (node.enum !== undefined) return anyOf(node.enum.map((value) => JSON.stringify(value)));
  return (wordsByType[node.type ?? "string"] ?? textWords)(node);
}

const wordsByType: Readonly<Record<string, (node: SchemaNode) => string>> = {
  integer: (node) => `a whole number ${limitsOf(node)}`,
  number: (node) => `a number ${limitsOf(node)}`,
  boolean: () => "true or false",
  array: ({ minItems = 0, maxItems = "any number of" }) =>
    `a list of ${minItems} to ${maxItems} entries`,
  object: objectWords,
};

function textWords({ patternErrorMessage }: SchemaNode): string {
  return patternErrorMessage?.replace(/^must be /, "") ?? "a text that is not empty";
}

function objectWords(node: SchemaNode): string {
  const names = Object.keys(node.properties ?? {}).filter((name) => name !== "$schema");
  if (names.length > 0) return `the fields ${names.join(", ")}`;
  return `fields whose name is ${allowedBy(node.propertyNames ?? {})}`;
}

function limitsOf({ type, minimum, exclusiveMinimum, maximum }: SchemaNode): string {
  const upTo = maximum === undefined ? "" : ` to ${maximum}`;
  if (exclusiveMinimum === undefined) return `from ${minimum ?? "any"}${upTo}`;
  // "More than 0" of a whole number is, to people, "from 1".
  if (type === "integer") return `from ${exclusiveMinimum + 1}${upTo}`;
  return `above ${exclusiveMinimum}${maximum === undefined ? "" : `, up to ${maximum}`}`;
}

function nodeAt(schema: SchemaNode, path: readonly PropertyKey[]): SchemaNode {
  let node = schema;
  for (const key of path) {
    if (typeof key === "number") node = node.items ?? {};
    else node = childOf(node, String(key));
  }
  return node;
}

function childOf(node: SchemaNode, key: string): SchemaNode {
  const properties = node.properties ?? {};
  if (Object.hasOwn(properties, key)) return properties[key] ?? {};
  return typeof node.additionalProperties === "object" ? node.additionalProperties : {};
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<PropertyKey, unknown>>)[key];
  }
  return value;
}

function pathText(path: readonly PropertyKey[]): string {
  return path.length === 0 ? wholeFile : path.map(segmentText).join(".");
}

/** A name that would not be recognised inside a path is quoted: an empty one, one with a line break. */
function segmentText(key: PropertyKey): string {
  const name = String(key);
  return /^[\w$-]+$/.test(name) ? name : shown(name);
}
