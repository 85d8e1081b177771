//! Keys of the table: `pk` and `sk`, both strings, both always there.

import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { Item } from "./attributes.ts";
import { invalid, invalidParameter } from "./refusals.ts";

export const partitionKey = "pk";
export const sortKey = "sk";
export const keyNames = [partitionKey, sortKey] as const;

export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

const keyBytesMax = { [partitionKey]: 2_048, [sortKey]: 1_024 };

/** From the `Key` of a request: these two attributes and no others. */
export function readKey(key: Item): ItemKey {
  const names = Object.keys(key);
  if (names.length !== 2 || typeof key.pk?.S !== "string" || typeof key.sk?.S !== "string") {
    throw invalid("The provided key element does not match the schema");
  }
  return { pk: keyText(key, partitionKey), sk: keyText(key, sortKey) };
}

/** From a whole item. */
export function keyOf(item: Item): ItemKey {
  return { pk: keyText(item, partitionKey), sk: keyText(item, sortKey) };
}

export function keyItem({ pk, sk }: ItemKey): Record<string, AttributeValue> {
  return { [partitionKey]: { S: pk }, [sortKey]: { S: sk } };
}

function keyText(item: Item, name: (typeof keyNames)[number]): string {
  const value = item[name];
  if (value === undefined) throw invalidParameter(`Missing the key ${name} in the item`);
  if (value.S === undefined) {
    const actual = Object.keys(value)[0] ?? "";
    throw invalidParameter(`Type mismatch for key ${name} expected: S actual: ${actual}`);
  }
  if (value.S === "") {
    throw invalid(
      "One or more parameter values are not valid. The AttributeValue for a key attribute " +
        `cannot contain an empty string value. Key: ${name}`,
    );
  }
  if (Buffer.byteLength(value.S) > keyBytesMax[name]) {
    throw invalidParameter(`Size of ${name} has exceeded the limit of ${keyBytesMax[name]} bytes`);
  }
  return value.S;
}
