//! Tables as the catalogue would describe them, for the unit tests of the salvage.

import type { Column, Key, Table } from "../../operator/salvage/table.ts";

const equals = "operator(pg_catalog.=)";

export function column(name: string, more: Partial<Column> = {}): Column {
  const plain = { generated: false, identity: "none", numbered: false, sequence: null } as const;
  return { name, type: "text", ...plain, ...more };
}

export function keyOf(names: readonly string[], primary = false): Key {
  return { primary, columns: names.map((name) => ({ name, type: "text", equals })) };
}

export function table(name: string, more: Partial<Table> = {}): Table {
  return {
    schema: "app",
    name,
    partitioned: false,
    unlogged: false,
    columns: [],
    keys: [],
    references: [],
    ...more,
  };
}

export const byId = keyOf(["id"], true);
export const byKey = keyOf(["key"]);

export const orders = table("orders", {
  columns: [
    column("id", { identity: "always", numbered: true, sequence: "app.orders_id_seq" }),
    column("key"),
    column("item"),
    column("doubled", { generated: true }),
  ],
  keys: [byId, byKey],
});
