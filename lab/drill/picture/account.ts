//! The operators' own account: their journals, folded into plans with steps and times. It explains;
//! no verdict rests on it. What is not an entry is left out, what is missing is null.

import { listFrom, numberFrom, objectFrom, textFrom, textsFrom } from "./evidence.ts";

export interface PlanAccount {
  readonly id: string;
  readonly kind: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly epoch: number | null;
  readonly because: readonly string[];
  readonly suspectedAtMs: number | null;
  /** Null when only later entries of the plan are known. */
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly end: PlanEnd;
  readonly endBecause: readonly string[];
  readonly steps: readonly StepAccount[];
}

export type PlanEnd = "finished" | "abandoned" | "superseded" | "aborted" | "open";

export interface StepAccount {
  readonly kind: string;
  /** Null for a step that was never begun. */
  readonly intendedAtMs: number | null;
  readonly doneAtMs: number | null;
  readonly undoneAtMs: number | null;
  readonly detail: string | null;
  readonly refusals: readonly Refusal[];
}

export interface Refusal {
  readonly atMs: number;
  readonly reason: string;
}

interface Entry {
  readonly kind: string;
  readonly atMs: number;
  readonly planId: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The plans of all operators, each once, in the order in which they began. */
export function plansOf(journals: Readonly<Record<string, unknown>>): PlanAccount[] {
  const byPlan = new Map<string, Entry[]>();
  for (const entry of entriesOf(journals)) {
    const entries = byPlan.get(entry.planId);
    if (entries === undefined) byPlan.set(entry.planId, [entry]);
    else entries.push(entry);
  }
  return [...byPlan.values()].map(planFrom);
}

/** Both operators keep what the other one did as well: the same entry is told once. */
function entriesOf(journals: Readonly<Record<string, unknown>>): Entry[] {
  const byIdentity = new Map<string, Entry>();
  for (const value of Object.values(journals).flatMap(listFrom)) {
    const entry = entryFrom(value);
    if (entry === null) continue;
    const step = textFrom(entry.fields["step"]) ?? "";
    byIdentity.set(`${entry.planId} ${entry.kind} ${step} ${entry.atMs}`, entry);
  }
  return [...byIdentity.values()].sort((a, b) => a.atMs - b.atMs);
}

function entryFrom(value: unknown): Entry | null {
  const fields = objectFrom(value);
  const kind = textFrom(fields?.["kind"]);
  const planId = textFrom(fields?.["planId"]);
  const atMs = numberFrom(fields?.["atMs"]);
  if (fields === null || kind === null || planId === null || atMs === null) return null;
  return { kind, atMs, planId, fields };
}

const planEnds: Readonly<Record<string, PlanEnd>> = {
  "plan-finished": "finished",
  "plan-abandoned": "abandoned",
  "plan-superseded": "superseded",
  "plan-aborted": "aborted",
};

function planFrom(entries: readonly Entry[]): PlanAccount {
  const id = entries[0]?.planId ?? "unknown";
  const started = entries.find((entry) => entry.kind === "plan-started");
  const ended = entries.findLast((entry) => Object.hasOwn(planEnds, entry.kind));
  const { plan, because, suspectedAtMs } = started?.fields ?? {};
  const planned = objectFrom(plan) ?? {};
  return {
    id,
    kind: textFrom(planned["kind"]) ?? id.replace(/-\d+$/, ""),
    from: textFrom(planned["from"]),
    to: textFrom(planned["to"]),
    epoch: numberFrom(planned["epoch"]),
    because: textsFrom(because),
    suspectedAtMs: numberFrom(suspectedAtMs),
    startedAtMs: started?.atMs ?? null,
    steps: stepKinds(planned, entries).map((kind) => stepFrom(kind, entries)),
    ...endFrom(ended),
  };
}

function endFrom(entry: Entry | undefined): Pick<PlanAccount, "endedAtMs" | "end" | "endBecause"> {
  if (entry === undefined) return { endedAtMs: null, end: "open", endBecause: [] };
  const { atMs, kind, fields } = entry;
  return {
    endedAtMs: atMs,
    end: planEnds[kind] ?? "open",
    endBecause: textsFrom(fields["because"]),
  };
}

/** In the plan's own order, then whatever else was done. */
function stepKinds(plan: Readonly<Record<string, unknown>>, entries: readonly Entry[]): string[] {
  const planned = listFrom(plan["stages"])
    .flatMap(listFrom)
    .map((step) => textFrom(objectFrom(step)?.["kind"]));
  const told = entries.map((entry) => textFrom(entry.fields["step"]));
  return [...new Set([...planned, ...told])].filter((kind) => kind !== null);
}

function stepFrom(step: string, entries: readonly Entry[]): StepAccount {
  const own = entries.filter((entry) => entry.fields["step"] === step);
  const done = own.find((entry) => entry.kind === "step-done");
  return {
    kind: step,
    intendedAtMs: own.find((entry) => entry.kind === "step-intended")?.atMs ?? null,
    doneAtMs: done?.atMs ?? null,
    undoneAtMs: own.find((entry) => entry.kind === "step-undone")?.atMs ?? null,
    detail: textFrom(done?.fields["detail"]),
    refusals: own
      .filter((entry) => entry.kind === "step-refused")
      .map((entry) => ({ atMs: entry.atMs, reason: reasonOf(entry) })),
  };
}

function reasonOf({ fields }: Entry): string {
  const told = [fields["fault"], fields["detail"], ...textsFrom(fields["because"])];
  return told.filter((text) => typeof text === "string").join("; ") || "no reason told";
}
