//! Goal: rows become CSV and SQL that mean the same rows, whatever is in them. Method: tables of values,
//! and of findings with the statements they must become.

import type { Finding } from "../../operator/salvage/classify.ts";
import { csvLine } from "../../operator/salvage/csv.ts";
import { quoteName, quoteValue } from "../../operator/salvage/quote.ts";
import { scriptHead, scriptTail, statementOf } from "../../operator/salvage/statements.ts";
import { summaryFrom } from "../../operator/salvage/summary.ts";
import { csvOf } from "../../operator/salvage/table-export.ts";
import { byId, byKey, orders } from "./salvage-tables.ts";

test.each([
  [null, "null"],
  ["", "''"],
  ["it's", "'it''s'"],
  ["a\\b", "E'a\\\\b'"],
  ["a\nb\r'", "E'a\\nb\\r'''"],
  ["\\'; drop", "E'\\\\''; drop'"],
  ["ünï 😀", "'ünï 😀'"],
])("the value %j is written %s", (value, sql) => {
  expect(quoteValue(value)).toBe(sql);
});

test.each([
  ["orders", '"orders"'],
  ['odd "name"', '"odd ""name"""'],
  ["a\nb\\", 'U&"a\\000ab\\\\"'],
  ["back\\slash", '"back\\slash"'],
])("the name %j is written %s", (name, sql) => {
  expect(quoteName(name)).toBe(sql);
});

test.each([
  [["a", null, "", "b"], 'a,,"",b\r\n'],
  [['say "x"', "a,b", "a\nb"], '"say ""x""","a,b","a\nb"\r\n'],
  [[" lead", "trail ", "\\."], '" lead","trail ","\\."\r\n'],
])("the fields %j are one line of CSV", (values, csv) => {
  expect(csvLine(values)).toBe(csv);
});

const there = ["57", "k57", "lost", "1"];
const here = ["99", "k57", "other", "1"];
const missing = { kind: "missing", there, numbersTaken: [], misleading: undefined } as const;
const conflict = { kind: "conflict", there, here, key: byKey, doubtful: false } as const;
const into = 'insert into "app"."orders"';

test.each<[string, Finding, string]>([
  [
    "missing",
    missing,
    `${into} ("id", "key", "item") overriding system value values ('57', 'k57', 'lost') on conflict do nothing;\n`,
  ],
  [
    "missing, and its number taken",
    { ...missing, numbersTaken: ["id"] },
    `-- NUMBER TAKEN: "id" = '57', for "key" = 'k57'\n${into} ("key", "item") values ('k57', 'lost') on conflict do nothing;\n`,
  ],
  [
    "missing, and misleading",
    { ...missing, misleading: "item" },
    `-- MISLEADING "item": ${into} ("id", "key", "item") overriding system value values ('57', 'k57', 'lost') on conflict do nothing;\n`,
  ],
  [
    "a conflict of one row",
    { ...conflict, changed: "there" },
    `-- CONFLICT (changed only there): here "id" = '99', "item" = 'other'\n-- CONFLICT: update "app"."orders" set "id" = '57', "item" = 'lost' where "key" = 'k57';\n`,
  ],
  [
    "a conflict of perhaps two",
    { ...conflict, key: byId, changed: "here", doubtful: true },
    `-- CONFLICT (changed here, perhaps there too; or two rows with the same number): here "id" = '99', "item" = 'other'\n-- CONFLICT: update "app"."orders" set "id" = '57', "item" = 'lost' where "id" = '57';\n`,
  ],
  [
    "deleted",
    { kind: "deleted", here },
    `-- DELETED: delete from "app"."orders" where "key" = 'k57';\n`,
  ],
  [
    "uncertain",
    { kind: "uncertain", there },
    `-- UNCERTAIN: ${into} ("id", "key", "item") overriding system value values ('57', 'k57', 'lost') on conflict do nothing;\n`,
  ],
])("a row that is %s becomes its statement, one line each", (_what, finding, sql) => {
  expect(statementOf(orders, byKey, finding)).toBe(sql);
});

test("the file of a conflict shows both versions", () => {
  expect(csvOf({ ...conflict, changed: "there" })).toBe(
    '"conflict, there",57,k57,lost,1\r\n"conflict, here",99,k57,other,1\r\n',
  );
});

test("a script is one transaction, says what it is, and raises the sequence only for kept numbers", () => {
  const head = scriptHead({ salvage: "protect-2", table: orders, part: 1 });
  expect(head).toContain("found by the salvage protect-2, part 1");
  expect(head).toContain("-- NUMBER TAKEN:".slice(3));
  expect(head.split("\n").filter((line) => !line.startsWith("--"))[0]).toBe("begin;");
  expect(scriptTail(orders, false)).toBe("commit;\n");
  expect(scriptTail(orders, true)).toMatch(
    /^lock table "app"."orders".*\nselect setval\(.*\ncommit;\n$/,
  );
});

test("a text that is no summary is not taken for one", () => {
  const summary = {
    missingRows: 1,
    conflictingRows: 0,
    deletedRows: 0,
    missingObjects: 0,
    uncompared: [],
    location: "s3://b/",
  };
  expect(summaryFrom(JSON.stringify({ ...summary, tables: [] }))).toEqual(summary);
  for (const text of ["", "{", "{}", JSON.stringify({ ...summary, missingRows: -1 })]) {
    expect(summaryFrom(text)).toBeUndefined();
  }
});
