//! The operators' own account of a drill, read over HTTP from both regions. It explains the phases
//! and feeds the time line; no verdict rests on it.

import type { LabDescriptor } from "../descriptor.ts";

export interface JournalEntry {
  readonly kind: string;
  readonly atMs: number;
  readonly planId: string;
  /** Of the plan: `failover`, `handover`, `switchover`, `protect`. */
  readonly planKind: string | null;
  readonly step: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly epoch: number | null;
  readonly suspectedAtMs: number | null;
  readonly because: readonly string[];
}

const answerMs = 400;

export interface OperatorAnswers {
  /** Every operator's answer as it came, by region; null where none came. */
  readonly raw: Readonly<Record<string, unknown>>;
}

export async function askOperators(
  lab: LabDescriptor,
  path: "/journal" | "/status" | "/healthz",
): Promise<OperatorAnswers> {
  const regions = Object.entries(lab.regions);
  const answers = await Promise.all(
    regions.map(
      async ([region, { operator }]) => [region, await fetchJson(operator, path)] as const,
    ),
  );
  return { raw: Object.fromEntries(answers) };
}

/** The entries of all operators, each once, by time. What is not an entry is left out. */
export function mergeJournals({ raw }: OperatorAnswers): JournalEntry[] {
  return newJournalLog()
    .add({ raw })
    .toSorted((a, b) => a.atMs - b.atMs);
}

/** Keeps what was read: an operator shows its newest plan only, and a drill may see several. */
export interface JournalLog {
  /** Takes what operators answered; returns the entries that were not there before. */
  add(answers: OperatorAnswers): readonly JournalEntry[];
  /** By time. */
  readonly entries: readonly JournalEntry[];
  /** The plans as they were written down, by id. */
  readonly plans: Readonly<Record<string, unknown>>;
  /** Every entry that a region's operator ever showed, as it came. */
  readonly raw: Readonly<Record<string, readonly unknown[]>>;
}

export function newJournalLog(): JournalLog {
  const byIdentity = new Map<string, JournalEntry>();
  const plans: Record<string, unknown> = {};
  const all: Record<string, unknown[]> = {};
  const shown = new Set<string>();
  let sorted: readonly JournalEntry[] = [];
  const keep = (region: string, value: unknown): void => {
    const text = `${region} ${JSON.stringify(value)}`;
    if (shown.has(text)) return;
    shown.add(text);
    (all[region] ??= []).push(value);
  };
  return {
    plans,
    raw: all,
    get entries() {
      return sorted;
    },
    add({ raw }) {
      const fresh: JournalEntry[] = [];
      for (const [region, journal] of Object.entries(raw)) {
        if (!Array.isArray(journal)) continue;
        for (const value of journal as readonly unknown[]) {
          keep(region, value);
          const entry = entryFrom(value);
          if (entry === null) continue;
          if (entry.kind === "plan-started") plans[entry.planId] = memberOf(value, "plan");
          const identity = `${entry.planId} ${entry.kind} ${entry.step} ${entry.atMs}`;
          if (!byIdentity.has(identity)) fresh.push(entry);
          byIdentity.set(identity, entry);
        }
      }
      if (fresh.length > 0) sorted = [...byIdentity.values()].sort((a, b) => a.atMs - b.atMs);
      return fresh;
    },
  };
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return null;
  return (value as Readonly<Record<string, unknown>>)[name] ?? null;
}

function entryFrom(value: unknown): JournalEntry | null {
  if (typeof value !== "object" || value === null) return null;
  const fields = value as Readonly<Record<string, unknown>>;
  const { kind, atMs, planId } = fields;
  if (typeof kind !== "string" || typeof planId !== "string") return null;
  if (typeof atMs !== "number") return null;
  const plan = { ...fields, ...(fields["plan"] as object | undefined) } as typeof fields;
  return {
    kind,
    atMs,
    planId,
    planKind: textOf(plan["kind"] === kind ? null : plan["kind"]) ?? kindIn(planId),
    step: textOf(fields["step"]),
    from: textOf(plan["from"]),
    to: textOf(plan["to"]),
    epoch: numberOf(plan["epoch"]),
    suspectedAtMs: numberOf(fields["suspectedAtMs"]),
    because: reasonsOf(fields),
  };
}

/** `failover-2` is a failover. */
function kindIn(planId: string): string | null {
  return /^([a-z-]+)-\d+$/.exec(planId)?.[1] ?? null;
}

function reasonsOf({ because, fault, detail }: Readonly<Record<string, unknown>>): string[] {
  const reasons: readonly unknown[] = Array.isArray(because) ? because : [fault, detail];
  return reasons.filter((reason) => typeof reason === "string");
}

async function fetchJson(operator: string, path: string): Promise<unknown> {
  try {
    const response = await fetch(new URL(path, operator), {
      signal: AbortSignal.timeout(answerMs),
    });
    const text = await response.text();
    if (!response.ok) return null;
    return text.startsWith("[") || text.startsWith("{") ? JSON.parse(text) : text;
  } catch {
    // Gone with its region, or busy: what it did is in the other operator's journal as well.
    return null;
  }
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
