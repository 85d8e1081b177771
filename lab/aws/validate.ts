//! Required members, in requests and in answers: the part of the model that the schemas carry.

import type { Shape, StructureShape } from "./shapes.ts";

/** Path of the first required member that is missing, or `undefined` when all are there. */
export function missingMember(shape: StructureShape, value: object): string | undefined {
  return missingIn(shape, value, "");
}

function missingIn(shape: Shape, value: unknown, path: string): string | undefined {
  switch (shape.kind) {
    case "structure":
      return missingInStructure(shape, value as Readonly<Record<string, unknown>>, path);
    case "list":
      return firstOf((value as readonly unknown[]).entries(), (index, item) =>
        missingIn(shape.item, item, `${path}${index + 1}.`),
      );
    case "map":
      return firstOf(Object.entries(value as object), (key, item) =>
        missingIn(shape.value, item, `${path}${key}.`),
      );
    case "scalar":
      return undefined;
    default:
      return shape satisfies never;
  }
}

function missingInStructure(
  shape: StructureShape,
  value: Readonly<Record<string, unknown>>,
  path: string,
): string | undefined {
  for (const member of shape.members) {
    const item = value[member.name];
    if (item === undefined || item === null) {
      if (member.required) return `${path}${member.name}`;
      continue;
    }
    const missing = missingIn(member.shape, item, `${path}${member.name}.`);
    if (missing !== undefined) return missing;
  }
  return undefined;
}

function firstOf<K>(
  entries: Iterable<[K, unknown]>,
  look: (key: K, item: unknown) => string | undefined,
): string | undefined {
  for (const [key, item] of entries) {
    const found = look(key, item);
    if (found !== undefined) return found;
  }
  return undefined;
}
