//! GetItem, PutItem, UpdateItem, DeleteItem. What can be refused without looking is refused at
//! once; the rest happens at the instant the quorum accepts it.

import type * as DynamoDB from "@aws-sdk/client-dynamodb";
import { AwsError, type CallContext, type Handlers } from "../service.ts";
import { normaliseItem, type Item } from "./attributes.ts";
import { bind, type Bindings, type PlaceholderInput, type UsedExpression } from "./bindings.ts";
import { assertCondition, meets } from "./condition.ts";
import { type ItemKey, keyItem, keyNames, keyOf, readKey } from "./keys.ts";
import { parseCondition, parseProjection, parseUpdate } from "./parse.ts";
import { project } from "./projection.ts";
import { invalid } from "./refusals.ts";
import { refuseLegacy } from "./legacy.ts";
import type { Condition, Parsed } from "./syntax.ts";
import type { Change, StrongTable } from "./table.ts";
import { applyUpdate, assertUpdate, touchedAttributes } from "./update.ts";

export type FindTable = (name: string | undefined) => StrongTable;

/** An item as it was, or is since this call, in an answer to whoever asked. */
export interface ShownItem {
  readonly accessKeyId: string;
  readonly key: ItemKey;
  readonly item: Item;
}

type OnShown = (shown: ShownItem) => void;

export function itemOperations(table: FindTable, onShown: OnShown): Handlers {
  return {
    GetItem: (input: DynamoDB.GetItemCommandInput, context) =>
      getItem({ table, onShown }, input, context),
    PutItem: (input: DynamoDB.PutItemCommandInput, context) => putItem(table, input, context),
    UpdateItem: (input: DynamoDB.UpdateItemCommandInput, context) =>
      updateItem({ table, onShown }, input, context),
    DeleteItem: (input: DynamoDB.DeleteItemCommandInput, context) =>
      deleteItem(table, input, context),
  };
}

interface Showing {
  readonly table: FindTable;
  readonly onShown: OnShown;
}

async function getItem(
  { onShown, table }: Showing,
  input: DynamoDB.GetItemCommandInput,
  { accessKeyId, region }: CallContext,
): Promise<object> {
  refuseLegacy(input);
  const key = readKey(input.Key ?? {});
  const projection = input.ProjectionExpression;
  const parsed =
    projection === undefined ? undefined : parseProjection("ProjectionExpression", projection);
  const bindings = bind(input, used("ProjectionExpression", parsed));
  const item = await table(input.TableName).read(region, input.ConsistentRead === true, (items) =>
    items.get(key),
  );
  if (item === undefined) return {};
  onShown({ accessKeyId, key, item });
  return { Item: parsed === undefined ? item : project(item, parsed.tree, bindings) };
}

async function putItem(
  table: FindTable,
  input: DynamoDB.PutItemCommandInput,
  { region }: CallContext,
): Promise<object> {
  refuseLegacy(input);
  assertOldOrNone(input.ReturnValues);
  const item = normaliseItem(input.Item ?? {});
  const condition = prepareCondition(input);
  const change = await table(input.TableName).write(region, keyOf(item), (before) => {
    condition(before);
    return item;
  });
  return { Attributes: input.ReturnValues === "ALL_OLD" ? change.before : undefined };
}

async function deleteItem(
  table: FindTable,
  input: DynamoDB.DeleteItemCommandInput,
  { region }: CallContext,
): Promise<object> {
  refuseLegacy(input);
  assertOldOrNone(input.ReturnValues);
  const condition = prepareCondition(input);
  const key = readKey(input.Key ?? {});
  const change = await table(input.TableName).write(region, key, (before) => {
    condition(before);
    return undefined;
  });
  return { Attributes: input.ReturnValues === "ALL_OLD" ? change.before : undefined };
}

async function updateItem(
  { onShown, table }: Showing,
  input: DynamoDB.UpdateItemCommandInput,
  { accessKeyId, region }: CallContext,
): Promise<object> {
  refuseLegacy(input);
  const key = readKey(input.Key ?? {});
  const parsed =
    input.UpdateExpression === undefined
      ? undefined
      : parseUpdate("UpdateExpression", input.UpdateExpression);
  const actions = parsed?.tree ?? [];
  const { bindings, condition } = prepare(input, used("UpdateExpression", parsed));
  assertUpdate(actions, bindings, keyNames);
  const change = await table(input.TableName).write(region, key, (before) => {
    condition(before);
    return applyUpdate(actions, before ?? keyItem(key), bindings);
  });
  const { after: item } = change;
  if (input.ReturnValues === "ALL_NEW" && item !== undefined) onShown({ accessKeyId, key, item });
  const touched = touchedAttributes(actions, bindings);
  return { Attributes: returned(input.ReturnValues, change, touched) };
}

interface ConditionInput extends PlaceholderInput {
  readonly ConditionExpression?: string | undefined;
  readonly ReturnValuesOnConditionCheckFailure?: string | undefined;
}

/** Throws when the item does not meet the condition. */
type ConditionCheck = (before: Item | undefined) => void;

function prepareCondition(input: ConditionInput): ConditionCheck {
  return prepare(input, []).condition;
}

function prepare(
  input: ConditionInput,
  others: readonly UsedExpression[],
): { readonly bindings: Bindings; readonly condition: ConditionCheck } {
  const { ConditionExpression: text, ReturnValuesOnConditionCheckFailure: onFailure } = input;
  if (text === undefined) return { bindings: bind(input, others), condition: () => undefined };
  const kind = "ConditionExpression";
  const parsed: Parsed<Condition> = parseCondition(kind, text);
  const bindings = bind(input, [...others, { kind, parsed }]);
  assertCondition(parsed.tree, { kind, item: {}, bindings });
  const condition: ConditionCheck = (before) => {
    if (meets(parsed.tree, { kind, item: before ?? {}, bindings })) return;
    const shown = onFailure === "ALL_OLD" && before !== undefined ? { Item: before } : {};
    throw new AwsError("ConditionalCheckFailedException", "The conditional request failed", {
      members: shown,
    });
  };
  return { bindings, condition };
}

function used(
  kind: UsedExpression["kind"],
  parsed: Parsed<unknown> | undefined,
): readonly UsedExpression[] {
  return parsed === undefined ? [] : [{ kind, parsed }];
}

function assertOldOrNone(value: string | undefined): void {
  if (value === undefined || value === "NONE" || value === "ALL_OLD") return;
  throw invalid("ReturnValues can only be ALL_OLD or NONE");
}

function returned(
  wanted: string | undefined,
  { before, after }: Change,
  touched: readonly string[],
): Item | undefined {
  switch (wanted) {
    case undefined:
    case "NONE":
      return undefined;
    case "ALL_OLD":
      return before;
    case "ALL_NEW":
      return after;
    case "UPDATED_OLD":
      return picked(before, touched);
    case "UPDATED_NEW":
      return picked(after, touched);
    default:
      throw invalid(
        `1 validation error detected: Value '${wanted}' at 'returnValues' failed to satisfy ` +
          "constraint: Member must satisfy enum value set: " +
          "[ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]",
      );
  }
}

function picked(item: Item | undefined, names: readonly string[]): Item | undefined {
  if (item === undefined) return undefined;
  const entries = Object.entries(item).filter(([name]) => names.includes(name));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
