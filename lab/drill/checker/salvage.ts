//! Reads what a salvage left behind, as anybody could who is given the folder: a summary, a CSV file
//! of the rows of each table, and one of missing objects. Files that contradict the summary prove
//! nothing and are refused.

import type { SalvageReading } from "../verdicts/evidence.ts";
import { parseCsv } from "./csv.ts";

export interface SalvageFiles {
  readonly name: string;
  readonly summary: string;
  /** Every CSV file of the table of orders, in any order. */
  readonly orders: readonly string[];
  readonly objects: string;
}

export const ordersTable = "app.orders";
export const objectsFile = "missing-objects.csv";

/** `app.orders.csv`, and `app.orders.part-2.csv` where there is much. */
export function isOrdersFile(name: string): boolean {
  return /^app\.orders(\.part-\d+)?\.csv$/.test(name);
}

export function salvageFrom({ name, summary, orders, objects }: SalvageFiles): SalvageReading {
  const rows = orders.flatMap(parseCsv);
  const keysOf = (label: string): string[] =>
    rows.filter((row) => row["salvage"]?.startsWith(label)).map((row) => row["key"] ?? "");
  const missingKeys = keysOf("missing");
  const conflictingKeys = keysOf("conflict, there");
  const counted = countsIn(name, summary);
  refuseUnlessEqual(`${name}: missing rows`, counted.missing, missingKeys.length);
  refuseUnlessEqual(`${name}: conflicting rows`, counted.conflicts, conflictingKeys.length);
  const missingObjects = parseCsv(objects).map((row) => row["object"] ?? "");
  refuseUnlessEqual(`${name}: missing objects`, counted.objects, missingObjects.length);
  return { name, missingKeys, conflictingKeys, missingObjects };
}

interface Counts {
  readonly missing: number;
  readonly conflicts: number;
  readonly objects: number;
}

function countsIn(name: string, summary: string): Counts {
  const { missingObjects, tables } = JSON.parse(summary) as Readonly<Record<string, unknown>>;
  const all = (Array.isArray(tables) ? tables : []) as readonly Readonly<Record<string, unknown>>[];
  const orders = all.find(({ table }) => table === ordersTable);
  if (orders === undefined) throw new Error(`${name}: the summary knows of no ${ordersTable}`);
  return {
    missing: Number(orders["missing"]),
    conflicts: Number(orders["conflicts"]),
    objects: Number(missingObjects),
  };
}

function refuseUnlessEqual(what: string, counted: number, named: number): void {
  if (counted !== named) throw new Error(`${what}: ${counted} are counted and ${named} named`);
}
