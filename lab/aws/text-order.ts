//! The order in which AWS sorts keys.

/** By UTF-8 bytes, which is not how JavaScript compares. */
export function compareText(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}
