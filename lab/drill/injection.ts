//! Injects and heals the faults of a drill at their times, and writes down when that really was.

import { setTimeout as sleep } from "node:timers/promises";
import { fractionOf } from "./load/orders.ts";
import type { Drill } from "./drill.ts";
import { resolveFault, rolesOf } from "../faults/fault-text.ts";
import type { Fault } from "../faults/faults.ts";
import type { PlannedFault } from "./scenarios/scenario.ts";

/** Faults come at any moment of the timers' periods, but at the same one for the same seed. */
const phaseMsMax = 1_000;

interface TimedFault extends PlannedFault {
  readonly main: boolean;
}

/** Resolves when every fault is injected, and healed where the plan says so. */
export async function injectFaults(drill: Drill): Promise<void> {
  const faults = plannedFaults(drill);
  const earliestMs = Math.min(0, ...faults.map((planned) => planned.atMs));
  const phaseMs = fractionOf(drill.request.seed) * phaseMsMax;
  const zeroAtMs = drill.ports.nowMs() + phaseMs - earliestMs;
  await Promise.all(faults.map((planned) => injectOne(drill, planned, zeroAtMs)));
}

function plannedFaults({ request, lab }: Drill): TimedFault[] {
  const own = request.scenario.faults.map((planned, i) => ({ ...planned, main: i === 0 }));
  const also = request.also.map((planned) => ({ ...planned, main: false }));
  return [...own, ...also].map((planned) => {
    const fault = resolveFault(planned.fault, rolesOf(lab.descriptor));
    if (!fault.ok) throw new Error(fault.problem);
    return { ...planned, fault: fault.value };
  });
}

async function injectOne(drill: Drill, planned: TimedFault, zeroAtMs: number): Promise<void> {
  const { lab, ports, findings } = drill;
  const { fault, main } = planned;
  const until = (atMs: number): Promise<void> =>
    sleep(Math.max(0, atMs - ports.nowMs()), undefined, { signal: ports.signal });

  await until(zeroAtMs + planned.atMs);
  const active = await lab.inject(fault);
  const record = { fault, text: active.text, injectedAtMs: active.injectedAtMs, main };
  const index = findings.faults.push({ ...record, healedAtMs: null }) - 1;
  if (planned.healAfterMs === undefined) return;
  await until(active.injectedAtMs + planned.healAfterMs);
  await lab.heal(active.id);
  findings.faults[index] = { ...record, healedAtMs: ports.nowMs() };
}

/** When nothing new is to come any more: the last injection or healing of the plan. */
export function lastFaultMs(faults: readonly PlannedFault[]): number {
  return Math.max(0, ...faults.map((planned) => planned.atMs + (planned.healAfterMs ?? 0)));
}

/** The regions whose processes all died: only there a database must be started to be read. */
export function lostRegions(faults: readonly { readonly fault: Fault }[]): string[] {
  const regions = faults.flatMap(({ fault }) =>
    fault.kind === "region-loss" ? [fault.region] : [],
  );
  return [...new Set(regions)];
}
