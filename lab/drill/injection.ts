//! Carries out a scenario's plan: injects and heals its faults and sends its commands, each at its
//! time or after its event, and writes down when that really was.

import { setTimeout as sleep } from "node:timers/promises";
import { resolveCommand, sendCommand } from "./commands.ts";
import { fractionOf } from "./load/orders.ts";
import type { Drill } from "./drill.ts";
import { resolveFault, rolesOf } from "../faults/fault-text.ts";
import type { Cue, PlannedCommand, PlannedFault } from "./scenarios/scenario.ts";
import { describeCommand, type CommandRecord } from "./verdicts/command.ts";

/** Faults come at any moment of the timers' periods, but at the same one for the same seed. */
const phaseMsMax = 1_000;

interface TimedFault extends PlannedFault {
  readonly main: boolean;
}

interface TimedCommand extends PlannedCommand {
  readonly main: boolean;
}

/** Resolves when every fault is injected, and healed where the plan says so, and all is commanded. */
export async function carryOutPlan(drill: Drill): Promise<void> {
  const faults = plannedFaults(drill);
  const commands = plannedCommands(drill);
  const earliestMs = Math.min(0, ...[...faults, ...commands].map(fromZeroMs));
  const phaseMs = fractionOf(drill.request.seed) * phaseMsMax;
  const zeroAtMs = drill.ports.nowMs() + phaseMs - earliestMs;
  const acting: Acting = { drill, zeroAtMs, toHeal: new Set() };
  await Promise.all([
    ...faults.map((planned) => injectOne(acting, planned)),
    ...commands.map((planned) => commandOne(acting, planned)),
  ]);
}

interface Acting {
  readonly drill: Drill;
  readonly zeroAtMs: number;
  /** Faults in force that are to be healed. */
  readonly toHeal: Set<PlannedFault>;
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

function plannedCommands({ request, lab }: Drill): TimedCommand[] {
  const { faults, commands = [] } = request.scenario;
  return commands.map((planned, i) => ({
    ...planned,
    command: resolveCommand(planned.command, lab.descriptor),
    main: i === 0 && faults.length === 0,
  }));
}

async function injectOne(acting: Acting, planned: TimedFault): Promise<void> {
  const { lab, findings, ports } = acting.drill;
  const { fault, main } = planned;
  await cued(acting, planned);
  const active = await lab.inject(fault);
  const record = { fault, text: active.text, injectedAtMs: active.injectedAtMs, main };
  const index = findings.faults.push({ ...record, healedAtMs: null }) - 1;
  const heal = healingOf(planned, active.injectedAtMs - acting.zeroAtMs);
  if (heal === null) return;
  acting.toHeal.add(planned);
  await cued(acting, heal);
  await lab.heal(active.id);
  findings.faults[index] = { ...record, healedAtMs: ports.nowMs() };
  acting.toHeal.delete(planned);
  if (acting.toHeal.size === 0) findings.events.note("healed", ports.nowMs());
}

function healingOf(planned: PlannedFault, injectedMs: number): Cue | null {
  if (planned.heal !== undefined) return planned.heal;
  if (planned.healAfterMs === undefined) return null;
  return { atMs: injectedMs + planned.healAfterMs };
}

async function commandOne(acting: Acting, planned: TimedCommand): Promise<void> {
  const { findings, lab, ports } = acting.drill;
  const { command, main } = planned;
  await cued(acting, planned);
  const text = describeCommand(command);
  const record: CommandRecord = {
    command,
    text,
    main,
    region: null,
    sentAtMs: ports.nowMs(),
    answeredAtMs: null,
    accepted: false,
    problems: [],
  };
  const index = findings.commands.push(record) - 1;
  const answer = await sendCommand(lab.descriptor, command, ports);
  findings.commands[index] = { ...record, ...answer };
  if (answer.accepted) return;
  findings.problems.push(`no operator accepted "${text}": ${answer.problems.join("; ")}`);
}

/** Waits for the moment that a cue names. */
async function cued({ drill: { findings, ports }, zeroAtMs }: Acting, cue: Cue): Promise<void> {
  const fromMs =
    cue.after === undefined ? zeroAtMs : await findings.events.when(cue.after, ports.signal);
  const waitMs = Math.max(0, fromMs + cue.atMs - ports.nowMs());
  await sleep(waitMs, undefined, { signal: ports.signal });
}

function fromZeroMs(cue: Cue): number {
  return cue.after === undefined ? cue.atMs : 0;
}

/** The last moment of the plan that is counted from zero. */
export function lastFromZeroMs(faults: readonly PlannedFault[], commands: readonly Cue[]): number {
  const times = faults.flatMap((planned) => [
    fromZeroMs(planned) + (planned.healAfterMs ?? 0),
    planned.heal === undefined ? 0 : fromZeroMs(planned.heal),
  ]);
  return Math.max(0, ...times, ...commands.map(fromZeroMs));
}
