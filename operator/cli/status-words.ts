//! What the operators say of themselves, in a few lines that answer the first questions of a person on
//! call: who holds the lease, who could take over, is anything running, ordered or paused.

import * as z from "zod";

const control = z.object({
  paused: z.union([z.literal("no"), z.object({ because: z.string() })]),
  command: z.union([z.literal("none"), z.object({ kind: z.string(), to: z.string() })]),
});

export const operatorStatus = z.object({
  region: z.string(),
  mode: z.string(),
  verdict: z.object({ kind: z.string(), because: z.array(z.string()) }),
  lease: z.union([
    z.literal("unknown"),
    z.object({ epoch: z.number(), holder: z.string(), unmovedForMs: z.number() }),
  ]),
  control: z.union([z.literal("unknown"), control]),
  database: z.union([
    z.literal("unreachable"),
    z.object({
      role: z.string(),
      lease: z.union([z.literal("none"), z.object({ live: z.boolean() })]),
    }),
  ]),
  standby: z.object({
    database: z.string(),
    lagMs: z.union([z.number(), z.literal("unknown")]),
  }),
  plan: z.union([
    z.literal("none"),
    z.object({ id: z.string(), done: z.array(z.string()), open: z.array(z.string()) }),
  ]),
});

export type OperatorStatus = z.infer<typeof operatorStatus>;

export function wordsOf(statuses: readonly OperatorStatus[]): string {
  const lines = statuses.map(regionLine);
  const newest = statuses.find(({ lease }) => lease !== "unknown") ?? statuses[0];
  return [leaseLine(newest), ...lines, planLine(newest), controlLine(newest)].join("\n");
}

function leaseLine(status: OperatorStatus | undefined): string {
  if (status === undefined) return "lease    no operator answers";
  const { lease, mode } = status;
  if (lease === "unknown") return `lease    unknown: the arbiter has not answered    mode ${mode}`;
  return `lease    epoch ${lease.epoch}, held by ${lease.holder}    mode ${mode}`;
}

function regionLine(status: OperatorStatus): string {
  const { region, verdict } = status;
  const because = verdict.because.join("; ");
  return `${region}    ${databaseWords(status)}    verdict ${verdict.kind}: ${because}`;
}

function databaseWords({ database, standby }: OperatorStatus): string {
  if (database === "unreachable") return "database unreachable";
  if (database.role === "primary") {
    const live = database.lease !== "none" && database.lease.live;
    return live ? "primary, writable" : "primary, fenced";
  }
  const { lagMs } = standby;
  return lagMs === "unknown" ? "replica, lag unknown" : `replica, ${Math.round(lagMs)} ms behind`;
}

function planLine(status: OperatorStatus | undefined): string {
  if (status === undefined || status.plan === "none") return "plan     none";
  const { done, id, open } = status.plan;
  return `plan     ${id}: ${done.length} of ${done.length + open.length} done, now ${open[0] ?? "ending"}`;
}

function controlLine(status: OperatorStatus | undefined): string {
  if (status === undefined || status.control === "unknown") return "orders   unknown";
  const { command, paused } = status.control;
  const ordered =
    command === "none" ? "nothing ordered" : `${command.kind} to ${command.to} ordered`;
  return `orders   ${ordered}, ${paused === "no" ? "not paused" : `paused: ${paused.because}`}`;
}
