//! Goal: a row of the old primary is told apart correctly: replicated, missing, in conflict; and numbers
//! that two regions gave twice mislead nobody. Method: tables of what stands there and here.

import { type Candidate, classify, TakenNumbers } from "../../operator/salvage/classify.ts";
import { isSince } from "../../operator/salvage/fork.ts";
import {
  identify,
  mismatch,
  parentsFirst,
  titleOf,
  type Table,
} from "../../operator/salvage/table.ts";
import { byId, byKey, column, keyOf, orders, table } from "./salvage-tables.ts";

const there = ["57", "k57", "lost", "1"];
const other = ["57", "k99", "new", "1"];
const found = (row: readonly (string | null)[], inherited: boolean) => ({ row, inherited });
const noNumber = [{ key: byId, found: undefined }];

test.each<[string, Omit<Candidate, "there">, object]>([
  [
    "is here word for word",
    { found: found(there, false), byNumber: noNumber },
    { kind: "replicated" },
  ],
  [
    "is nowhere here",
    { found: undefined, byNumber: noNumber },
    { kind: "missing", numbersTaken: [], misleading: undefined },
  ],
  [
    "is not here, and its number is a new row's",
    { found: undefined, byNumber: [{ key: byId, found: found(other, false) }] },
    { kind: "missing", numbersTaken: ["id"] },
  ],
  [
    "had another key when both regions had it",
    { found: undefined, byNumber: [{ key: byId, found: found(other, true) }] },
    { kind: "conflict", here: other, key: byId, changed: "there", doubtful: false },
  ],
  [
    "is here as it was before the fork",
    { found: found(["57", "k57", "old", "1"], true), byNumber: noNumber },
    { kind: "conflict", key: byKey, changed: "there", doubtful: false },
  ],
  [
    "is here and was changed here",
    { found: found(["57", "k57", null, "1"], false), byNumber: noNumber },
    { kind: "conflict", key: byKey, changed: "here", doubtful: false },
  ],
])("a row that %s", (_what, candidate, expected) => {
  const finding = classify(orders, byKey, { there, ...candidate }, new TakenNumbers(10));
  const listed = finding === "replicated" ? { kind: finding } : finding;
  expect(listed).toMatchObject(expected);
});

test("under a given number alone, two rows may be two rows", () => {
  const numbers = new TakenNumbers(10);
  const candidate = { there, found: found(other, false), byNumber: [] };
  expect(classify(orders, byId, candidate, numbers)).toMatchObject({ doubtful: true });
  const inherited = { ...candidate, found: found(other, true) };
  expect(classify(orders, byId, inherited, numbers)).toMatchObject({ doubtful: false });
});

const lines = table("lines", {
  columns: [column("order_id"), column("line")],
  keys: [keyOf(["order_id", "line"], true)],
  references: [
    { columns: ["order_id"], parent: { schema: "app", name: "orders" }, parentColumns: ["id"] },
  ],
});

test("a reference to a number that was given twice is misleading, any other is not", () => {
  const numbers = new TakenNumbers(1);
  const missing = { kind: "missing", there, misleading: undefined } as const;
  numbers.note(orders, { ...missing, numbersTaken: [] });
  expect(numbers.misleading(lines, ["57", "1"])).toBeUndefined();
  numbers.note(orders, { ...missing, numbersTaken: ["id"] });
  expect(numbers.misleading(lines, ["57", "1"])).toBe("order_id");
  expect(numbers.misleading(lines, ["58", "1"])).toBeUndefined();
  expect(numbers.misleading(lines, [null, "1"])).toBeUndefined();
  // More than can be remembered: every reference may be misleading.
  numbers.note(orders, { ...missing, there: ["60", "k60", "x", "1"], numbersTaken: ["id"] });
  expect(numbers.misleading(lines, ["58", "1"])).toBe("order_id");
});

test.each([
  ["a natural key before the given number", orders.keys, byKey, [byId]],
  ["the given number when there is nothing else", [byId], byId, []],
  ["the primary key among natural ones", [byKey, keyOf(["item"], true)], keyOf(["item"], true), []],
])("a row is identified by %s", (_what, keys, key, numberKeys) => {
  expect(identify({ ...orders, keys })).toEqual({ key, numberKeys });
});

test("a table without keys has no identity", () => {
  expect(identify({ ...orders, keys: [] })).toBe("no key");
});

function refers(name: string, ...parents: string[]): Table {
  return table(name, {
    references: parents.map((parent) => ({
      columns: [],
      parent: { schema: "app", name: parent },
      parentColumns: [],
    })),
  });
}

test("referenced tables come first, and circles do not hang", () => {
  const tables = [refers("a", "c"), refers("b", "b"), refers("c", "d"), refers("d", "a", "gone")];
  expect(parentsFirst(tables).map(({ name }) => name)).toEqual(["d", "c", "a", "b"]);
});

test("names are told apart, and differing columns are named", () => {
  expect(titleOf({ schema: "a", name: "b.c" })).toBe('a."b.c"');
  expect(titleOf({ schema: "a", name: "b" })).toBe("a.b");
  expect(mismatch(orders, { ...orders, columns: orders.columns.toReversed() })).toBeUndefined();
  expect(mismatch(orders, undefined)).toBe("this region has no such table");
  expect(mismatch(orders, { ...orders, columns: [] })).toMatch(/^the columns differ/);
});

test("only a transaction id goes into a query", () => {
  expect(() => isSince("1; drop table x")).toThrow("not a transaction id");
});
