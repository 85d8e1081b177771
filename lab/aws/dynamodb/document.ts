//! Values inside an item by their paths: read, set, remove. Items are never changed in place.

import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { Item } from "./attributes.ts";
import { invalid } from "./refusals.ts";

export type ResolvedPath = readonly (string | number)[];

export function valueAt(item: Item, path: ResolvedPath): AttributeValue | undefined {
  let value: AttributeValue | undefined = { M: item };
  for (const step of path) {
    if (value === undefined) return undefined;
    value = typeof step === "number" ? value.L?.[step] : ownValue(value.M, step);
  }
  return value;
}

export function withValue(item: Item, path: ResolvedPath, value: AttributeValue): Item {
  return changed({ M: item }, path, () => value)?.M ?? {};
}

export function withoutValue(item: Item, path: ResolvedPath): Item {
  // Removing what is not there is fine, as long as its parent is.
  if (path.length > 1 && valueAt(item, path.slice(0, -1)) === undefined) throw badPath();
  return changed({ M: item }, path, () => undefined)?.M ?? {};
}

function changed(
  parent: AttributeValue,
  path: ResolvedPath,
  change: () => AttributeValue | undefined,
): AttributeValue | undefined {
  const [step, ...rest] = path;
  if (step === undefined) return change();
  if (typeof step === "number") return changedList(parent, step, { rest, change });
  if (parent.M === undefined) throw badPath();
  const child = ownValue(parent.M, step);
  if (child === undefined && rest.length > 0) throw badPath();
  const next = changed(child ?? { NULL: true }, rest, change);
  const { [step]: _, ...others } = parent.M;
  return { M: next === undefined ? others : { ...others, [step]: next } };
}

function changedList(
  parent: AttributeValue,
  index: number,
  { rest, change }: { rest: ResolvedPath; change: () => AttributeValue | undefined },
): AttributeValue {
  if (parent.L === undefined) throw badPath();
  const child = parent.L[index];
  if (child === undefined && rest.length > 0) throw badPath();
  const next = changed(child ?? { NULL: true }, rest, change);
  const items = [...parent.L];
  if (next !== undefined) items[Math.min(index, items.length)] = next;
  else if (child !== undefined) items.splice(index, 1);
  return { L: items };
}

function ownValue(map: Item | undefined, name: string): AttributeValue | undefined {
  return map !== undefined && Object.hasOwn(map, name) ? map[name] : undefined;
}

function badPath(): Error {
  return invalid("The document path provided in the update expression is invalid for update");
}
