//! Query: one partition, in the order of its sort keys, page by page.

import type * as DynamoDB from "@aws-sdk/client-dynamodb";
import type { CallContext, Handlers } from "../service.ts";
import { compareText } from "../text-order.ts";
import { itemBytes, type Item } from "./attributes.ts";
import { bind, boundValue, resolvePath, type Bindings } from "./bindings.ts";
import { assertCondition, meets } from "./condition.ts";
import type { FindTable } from "./item-operations.ts";
import { keyItem, keyOf, partitionKey, readKey, sortKey } from "./keys.ts";
import { refuseLegacy } from "./legacy.ts";
import { parseCondition, parseProjection } from "./parse.ts";
import { project } from "./projection.ts";
import { invalid, invalidParameter } from "./refusals.ts";
import type { Condition, Operand, Parsed, Path } from "./syntax.ts";

export function queryOperation(table: FindTable): Handlers {
  return {
    Query: (input: DynamoDB.QueryCommandInput, context: CallContext) =>
      query(table, input, context),
  };
}

const pageBytesMax = 1024 * 1024;

async function query(
  table: FindTable,
  input: DynamoDB.QueryCommandInput,
  { region }: CallContext,
): Promise<object> {
  assertSupported(input);
  const prepared = prepare(input);
  const partition = await table(input.TableName).read(
    region,
    input.ConsistentRead === true,
    (items) => items.partition(prepared.partition),
  );
  const page = pageOf(partition, input, prepared);
  const found = page.items.filter(prepared.filter);
  const projected = found.map(prepared.shown);
  return {
    Items: input.Select === "COUNT" ? undefined : projected,
    Count: found.length,
    ScannedCount: page.items.length,
    LastEvaluatedKey: page.more ? keyItem(keyOf(page.items.at(-1) ?? {})) : undefined,
  };
}

function assertSupported(input: DynamoDB.QueryCommandInput): void {
  refuseLegacy(input);
  if (input.IndexName !== undefined) {
    throw invalid(`The table does not have the specified index: ${input.IndexName}`);
  }
  if (input.Limit !== undefined && input.Limit < 1) {
    throw invalid(
      `1 validation error detected: Value '${input.Limit}' at 'limit' failed to satisfy ` +
        "constraint: Member must have value greater than or equal to 1",
    );
  }
}

interface PreparedQuery {
  readonly partition: string;
  readonly inKey: (item: Item) => boolean;
  readonly filter: (item: Item) => boolean;
  readonly shown: (item: Item) => Item;
}

function prepare(input: DynamoDB.QueryCommandInput): PreparedQuery {
  const text = input.KeyConditionExpression;
  if (text === undefined) {
    throw invalid(
      "Either the KeyConditions or KeyConditionExpression parameter must be specified " +
        "in the request.",
    );
  }
  const key = parseCondition("KeyConditionExpression", text);
  const filter = optional(input.FilterExpression, (found) =>
    parseCondition("FilterExpression", found),
  );
  const shown = optional(input.ProjectionExpression, (found) =>
    parseProjection("ProjectionExpression", found),
  );
  const bindings = bind(input, [
    { kind: "KeyConditionExpression", parsed: key },
    ...(filter === undefined ? [] : [{ kind: "FilterExpression", parsed: filter } as const]),
    ...(shown === undefined ? [] : [{ kind: "ProjectionExpression", parsed: shown } as const]),
  ]);
  return {
    partition: partitionOf(key.tree, bindings),
    inKey: (item) => meets(key.tree, { kind: "KeyConditionExpression", item, bindings }),
    filter: filterOf(filter, bindings),
    shown: (item) => shownOf(item, shown, bindings),
  };
}

function filterOf(
  filter: Parsed<Condition> | undefined,
  bindings: Bindings,
): (item: Item) => boolean {
  if (filter === undefined) return () => true;
  const kind = "FilterExpression";
  assertCondition(filter.tree, { kind, item: {}, bindings });
  return (item) => meets(filter.tree, { kind, item, bindings });
}

function shownOf(item: Item, shown: Parsed<readonly Path[]> | undefined, bindings: Bindings): Item {
  return shown === undefined ? item : project(item, shown.tree, bindings);
}

/** The partition that `pk = :value` names; what stands beside it may only be about `sk`. */
function partitionOf(key: Condition, bindings: Bindings): string {
  const parts = key.kind === "and" ? [key.left, key.right] : [key];
  const [first, ...rest] = parts.toSorted(
    (a, b) =>
      Number(isAbout(b, partitionKey, bindings)) - Number(isAbout(a, partitionKey, bindings)),
  );
  if (first === undefined || !isAbout(first, partitionKey, bindings)) {
    throw invalid(`Query condition missed key schema element: ${partitionKey}`);
  }
  if (first.kind !== "compare" || first.comparator !== "=" || first.right.kind !== "value") {
    throw invalid("Query key condition not supported");
  }
  for (const part of rest) assertSortCondition(part, bindings);
  assertCondition(key, { kind: "KeyConditionExpression", item: {}, bindings });
  return keyValue(first.right, bindings);
}

function assertSortCondition(condition: Condition, bindings: Bindings): void {
  if (!isAbout(condition, sortKey, bindings)) {
    throw invalid(`Query condition missed key schema element: ${sortKey}`);
  }
  const allowed =
    condition.kind === "between" ||
    (condition.kind === "compare" && condition.comparator !== "<>") ||
    (condition.kind === "function" && condition.name === "begins_with");
  if (!allowed) throw invalid("Query key condition not supported");
  for (const operand of operandsOf(condition).slice(1)) keyValue(operand, bindings);
}

function isAbout(condition: Condition, name: string, bindings: Bindings): boolean {
  const [subject] = operandsOf(condition);
  if (subject?.kind !== "path") return false;
  const path = resolvePath(subject.path, bindings);
  return path.length === 1 && path[0] === name;
}

function operandsOf(condition: Condition): readonly Operand[] {
  switch (condition.kind) {
    case "compare":
      return [condition.left, condition.right];
    case "between":
      return [condition.operand, condition.lower, condition.upper];
    case "function":
      return condition.operands;
    case "in":
    case "and":
    case "or":
    case "not":
      return [];
    default:
      return condition satisfies never;
  }
}

function keyValue(operand: Operand, bindings: Bindings): string {
  const value = operand.kind === "value" ? boundValue(bindings, operand.name) : undefined;
  if (value?.S !== undefined) return value.S;
  throw invalidParameter("Condition parameter type does not match schema type");
}

interface Page {
  readonly items: readonly Item[];
  readonly more: boolean;
}

function pageOf(
  partition: readonly Item[],
  input: DynamoDB.QueryCommandInput,
  { inKey }: PreparedQuery,
): Page {
  const backward = input.ScanIndexForward === false;
  const start = optional(input.ExclusiveStartKey, (key) => readKey(key).sk);
  const candidates = partition
    .filter(inKey)
    .filter((item) => start === undefined || isPast(keyOf(item).sk, start, backward));
  if (backward) candidates.reverse();
  const items: Item[] = [];
  let bytes = 0;
  for (const item of candidates) {
    if (items.length >= (input.Limit ?? Number.POSITIVE_INFINITY)) break;
    if (bytes >= pageBytesMax) break;
    bytes += itemBytes(item);
    items.push(item);
  }
  // As DynamoDB does: a page that is just full says that there may be more.
  const more = items.length < candidates.length || items.length === input.Limit;
  return { items, more: more && items.length > 0 };
}

function isPast(sk: string, start: string, backward: boolean): boolean {
  const order = compareText(sk, start);
  return backward ? order < 0 : order > 0;
}

function optional<T, U>(value: T | undefined, map: (value: T) => U): U | undefined {
  return value === undefined ? undefined : map(value);
}
