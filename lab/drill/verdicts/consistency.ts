//! Do the databases say what the ledger says? Rows nobody sent, rows that are not what was sent,
//! rows twice, rows that were refused and stored all the same.

import { canaryKey, type Ledger } from "../ledger.ts";
import type { Acknowledgement, DatabaseReading, StoredRow } from "./evidence.ts";

export interface Consistency {
  readonly phantomKeys: readonly string[];
  readonly duplicateKeys: readonly string[];
  readonly alteredKeys: readonly string[];
  /** Told "no" and stored nevertheless. No row is lost by it, so it is reported and not judged. */
  readonly refusedYetStoredKeys: readonly string[];
}

export function consistency(
  ledger: Ledger,
  acknowledgements: readonly Acknowledgement[],
  databases: readonly DatabaseReading[],
): Consistency {
  const stored = databases.flatMap((database) => (database.reachable ? database.rows : []));
  const sent = new Set(ledger.requests.map((line) => line.key));
  const refused = refusedKeys(ledger);
  for (const key of refused) sent.add(key);
  const expected = new Map(acknowledgements.map((ack) => [ack.key, ack]));
  return {
    phantomKeys: distinct(stored.filter((row) => !sent.has(row.key))),
    alteredKeys: distinct(stored.filter((row) => isAltered(row, expected.get(row.key)))),
    refusedYetStoredKeys: distinct(stored.filter((row) => refused.has(row.key))),
    duplicateKeys: duplicates(databases, acknowledgements),
  };
}

function refusedKeys(ledger: Ledger): Set<string> {
  const keys = new Set<string>();
  for (const line of ledger.requests) if (line.outcome === "refused") keys.add(line.key);
  const seed = ledger.start?.seed;
  if (seed === undefined) return keys;
  for (const { region, firstSeq, lastSeq } of ledger.refusals) {
    for (let seq = firstSeq; seq <= lastSeq; seq += 1) keys.add(canaryKey(seed, region, seq));
  }
  return keys;
}

function isAltered(row: StoredRow, sent: Acknowledgement | undefined): boolean {
  if (sent === undefined) return false;
  return row.item !== sent.item || row.quantity !== sent.quantity;
}

/** The same key twice in one database, or acknowledged twice. */
function duplicates(
  databases: readonly DatabaseReading[],
  acknowledgements: readonly Acknowledgement[],
): string[] {
  const found = new Set<string>(repeated(acknowledgements));
  for (const database of databases) {
    if (database.reachable) for (const key of repeated(database.rows)) found.add(key);
  }
  return [...found];
}

function repeated(rows: readonly { readonly key: string }[]): string[] {
  const seen = new Set<string>();
  return rows.map((row) => row.key).filter((key) => seen.has(key) || !seen.add(key));
}

function distinct(rows: readonly { readonly key: string }[]): string[] {
  return [...new Set(rows.map((row) => row.key))];
}
