//! The JSON Schema of a topology, made from the zod definition, for editors and for other programs.
//! `topology/schema.json` is a copy of it; a test holds the copy to this.

import * as z from "zod";
import { usTopology } from "./production.ts";
import { topologySchema } from "./topology.ts";

/** The parts of JSON Schema that the topology uses. */
export interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly (string | number)[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: SchemaNode | false;
  readonly propertyNames?: SchemaNode;
  readonly items?: SchemaNode;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  /** An extension that editors of JSON and YAML show in place of the regular expression. */
  readonly patternErrorMessage?: string;
  readonly examples?: readonly unknown[];
}

/** Draft 7, which the YAML language server of every common editor reads. */
export function topologyJsonSchema(): SchemaNode {
  const { $schema, properties, ...rest } = z.toJSONSchema(topologySchema, {
    target: "draft-7",
    override: ({ jsonSchema, path }) => {
      // zod names the format "cidrv4", which no validator knows; the pattern says the same.
      if (jsonSchema.format === "cidrv4") delete jsonSchema.format;
      if (path.join(".") === "properties.regions") {
        jsonSchema.minProperties = 2;
        jsonSchema.maxProperties = 2;
      }
    },
  });
  return {
    $schema,
    title: "Switchback topology",
    description:
      "Two regions, what each is for, what was promised, and the timing that keeps the promise. " +
      "Relations across fields are checked by `npm run topology -- check FILE`.",
    ...rest,
    properties: { ...properties, $schema: { type: "string", description: "This schema." } },
    examples: [usTopology],
  } as SchemaNode;
}
