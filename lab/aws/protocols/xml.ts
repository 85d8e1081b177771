//! Values between XML and the model, for REST-XML bodies and the answers of AWS Query.

import { parseXML } from "@aws-sdk/xml-builder";
import type { ListShape, MapShape, Member, Shape, StructureShape } from "../shapes.ts";
import { isRecord, type WireObject } from "./protocol.ts";
import { malformed, scalarFromText, scalarToText } from "./scalars.ts";

/** The root element of a body. */
export function parseXmlBody(body: Buffer): unknown {
  try {
    const parsed: unknown = parseXML(body.toString("utf8"));
    return isRecord(parsed) ? Object.values(parsed).at(-1) : undefined;
  } catch {
    throw malformed("the body is not XML");
  }
}

export function structureFromXml(shape: StructureShape, element: unknown): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  if (!isRecord(element)) return value;
  for (const member of shape.members) {
    if (member.location !== "body") continue;
    const item = element[member.xmlName];
    if (item !== undefined) value[member.name] = fromXml(member.shape, item, member.flattened);
  }
  return value;
}

/** The element named `tag` with the structure's members that live in the body. */
export function structureToXml(shape: StructureShape, value: WireObject, tag: string): string {
  let attributes = "";
  let content = "";
  for (const member of shape.members) {
    const item = value[member.name];
    if (member.location !== "body" || item === undefined || item === null) continue;
    if (member.attribute) attributes += ` ${attributeText(member, item)}`;
    else content += toXml(member.shape, item, { tag: member.xmlName, flattened: member.flattened });
  }
  return `<${tag}${attributes}>${content}</${tag}>`;
}

export function escapeXml(text: string): string {
  return text.replace(/[<>&"']/g, (character) => escapes[character] ?? character);
}

const escapes: Readonly<Record<string, string>> = {
  "<": "&lt;",
  ">": "&gt;",
  "&": "&amp;",
  '"': "&quot;",
  "'": "&apos;",
};

function fromXml(shape: Shape, element: unknown, flattened: boolean): unknown {
  switch (shape.kind) {
    case "structure":
      return structureFromXml(shape, element);
    case "list":
      return itemsOf(element, flattened ? undefined : shape.itemName).map((item) =>
        fromXml(shape.item, item, false),
      );
    case "map":
      return Object.fromEntries(
        itemsOf(element, flattened ? undefined : "entry").map((entry) => entryOf(shape, entry)),
      );
    case "scalar":
      return scalarFromText(shape, textOf(element));
    default:
      return shape satisfies never;
  }
}

/** The parser gives one child as itself, several as an array, and an empty parent as text. */
function itemsOf(element: unknown, childName: string | undefined): readonly unknown[] {
  const found = childName === undefined ? element : isRecord(element) ? element[childName] : [];
  if (found === undefined) return [];
  return Array.isArray(found) ? found : [found];
}

function entryOf(shape: MapShape, entry: unknown): [string, unknown] {
  if (!isRecord(entry)) throw malformed("expected a map entry");
  return [textOf(entry[shape.keyName]), fromXml(shape.value, entry[shape.valueName], false)];
}

function textOf(element: unknown): string {
  const text = isRecord(element) ? (element["#text"] ?? "") : element;
  if (typeof text !== "string") throw malformed("expected text");
  return text;
}

interface Placement {
  readonly tag: string;
  readonly flattened: boolean;
}

function toXml(shape: Shape, value: unknown, { tag, flattened }: Placement): string {
  switch (shape.kind) {
    case "structure":
      return structureToXml(shape, value as WireObject, tag);
    case "list": {
      const items = listToXml(shape, value as readonly unknown[], flattened ? tag : shape.itemName);
      return flattened ? items : `<${tag}>${items}</${tag}>`;
    }
    case "map": {
      const entries = mapToXml(shape, value as WireObject, flattened ? tag : "entry");
      return flattened ? entries : `<${tag}>${entries}</${tag}>`;
    }
    case "scalar":
      return `<${tag}>${escapeXml(scalarToText(shape, value, "date-time"))}</${tag}>`;
    default:
      return shape satisfies never;
  }
}

function listToXml(shape: ListShape, items: readonly unknown[], tag: string): string {
  return items.map((item) => toXml(shape.item, item, { tag, flattened: false })).join("");
}

function mapToXml(shape: MapShape, map: WireObject, tag: string): string {
  const entries = Object.entries(map).map(([key, item]) => {
    const name = `<${shape.keyName}>${escapeXml(key)}</${shape.keyName}>`;
    const value = toXml(shape.value, item, { tag: shape.valueName, flattened: false });
    return `<${tag}>${name}${value}</${tag}>`;
  });
  return entries.join("");
}

function attributeText(member: Member, item: unknown): string {
  if (member.shape.kind !== "scalar") throw new Error(`${member.name} cannot be an XML attribute`);
  return `${member.xmlName}="${escapeXml(scalarToText(member.shape, item, "date-time"))}"`;
}
