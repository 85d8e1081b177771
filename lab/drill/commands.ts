//! Sends a command to an operator as a person would: to one that answers, and once more to another
//! when it does not. A refusal is asked again for a while, since a plan may just be ending.

import { setTimeout as sleep } from "node:timers/promises";
import type { LabDescriptor } from "../descriptor.ts";
import type { DrillCommand } from "./verdicts/command.ts";

export interface CommandAnswer {
  readonly region: string | null;
  readonly sentAtMs: number;
  readonly answeredAtMs: number | null;
  readonly accepted: boolean;
  readonly problems: readonly string[];
}

export interface CommandPorts {
  readonly nowMs: () => number;
  readonly signal: AbortSignal;
}

const attemptMs = 2_000;
const pauseMs = 250;
const patienceMs = 15_000;

export async function sendCommand(
  lab: LabDescriptor,
  command: DrillCommand,
  ports: CommandPorts,
): Promise<CommandAnswer> {
  const deadlineMs = ports.nowMs() + patienceMs;
  let last: CommandAnswer | null = null;
  for (;;) {
    for (const [region, { operator }] of Object.entries(lab.regions)) {
      const answer = await askOnce({ region, operator, token: lab.operatorToken }, command, ports);
      if (answer.accepted) return answer;
      // What an operator said is worth more than that another one said nothing.
      if (last === null || answer.region !== null) last = answer;
    }
    if (last !== null && ports.nowMs() >= deadlineMs) return last;
    await sleep(pauseMs, undefined, { signal: ports.signal });
  }
}

/** The command with the names of this lab: a person names a region, a scenario a role. */
export function resolveCommand(command: DrillCommand, lab: LabDescriptor): DrillCommand {
  if (command.kind !== "switchover" || command.to === undefined) return command;
  const names: Readonly<Record<string, string>> = {
    active: lab.initialActive,
    standby: lab.initialStandby,
  };
  return { ...command, to: names[command.to] ?? command.to };
}

interface Recipient {
  readonly region: string;
  readonly operator: string;
  readonly token: string;
}

async function askOnce(
  { region, operator, token }: Recipient,
  command: DrillCommand,
  { nowMs }: CommandPorts,
): Promise<CommandAnswer> {
  const sentAtMs = nowMs();
  try {
    const response = await fetch(new URL("/command", operator), {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: JSON.stringify(command),
      signal: AbortSignal.timeout(attemptMs),
    });
    const problems = response.ok ? [] : problemsIn(await response.text(), response.status);
    return { region, sentAtMs, answeredAtMs: nowMs(), accepted: response.ok, problems };
  } catch (error) {
    const problems = [`no answer of ${region}: ${String(error)}`];
    return { region: null, sentAtMs, answeredAtMs: null, accepted: false, problems };
  }
}

/** `{error, problems: [...]}`, or whatever else came. */
function problemsIn(text: string, status: number): string[] {
  try {
    const body = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const all = [body["error"], ...(Array.isArray(body["problems"]) ? body["problems"] : [])];
    const said = all.filter((part) => typeof part === "string");
    if (said.length > 0) return said;
  } catch {
    // Not JSON: the status says enough.
  }
  return [`status ${status}`];
}
