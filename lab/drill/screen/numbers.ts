//! Numbers as people read them. What is unknown is called unknown, never zero.

export function seconds(ms: number | null): string {
  return ms === null ? "unknown" : `${(ms / 1_000).toFixed(2)} s`;
}

export function milliseconds(ms: number | null): string {
  return ms === null ? "unknown" : `${Math.round(ms)} ms`;
}

/** `+1.93 s` after the fault, `-0.02 s` before it. */
export function relativeSeconds(ms: number): string {
  const rounded = Math.round(ms / 10) / 100;
  return `${rounded < 0 ? "-" : "+"}${Math.abs(rounded).toFixed(2)} s`;
}

/** `2,214` */
export function grouped(count: number | null): string {
  return count === null ? "unknown" : String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

/** The middle value, or halfway between the two middle ones. */
export function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  return upper === undefined || lower === undefined ? null : (lower + upper) / 2;
}
