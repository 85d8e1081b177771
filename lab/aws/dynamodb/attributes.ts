//! Attribute values: what is allowed in an item, when two are equal, and which one is smaller.

import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { compareText } from "../text-order.ts";
import { compareNumbers, normaliseNumber } from "./decimal.ts";
import { invalid, invalidParameter } from "./refusals.ts";

export type Item = Readonly<Record<string, AttributeValue>>;

export const attributeTypes = ["S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL"] as const;
export type AttributeType = (typeof attributeTypes)[number];

const depthMax = 32;

export function typeOf(value: AttributeValue): AttributeType {
  const types = attributeTypes.filter((type) => value[type] !== undefined);
  const [type] = types;
  if (type === undefined) {
    throw invalid(
      "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
    );
  }
  if (types.length > 1) {
    throw invalid(
      "Supplied AttributeValue has more than one datatypes set, " +
        "must contain exactly one of the supported datatypes",
    );
  }
  return type;
}

/** Checks an item and writes its numbers as DynamoDB returns them. */
export function normaliseItem(item: Item): Item {
  return mapAttributes(item, (value) => normaliseValue(value, 1));
}

export function normaliseValue(value: AttributeValue, depth = 1): AttributeValue {
  if (depth > depthMax) throw invalid("Nesting Levels have exceeded supported limits");
  return normalisers[typeOf(value)](value, depth);
}

type Normaliser = (value: AttributeValue, depth: number) => AttributeValue;

const asIs: Normaliser = (value) => value;

const normalisers: Readonly<Record<AttributeType, Normaliser>> = {
  S: asIs,
  B: asIs,
  BOOL: asIs,
  N: ({ N = "" }) => ({ N: normaliseNumber(N) }),
  M: ({ M = {} }, depth) => ({ M: mapAttributes(M, (item) => normaliseValue(item, depth + 1)) }),
  L: ({ L = [] }, depth) => ({ L: L.map((item) => normaliseValue(item, depth + 1)) }),
  SS: (value) => normaliseSet(value, "SS"),
  NS: (value) => normaliseSet(value, "NS"),
  BS: (value) => normaliseSet(value, "BS"),
  NULL: (value) => {
    if (value.NULL === true) return value;
    throw invalidParameter("Null attribute value types must have the value of true");
  },
};

function normaliseSet(value: AttributeValue, type: "SS" | "NS" | "BS"): AttributeValue {
  const members = setMembers(value);
  if (members.length === 0) throw invalidParameter(`An ${setNames[type]} set  may not be empty`);
  if (new Set(members).size < members.length) {
    const listed = type === "BS" ? "" : `[${members.join(", ")}] `;
    throw invalidParameter(`Input collection ${listed}contains duplicates.`);
  }
  return type === "NS" ? { NS: [...members] } : value;
}

const setNames = { SS: "string", NS: "number", BS: "binary" } as const;

/** Members of a set as comparable text; empty for anything else. */
export function setMembers(value: AttributeValue): readonly string[] {
  if (value.NS !== undefined) return value.NS.map(normaliseNumber);
  return value.SS ?? value.BS?.map((member) => Buffer.from(member).toString("base64")) ?? [];
}

export function valuesEqual(a: AttributeValue, b: AttributeValue): boolean {
  const type = typeOf(a);
  return typeOf(b) === type && equalities[type](a, b);
}

type Equality = (a: AttributeValue, b: AttributeValue) => boolean;

const sameOrder: Equality = (a, b) => compareValues(a, b) === 0;

const sameMembers: Equality = (a, b) => {
  const members = new Set(setMembers(a));
  const others = setMembers(b);
  return members.size === others.length && others.every((member) => members.has(member));
};

const equalities: Readonly<Record<AttributeType, Equality>> = {
  S: sameOrder,
  N: sameOrder,
  B: sameOrder,
  SS: sameMembers,
  NS: sameMembers,
  BS: sameMembers,
  M: ({ M: a = {} }, { M: b = {} }) => mapsEqual(a, b),
  L: ({ L: a = [] }, { L: b = [] }) =>
    a.length === b.length && a.every((item, at) => equalTo(item, b[at])),
  NULL: () => true,
  BOOL: (a, b) => a.BOOL === b.BOOL,
};

/** Order of two values of the same ordered type (S, N, B); `undefined` for all others. */
export function compareValues(a: AttributeValue, b: AttributeValue): number | undefined {
  if (a.N !== undefined && b.N !== undefined) return compareNumbers(a.N, b.N);
  if (a.S !== undefined && b.S !== undefined) return compareText(a.S, b.S);
  if (a.B !== undefined && b.B !== undefined) return Buffer.compare(a.B, b.B);
  return undefined;
}

/** Size as DynamoDB counts it, near enough for its limit on items. */
export function itemBytes(item: Item): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(item)) {
    bytes += Buffer.byteLength(name) + valueBytes(value);
  }
  return bytes;
}

function valueBytes(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  if (value.N !== undefined) return Math.ceil(value.N.length / 2) + 1;
  if (value.B !== undefined) return value.B.length;
  if (value.M !== undefined) return itemBytes(value.M) + 3;
  if (value.L !== undefined) return value.L.reduce((sum, item) => sum + valueBytes(item) + 1, 3);
  return setMembers(value).reduce((sum, member) => sum + member.length, 1);
}

function equalTo(a: AttributeValue, b: AttributeValue | undefined): boolean {
  return b !== undefined && valuesEqual(a, b);
}

function mapsEqual(a: Item, b: Item): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => a[name] !== undefined && equalTo(a[name], b[name]))
  );
}

function mapAttributes(
  item: Item,
  change: (value: AttributeValue) => AttributeValue,
): Record<string, AttributeValue> {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, change(value)]));
}
