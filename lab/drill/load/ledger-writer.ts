//! Appends lines to the ledger file. Buffered, and on disk at most 100 ms later; one write at a
//! time, in order. A disk that fails stops the load: a ledger with holes proves nothing.

import { open } from "node:fs/promises";
import type { LedgerLine } from "../ledger.ts";

export interface LedgerWriter {
  write(line: LedgerLine): void;
  /** Resolves when every line is on disk. */
  close(): Promise<void>;
}

export const flushMs = 100;

export async function openLedger(
  path: string,
  onFailure: (error: unknown) => void,
): Promise<LedgerWriter> {
  const file = await open(path, "w");
  let buffered: string[] = [];
  let writing: Promise<void> = Promise.resolve();

  const flush = (): void => {
    if (buffered.length === 0) return;
    const text = buffered.join("");
    buffered = [];
    writing = writing.then(() => file.appendFile(text));
    writing.catch(onFailure);
  };

  const timer = setInterval(flush, flushMs);
  return {
    write(line) {
      buffered.push(`${JSON.stringify(line)}\n`);
    },
    async close() {
      clearInterval(timer);
      flush();
      await writing;
      await file.close();
    },
  };
}
