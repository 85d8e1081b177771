//! Follows what was ordered to its end, and says each step as the journal tells it. The operators go
//! on whether anybody watches or not.

import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { stepHandlers } from "../steps/steps.ts";
import { askAll, type Reach } from "./reach.ts";

const entry = z.object({
  kind: z.string(),
  atMs: z.number(),
  planId: z.string(),
  step: z.string().optional(),
  detail: z.string().optional(),
  because: z.array(z.string()).optional(),
});

type Entry = z.infer<typeof entry>;

const status = z.object({
  control: z.union([z.literal("unknown"), z.object({ command: z.unknown() })]),
  plan: z.union([z.literal("none"), z.object({ id: z.string() })]),
});

const pollMs = 300;

export interface Followed {
  readonly done: boolean;
  readonly entries: readonly Entry[];
}

/** Until nothing is ordered and no plan runs. */
export async function follow(
  reach: Reach,
  sinceMs: number,
  say: (line: string) => void,
): Promise<Followed> {
  const told = new Map<string, Entry>();
  for (;;) {
    for (const next of await readJournal(reach)) {
      const identity = `${next.planId} ${next.kind} ${next.step} ${next.atMs}`;
      if (next.atMs < sinceMs || told.has(identity)) continue;
      told.set(identity, next);
      const line = wordsOf(next, sinceMs);
      if (line !== "") say(line);
    }
    if (await isQuiet(reach)) break;
    await sleep(pollMs);
  }
  const entries = [...told.values()];
  if (entries.length === 0) say("there was nothing to do");
  return { done: entries.length === 0 || entries.at(-1)?.kind === "plan-finished", entries };
}

async function readJournal(reach: Reach): Promise<Entry[]> {
  const answers = await askAll(reach, "/journal");
  const entries = answers.flatMap((answer) => {
    const read = z.array(entry).safeParse(answer?.body);
    return read.success ? read.data : [];
  });
  return entries.sort((a, b) => a.atMs - b.atMs);
}

async function isQuiet(reach: Reach): Promise<boolean> {
  const answers = await askAll(reach, "/status");
  const read = answers.flatMap((answer) => {
    const one = status.safeParse(answer?.body);
    return one.success ? [one.data] : [];
  });
  if (read.length === 0) return false;
  return read.every(
    ({ control, plan }) => plan === "none" && control !== "unknown" && control.command === "none",
  );
}

function wordsOf({ atMs, because = [], detail, kind, planId, step }: Entry, sinceMs: number) {
  const at = `${((atMs - sinceMs) / 1_000).toFixed(1).padStart(6)} s`;
  const title = titleOf(step);
  switch (kind) {
    case "step-done":
      return `${at}  ${title}${detail === undefined ? "" : `: ${detail}`}`;
    case "step-undone":
      return `${at}  taken back: ${title}`;
    case "step-refused":
      return `${at}  not yet: ${title}${detail === undefined ? "" : `: ${detail}`}`;
    case "step-intended":
      return "";
    default:
      return [`${at}  ${kind.replace("plan-", `${planId} `)}`, ...because].join("; ");
  }
}

function titleOf(step: string | undefined): string {
  const rows: Readonly<Record<string, { readonly title: string }>> = stepHandlers;
  return step === undefined ? "" : (rows[step]?.title ?? step);
}
