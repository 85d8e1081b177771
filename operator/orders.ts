//! What a person may order of the operators, and what speaks against it at this moment. An order is
//! refused with every reason at once, or written into the arbiter's item where both operators see it.

import * as z from "zod";
import type { RunningPlan } from "../failover/journal.ts";
import type { Command, Control, LeaseItem } from "../failover/lease-item.ts";
import type { VerdictKind } from "../failover/verdict.ts";
import { initialActive, type RegionName, type Topology } from "../topology/topology.ts";
import { pointOfNoReturn } from "./ending.ts";

const order = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("switchover"), to: z.string().optional() }),
  z.strictObject({ kind: z.literal("failback") }),
  z.strictObject({ kind: z.literal("protect") }),
  z.strictObject({ kind: z.literal("pause"), because: z.string().min(1).max(500) }),
  z.strictObject({ kind: z.literal("resume") }),
  z.strictObject({ kind: z.literal("approve") }),
  z.strictObject({ kind: z.literal("abort") }),
]);

export type Order = z.infer<typeof order>;

export type ReadOrder =
  | { readonly ok: true; readonly order: Order }
  | { readonly ok: false; readonly problems: readonly string[] };

export function readOrder(given: unknown): ReadOrder {
  const parsed = order.safeParse(given);
  if (parsed.success) return { ok: true, order: parsed.data };
  const problems = parsed.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join(".")}: ${message}`,
  );
  return { ok: false, problems };
}

export interface Situation {
  readonly region: RegionName;
  readonly topology: Topology;
  readonly item: LeaseItem;
  readonly running: RunningPlan | "idle";
  readonly verdict: VerdictKind;
  /** Replicas that follow this region's database, where it holds the lease. */
  readonly followers: number | "unknown";
  /** What speaks against a planned change to this region. */
  readonly preflight: readonly string[];
  readonly atMs: number;
}

export type Decided =
  | { readonly ok: true; readonly change: (control: Control) => Control; readonly says: string }
  | { readonly ok: false; readonly problems: readonly string[] };

export function decideOrder(given: Order, now: Situation): Decided {
  const { atMs, item } = now;
  switch (given.kind) {
    case "switchover": {
      const to = given.to ?? otherThan(item.holder, now.topology);
      return command({ kind: "switchover", to }, now);
    }
    case "failback":
      return command({ kind: "failback", to: initialActive(now.topology) }, now);
    case "protect":
      return command({ kind: "protect", to: item.holder }, now);
    case "pause": {
      const { because } = given;
      return accepted("automatic failover is paused", (control) => ({
        ...control,
        paused: { because, atMs },
      }));
    }
    case "resume":
      if (item.control.paused === "no") return refused("nothing is paused");
      return accepted("automatic failover goes on", (control) => ({ ...control, paused: "no" }));
    case "approve":
      return approve(now);
    case "abort":
      return abort(now);
    default:
      return given satisfies never;
  }
}

function command(wanted: Pick<Command, "kind" | "to">, now: Situation): Decided {
  const against = [...againstAny(now), ...againstThis(wanted, now)];
  if (against.length > 0) return refused(...against);
  const { kind, to } = wanted;
  const { atMs, item } = now;
  const id = `${kind}-${item.version + 1}`;
  return accepted(`${kind} to ${to} is ordered`, (before) => ({
    ...before,
    command: { id, kind, to, atMs },
  }));
}

/** What speaks against every change that a person may order. */
function againstAny({ item: { control, holder }, running, topology }: Situation): string[] {
  const { command: ordered, paused } = control;
  return [
    topology.mode === "observe" ? "mode observe touches nothing" : "",
    paused === "no" ? "" : `paused: ${paused.because}; resume first`,
    ordered === "none" ? "" : `${ordered.kind} is ordered already; abort it first`,
    running === "idle" ? "" : `plan ${running.plan.id} is running`,
    holder === "nobody" ? "nobody holds the lease at the moment" : "",
  ].filter((text) => text !== "");
}

function againstThis({ kind, to }: Pick<Command, "kind" | "to">, now: Situation): string[] {
  const { holder } = now.item;
  if (holder === "nobody" || kind === "protect") return [];
  const regions = Object.keys(now.topology.regions);
  if (!regions.includes(to)) return [`to: "${to}" is none of ${regions.join(", ")}`];
  if (holder === to) return [`${to} holds the lease already`];
  if (kind !== "switchover") return [];
  if (to === now.region) return [...now.preflight];
  if (now.followers === "unknown" || now.followers > 0) return [];
  return [`no replica follows the database of ${holder}: protect first, or order a failback`];
}

function approve({ atMs, item, region, verdict }: Situation): Decided {
  // Only the operator that would act knows whether something is held.
  if (item.holder === region) return refused("this region holds the lease: ask the other operator");
  if (verdict !== "hold") return refused(`no change is held: the verdict is ${verdict}`);
  const { epoch } = item;
  return accepted(`approved for epoch ${epoch}`, (control) => ({
    ...control,
    approval: { epoch, atMs },
  }));
}

function abort({ item, running }: Situation): Decided {
  if (running === "idle") {
    if (item.control.command === "none") return refused("no plan is running");
    return accepted(`${item.control.command.kind} is no longer ordered`, (control) => ({
      ...control,
      command: "none",
    }));
  }
  const stuck = pointOfNoReturn(running);
  if (stuck !== "none") {
    return refused(`plan ${running.plan.id} is past ${stuck.step}: ${stuck.because}; it goes on`);
  }
  const { id } = running.plan;
  return accepted(`plan ${id} is being walked back`, (control) => ({ ...control, abort: id }));
}

function otherThan(holder: string, topology: Topology): RegionName {
  return Object.keys(topology.regions).find((name) => name !== holder) ?? holder;
}

function accepted(says: string, change: (control: Control) => Control): Decided {
  return { ok: true, says, change };
}

function refused(...problems: string[]): Decided {
  return { ok: false, problems };
}
