//! Schemas of the SDK compiled once into plain objects that readers and writers walk.
//! Compiling is memoised per schema, so recursive shapes end in a cycle instead of a loop.

import { NormalizedSchema } from "@smithy/core/schema";

export type Shape = StructureShape | ListShape | MapShape | ScalarShape;

export interface StructureShape {
  readonly kind: "structure";
  readonly name: string;
  readonly members: readonly Member[];
  /** The member that fills the HTTP body alone, if there is one. */
  readonly payload: Member | undefined;
  /** Whether some member lives outside the body: in the path, the query string or a header. */
  readonly isBound: boolean;
}

export interface ListShape {
  readonly kind: "list";
  readonly item: Shape;
  readonly itemName: string;
}

export interface MapShape {
  readonly kind: "map";
  readonly value: Shape;
  readonly keyName: string;
  readonly valueName: string;
}

export interface ScalarShape {
  readonly kind: "scalar";
  readonly type: "string" | "boolean" | "number" | "blob" | "document" | "timestamp";
  readonly timestampFormat: TimestampFormat;
}

export type TimestampFormat = "default" | "date-time" | "http-date" | "epoch-seconds";

export type MemberLocation = "body" | "label" | "query" | "header" | "prefix-headers" | "payload";

export interface Member {
  readonly name: string;
  readonly shape: Shape;
  readonly required: boolean;
  readonly jsonName: string;
  readonly xmlName: string;
  readonly flattened: boolean;
  readonly attribute: boolean;
  readonly location: MemberLocation;
  /** Name of the query parameter or (lower case) of the header or header prefix. */
  readonly locationName: string;
}

export type SchemaRef = Parameters<typeof NormalizedSchema.of>[0];

export const emptyStructure: StructureShape = {
  kind: "structure",
  name: "Unit",
  members: [],
  payload: undefined,
  isBound: false,
};

const compiled = new WeakMap<object, Shape>();

export function compileStructure(ref: SchemaRef): StructureShape {
  const schema = NormalizedSchema.of(ref);
  if (schema.isUnitSchema()) return emptyStructure;
  const shape = compileShape(schema);
  if (shape.kind !== "structure") throw new Error(`${schema.getName()} is not a structure`);
  return shape;
}

function compileShape(schema: NormalizedSchema): Shape {
  const raw: unknown = schema.getSchema();
  if (typeof raw !== "object" || raw === null) return compileAnonymous(schema);
  return compiled.get(raw) ?? compileNamed(schema, raw);
}

/** Bare lists and maps of scalars have a number for a schema; there is nothing to memoise. */
function compileAnonymous(schema: NormalizedSchema): Shape {
  if (schema.isListSchema()) return fillList({ kind: "list" }, schema);
  if (schema.isMapSchema()) return fillMap({ kind: "map" }, schema);
  return compileScalar(schema);
}

function compileNamed(schema: NormalizedSchema, raw: object): Shape {
  if (schema.isStructSchema()) {
    const shape = { kind: "structure", name: schema.getName() ?? "" } as const;
    compiled.set(raw, shape as StructureShape);
    return fillStructure(shape, schema);
  }
  if (schema.isListSchema()) {
    const shape = { kind: "list" } as const;
    compiled.set(raw, shape as ListShape);
    return fillList(shape, schema);
  }
  if (schema.isMapSchema()) {
    const shape = { kind: "map" } as const;
    compiled.set(raw, shape as MapShape);
    return fillMap(shape, schema);
  }
  return compileScalar(schema);
}

function fillStructure(
  shape: Pick<StructureShape, "kind" | "name">,
  schema: NormalizedSchema,
): StructureShape {
  const requiredCount = requiredMembersOf(schema);
  const members = [...schema.structIterator()].map(([name, member], index) =>
    compileMember(name, member, index < requiredCount),
  );
  return Object.assign(shape, {
    members,
    payload: members.find((member) => member.location === "payload"),
    isBound: members.some((member) => member.location !== "body"),
  });
}

function fillList(shape: Pick<ListShape, "kind">, schema: NormalizedSchema): ListShape {
  const item = schema.getValueSchema();
  return Object.assign(shape, {
    item: compileShape(item),
    itemName: item.getMergedTraits().xmlName ?? "member",
  });
}

function fillMap(shape: Pick<MapShape, "kind">, schema: NormalizedSchema): MapShape {
  const value = schema.getValueSchema();
  return Object.assign(shape, {
    value: compileShape(value),
    keyName: schema.getKeySchema().getMergedTraits().xmlName ?? "key",
    valueName: value.getMergedTraits().xmlName ?? "value",
  });
}

/** A structure's schema lists its required members first; slot 6 says how many they are. */
function requiredMembersOf(schema: NormalizedSchema): number {
  const raw: unknown = schema.getSchema();
  const count: unknown = Array.isArray(raw) ? raw[6] : undefined;
  return typeof count === "number" ? count : 0;
}

function compileMember(name: string, schema: NormalizedSchema, required: boolean): Member {
  const traits = schema.getMergedTraits();
  return {
    name,
    shape: compileShape(schema),
    required,
    jsonName: traits.jsonName ?? name,
    xmlName: traits.xmlName ?? name,
    flattened: traits.xmlFlattened !== undefined,
    attribute: traits.xmlAttribute !== undefined,
    ...locationOf(traits),
  };
}

function locationOf(
  traits: ReturnType<NormalizedSchema["getMergedTraits"]>,
): Pick<Member, "location" | "locationName"> {
  if (traits.httpLabel !== undefined) return { location: "label", locationName: "" };
  if (traits.httpPayload !== undefined) return { location: "payload", locationName: "" };
  if (traits.httpQuery !== undefined) return { location: "query", locationName: traits.httpQuery };
  if (traits.httpHeader !== undefined) {
    return { location: "header", locationName: traits.httpHeader.toLowerCase() };
  }
  if (traits.httpPrefixHeaders !== undefined) {
    const locationName = traits.httpPrefixHeaders.toLowerCase();
    return { location: "prefix-headers", locationName };
  }
  return { location: "body", locationName: "" };
}

const timestampFormats = new Map<unknown, TimestampFormat>([
  [5, "date-time"],
  [6, "http-date"],
  [7, "epoch-seconds"],
]);

function compileScalar(schema: NormalizedSchema): ScalarShape {
  const timestampFormat = timestampFormats.get(schema.getSchema()) ?? "default";
  return { kind: "scalar", type: scalarTypeOf(schema), timestampFormat };
}

function scalarTypeOf(schema: NormalizedSchema): ScalarShape["type"] {
  if (schema.isBooleanSchema()) return "boolean";
  if (schema.isNumericSchema() || schema.isBigIntegerSchema()) return "number";
  if (schema.isTimestampSchema()) return "timestamp";
  if (schema.isBlobSchema()) return "blob";
  if (schema.isDocumentSchema()) return "document";
  return "string";
}
