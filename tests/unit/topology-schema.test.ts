//! Goal: the JSON Schema that editors use is the current one, explains every field and agrees with
//! the parser; the example file and the production topologies are accepted.
//! Method: the files of the repository; a second reader of the schema judges the same values.

import * as fc from "fast-check";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { builtinTopologies } from "../../topology/builtin.ts";
import { loadTopology } from "../../topology/load.ts";
import { productionTopologies, usTopology } from "../../topology/production.ts";
import { topologyJsonSchema, type SchemaNode } from "../../topology/schema.ts";
import { topologySchema } from "../../topology/topology.ts";
import { withFields } from "./topology-fixtures.ts";

const folder = join(__dirname, "../../topology");

test("topology/schema.json is current", () => {
  // To bring it up to date:
  // npm run --silent topology -- schema > topology/schema.json && npm run format
  const stored: unknown = JSON.parse(readFileSync(join(folder, "schema.json"), "utf8"));
  expect(stored).toEqual(JSON.parse(JSON.stringify(topologyJsonSchema())));
});

test("the example names the schema in its first line and is accepted", () => {
  const example = join(folder, "switchback.example.yaml");
  expect(readFileSync(example, "utf8")).toMatch(
    /^# yaml-language-server: \$schema=.\/schema.json\n/,
  );
  const loaded = loadTopology(example);
  expect(loaded.ok ? [] : loaded.problems).toEqual([]);
});

test.each(Object.entries(productionTopologies))(
  "the production topology %s has the objectives and the timing of production",
  (_, topology) => {
    expect(topology.objectives).toEqual({ rtoSeconds: 900, rpoSeconds: 30 });
    expect(topology.promotion.promoteMsExpected).toBeGreaterThanOrEqual(300_000);
    expect(topology).not.toHaveProperty("lab");
  },
);

test("the two production topologies show one that acts and one that asks", () => {
  expect(Object.values(productionTopologies).map(({ mode }) => mode)).toEqual([
    "automatic",
    "approve",
  ]);
});

test("the schema has a title, names its draft and carries an example that it accepts", () => {
  const schema = topologyJsonSchema();
  expect(schema).toMatchObject({
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Switchback topology",
    additionalProperties: false,
    examples: [usTopology],
    properties: { regions: { minProperties: 2, maxProperties: 2 } },
  });
});

test("every field of the schema has a description, and every text its form in words", () => {
  const bare: string[] = [];
  const walk = (node: SchemaNode, path: string): void => {
    if (node.description === undefined) bare.push(path);
    const pattern = (node as { readonly pattern?: string }).pattern;
    if (pattern !== undefined && node.patternErrorMessage === undefined) bare.push(`${path} form`);
    for (const [key, child] of Object.entries(node.properties ?? {})) walk(child, `${path}.${key}`);
    if (typeof node.additionalProperties === "object") walk(node.additionalProperties, `${path}.*`);
    if (node.propertyNames !== undefined) walk(node.propertyNames, `${path} names`);
  };
  walk(topologyJsonSchema(), "topology");
  expect(bare).toEqual([]);
});

describe("read back from JSON, the schema", () => {
  const stored: unknown = JSON.parse(readFileSync(join(folder, "schema.json"), "utf8"));
  const readBack = z.fromJSONSchema(stored as Parameters<typeof z.fromJSONSchema>[0]);

  test.each(Object.entries(builtinTopologies))("accepts %s", (_, topology) => {
    expect(readBack.safeParse(topology)).toMatchObject({ success: true });
    expect(readBack.safeParse({ $schema: "./schema.json", ...topology })).toMatchObject({
      success: true,
    });
  });

  test("agrees with the parser on the form of single fields", () => {
    const paths = ["mode", "dns.ttlSeconds", "lease.leaseMs", "dns.zone", "database.kind", "extra"];
    const values = fc.oneof(
      fc.constantFrom<unknown>(0, 1, 1.5, 300, 301, -1, "", "observe", "a.b", "A.b", "rds", true),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(fc.constantFrom(...paths), values, (path, value) => {
        const candidate = withFields(usTopology, { [path]: value });
        expect(readBack.safeParse(candidate).success).toBe(
          topologySchema.safeParse(candidate).success,
        );
      }),
    );
  });
});
