//! Follows a ledger while it is written. A line counts when it is whole.

import { open } from "node:fs/promises";
import { parseLedger, type Ledger, type RefusalsLine, type RequestLine } from "./ledger.ts";

export interface LedgerTail {
  /** Everything that is on disk by now. */
  read(): Promise<Ledger>;
}

const chunkBytes = 1 << 20;

export function ledgerTail(path: string): LedgerTail {
  const requests: RequestLine[] = [];
  const refusals: RefusalsLine[] = [];
  let ledger: Ledger = { start: null, requests, refusals, end: null, malformedLines: 0 };
  let position = 0;
  let rest = Buffer.alloc(0);

  const take = (bytes: Buffer): void => {
    const all = Buffer.concat([rest, bytes]);
    const cut = all.lastIndexOf(0x0a) + 1;
    rest = all.subarray(cut);
    const part = parseLedger(all.subarray(0, cut).toString("utf8"));
    for (const line of part.requests) requests.push(line);
    for (const line of part.refusals) refusals.push(line);
    ledger = {
      start: part.start ?? ledger.start,
      requests,
      refusals,
      end: part.end ?? ledger.end,
      malformedLines: ledger.malformedLines + part.malformedLines,
    };
  };

  return {
    async read() {
      const file = await open(path, "r").catch(() => null);
      if (file === null) return ledger;
      try {
        const buffer = Buffer.alloc(chunkBytes);
        for (;;) {
          const { bytesRead } = await file.read(buffer, 0, chunkBytes, position);
          if (bytesRead === 0) return ledger;
          position += bytesRead;
          take(Buffer.from(buffer.subarray(0, bytesRead)));
        }
      } finally {
        await file.close();
      }
    },
  };
}
