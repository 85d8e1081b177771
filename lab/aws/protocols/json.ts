//! Values between JSON and the model. `jsonName` counts only in REST-JSON.

import type { Shape, StructureShape } from "../shapes.ts";
import { isRecord, type WireObject } from "./protocol.ts";
import { malformed, scalarFromJson, scalarToJson } from "./scalars.ts";

export function parseJsonBody(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString("utf8")) as unknown;
  } catch {
    throw malformed("the body is not JSON");
  }
}

export function structureFromJson(shape: StructureShape, json: unknown): Record<string, unknown> {
  if (!isRecord(json)) throw malformed(`expected an object for ${shape.name}`);
  const value: Record<string, unknown> = {};
  for (const member of shape.members) {
    if (member.location !== "body") continue;
    const item = json[member.jsonName];
    if (item !== undefined && item !== null) value[member.name] = fromJson(member.shape, item);
  }
  return value;
}

export function structureToJson(shape: StructureShape, value: WireObject): WireObject {
  const json: Record<string, unknown> = {};
  for (const member of shape.members) {
    const item = value[member.name];
    if (member.location !== "body" || item === undefined || item === null) continue;
    json[member.jsonName] = toJson(member.shape, item);
  }
  return json;
}

function fromJson(shape: Shape, json: unknown): unknown {
  switch (shape.kind) {
    case "structure":
      return structureFromJson(shape, json);
    case "list":
      if (!Array.isArray(json)) throw malformed("expected a list");
      return json.map((item) => fromJson(shape.item, item));
    case "map":
      if (!isRecord(json)) throw malformed("expected a map");
      return mapValues(json, (item) => fromJson(shape.value, item));
    case "scalar":
      return scalarFromJson(shape, json);
    default:
      return shape satisfies never;
  }
}

function toJson(shape: Shape, value: unknown): unknown {
  switch (shape.kind) {
    case "structure":
      return structureToJson(shape, value as WireObject);
    case "list":
      return (value as readonly unknown[]).map((item) => toJson(shape.item, item));
    case "map":
      return mapValues(value as WireObject, (item) => toJson(shape.value, item));
    case "scalar":
      return scalarToJson(shape, value);
    default:
      return shape satisfies never;
  }
}

function mapValues(map: WireObject, change: (item: unknown) => unknown): WireObject {
  return Object.fromEntries(Object.entries(map).map(([key, item]) => [key, change(item)]));
}
