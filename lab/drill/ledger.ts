//! The ledger: what every simulated user and canary asked, and what they were answered, one JSON
//! object a line. The load writes it; checker and runner read it. A line once written stays.

export type Outcome = "acknowledged" | "refused" | "unknown" | "failed";

/** `user` and `canary` are writes of an order; `read` and `object` are the users' other requests. */
export type RequestKind = "user" | "canary" | "read" | "object";

export interface RequestLine {
  readonly kind: RequestKind;
  readonly seq: number;
  readonly key: string;
  /** The region asked: by a user the one that DNS named, by a canary always its own. */
  readonly region: string | null;
  /** The region whose own database answered, as the answer says. */
  readonly answeredBy: string | null;
  readonly epoch: number | null;
  readonly status: number | null;
  /** `refused` and `failed` are certain: nothing was stored. `unknown` may have been. */
  readonly outcome: Outcome;
  readonly sentAtMs: number;
  readonly doneAtMs: number;
  readonly error: string | null;
  readonly item?: string;
  readonly quantity?: number;
  /** The object that the order points at. */
  readonly attachment?: string;
}

/** Consecutive refusals of one region's canary: the region that waits says no all day. */
export interface RefusalsLine {
  readonly kind: "refusals";
  readonly region: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly sentAtMs: number;
  readonly doneAtMs: number;
  readonly error: string;
}

export interface StartLine {
  readonly kind: "start";
  readonly seed: number;
  readonly hostname: string;
  readonly writesPerSecond: number;
  readonly clients: number;
  readonly startedAtMs: number;
}

export interface EndLine {
  readonly kind: "end";
  readonly endedAtMs: number;
  readonly sent: number;
  /** Requests that were due while too many others were still unanswered. They were never sent. */
  readonly skipped: number;
}

export type LedgerLine = RequestLine | RefusalsLine | StartLine | EndLine;

export interface Ledger {
  readonly start: StartLine | null;
  readonly requests: readonly RequestLine[];
  readonly refusals: readonly RefusalsLine[];
  /** Missing when the load was killed: what happened afterwards is then unknown. */
  readonly end: EndLine | null;
  readonly malformedLines: number;
}

/** The error of an object request that the service answers with 404 or 501: it has no objects. */
export const objectsOff = "objects-off";

export function orderKey(seed: number, seq: number): string {
  return `load-${seed}-${seq}`;
}

export function canaryKey(seed: number, region: string, seq: number): string {
  return `canary-${seed}-${region}-${seq}`;
}

/** Reads a whole ledger. A line that cannot be read is counted, never guessed. */
export function parseLedger(text: string): Ledger {
  const requests: RequestLine[] = [];
  const refusals: RefusalsLine[] = [];
  let start: StartLine | null = null;
  let end: EndLine | null = null;
  let malformedLines = 0;
  for (const row of text.split("\n")) {
    if (row === "") continue;
    const line = parseLedgerLine(row);
    if (line === null) malformedLines += 1;
    else if (line.kind === "start") start = line;
    else if (line.kind === "end") end = line;
    else if (line.kind === "refusals") refusals.push(line);
    else requests.push(line);
  }
  return { start, requests, refusals, end, malformedLines };
}

export function parseLedgerLine(row: string): LedgerLine | null {
  let line: unknown;
  try {
    line = JSON.parse(row);
  } catch {
    return null;
  }
  return isLedgerLine(line) ? line : null;
}

/** The fields that every kind must have; a line of the load never lacks the others. */
const requiredNumbers: Readonly<Record<string, readonly string[]>> = {
  start: ["seed", "startedAtMs"],
  end: ["endedAtMs", "skipped"],
  refusals: ["firstSeq", "lastSeq", "sentAtMs", "doneAtMs"],
  user: ["seq", "sentAtMs", "doneAtMs"],
  canary: ["seq", "sentAtMs", "doneAtMs"],
  read: ["seq", "sentAtMs", "doneAtMs"],
  object: ["seq", "sentAtMs", "doneAtMs"],
};

const outcomes: readonly unknown[] = [
  "acknowledged",
  "refused",
  "unknown",
  "failed",
] satisfies readonly Outcome[];

function isLedgerLine(line: unknown): line is LedgerLine {
  if (typeof line !== "object" || line === null) return false;
  const fields = line as Readonly<Record<string, unknown>>;
  const kind = String(fields["kind"]);
  const numbers = Object.hasOwn(requiredNumbers, kind) ? requiredNumbers[kind] : undefined;
  if (!numbers?.every((name) => Number.isFinite(fields[name]))) return false;
  if (kind === "start" || kind === "end") return true;
  if (kind === "refusals") return typeof fields["region"] === "string";
  return typeof fields["key"] === "string" && outcomes.includes(fields["outcome"]);
}
