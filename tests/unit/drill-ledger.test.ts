//! Goal: a ledger is read as it was written, and what cannot be read is counted, never guessed.
//! Method: lines as text, whole and broken, at once and in pieces.

import { appendFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseLedger, parseLedgerLine } from "../../lab/drill/ledger.ts";
import { ledgerTail } from "../../lab/drill/ledger-tail.ts";
import { openLedger } from "../../lab/drill/load/ledger-writer.ts";
import { write } from "./drill-evidence.ts";

let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "drill-ledger-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

test("what the writer wrote is what the parser reads", async () => {
  const path = join(folder, "ledger.ndjson");
  const ledger = await openLedger(path, fail);
  const lines = [write(1, 5_000), write(2, 5_050, { outcome: "failed", error: "ECONNREFUSED" })];
  for (const line of lines) ledger.write(line);
  ledger.write({ kind: "end", endedAtMs: 6_000, sent: 2, skipped: 1 });
  await ledger.close();
  const read = parseLedger(await readFile(path, "utf8"));
  expect(read.requests).toEqual(lines);
  expect(read.end).toEqual({ kind: "end", endedAtMs: 6_000, sent: 2, skipped: 1 });
  expect(read.malformedLines).toBe(0);
});

test.each([
  ["cut off", '{"kind":"user","seq":1'],
  ["no object", "7"],
  ["of no known kind", '{"kind":"toString","seq":1}'],
  ["without a time", '{"kind":"user","seq":1,"key":"k","outcome":"failed","sentAtMs":1}'],
  ["with an outcome of its own", JSON.stringify({ ...write(1, 5_000), outcome: "fine" })],
  ["without a key", JSON.stringify({ ...write(1, 5_000), key: undefined })],
])("a line that is %s is malformed", (_what, row) => {
  expect(parseLedgerLine(row)).toBeNull();
  expect(parseLedger(`${row}\n${JSON.stringify(write(2, 5_000))}\n`)).toMatchObject({
    malformedLines: 1,
    requests: [{ seq: 2 }],
  });
});

test("a ledger that is still being written is followed line by line, never half a line", async () => {
  const path = join(folder, "ledger.ndjson");
  const tail = ledgerTail(path);
  expect((await tail.read()).requests).toEqual([]);
  const [first, second] = [JSON.stringify(write(1, 5_000)), JSON.stringify(write(2, 5_050))];
  await appendFile(path, `${first}\n${second.slice(0, 30)}`);
  expect((await tail.read()).requests.map((line) => line.seq)).toEqual([1]);
  await appendFile(path, `${second.slice(30)}\n`);
  expect((await tail.read()).requests.map((line) => line.seq)).toEqual([1, 2]);
  expect((await tail.read()).malformedLines).toBe(0);
});

function fail(error: unknown): never {
  throw error;
}
