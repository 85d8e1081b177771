//! Commands that talk to a lab that runs, through the addresses in its lab.json and nothing else.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import type { LabDescriptor } from "../descriptor.ts";
import {
  faultGrammar,
  parseFault,
  resolveFault,
  type Roles,
  rolesOf,
} from "../faults/fault-text.ts";
import { statusTable, type RegionStatus } from "./status-table.ts";
import { passesByItself } from "../world/fault-book.ts";
import { labCommand } from "./advice.ts";
import { UsageError } from "./usage-error.ts";

/** A fault may take its time: a disk fills, a database starts again. */
const timeoutMs = 60_000;

export async function inject(folder: string, text: string, json: boolean): Promise<void> {
  const descriptor = readDescriptor(folder);
  const parsed = parseFault(text);
  if (!parsed.ok) throw new UsageError(parsed.problem);
  const resolved = resolveFault(parsed.value, await rolesOfNow(descriptor));
  if (!resolved.ok) throw new UsageError(resolved.problem);
  const injected = await request(`${descriptor.faultApi}/faults`, "POST", resolved.value);
  const { id, text: told } = z.object({ id: z.string(), text: z.string() }).parse(injected);
  const undo = passesByItself(resolved.value)
    ? "it starts again by itself"
    : `undo it with: ${labCommand(folder)} heal ${id}`;
  print(json, injected, `${id}: ${told}\n${undo}`);
}

/** After a failover "active" means the region that serves now, not the one that did at first. */
async function rolesOfNow(descriptor: LabDescriptor): Promise<Roles> {
  const names = Object.keys(descriptor.regions);
  const answers = await Promise.all(
    Object.values(descriptor.regions).map(({ app }) => ask(`${app}/region`)),
  );
  const serving = names.find((_name, index) => roleOf(answers[index]) === "serving");
  const waiting = names.find((name) => name !== serving);
  const atFirst = rolesOf(descriptor);
  if (serving === undefined || waiting === undefined) return atFirst;
  return { ...atFirst, active: serving, standby: waiting };
}

function roleOf(answer: unknown): string | undefined {
  const parsed = z.object({ role: z.string() }).safeParse(answer);
  return parsed.success ? parsed.data.role : undefined;
}

/** The faults and how to write them. */
inject.help = (): string => {
  const rows = Object.entries(faultGrammar).map(([kind, form]) => `  ${kind} ${form}`.trimEnd());
  return [
    "",
    "Faults (REGION may also be active or standby; FROM and TO those, witness and internet):",
    ...rows,
  ].join("\n");
};

export async function heal(folder: string, id: string | undefined, json: boolean): Promise<void> {
  const { faultApi } = readDescriptor(folder);
  const path = id === undefined ? "/faults" : `/faults/${encodeURIComponent(id)}`;
  const left = await request(`${faultApi}${path}`, "DELETE");
  const count = Array.isArray(left) ? left.length : 0;
  print(json, left, count === 0 ? "no fault is active" : `${count} still active`);
}

export async function showStatus(folder: string, json: boolean): Promise<void> {
  const descriptor = readDescriptor(folder);
  const faults = await request(`${descriptor.faultApi}/faults`, "GET");
  const regions = await Promise.all(
    Object.entries(descriptor.regions).map(async ([name, region]): Promise<RegionStatus> => ({
      name,
      region: await ask(`${region.app}/region`),
      operator: await ask(`${region.operator}/status`),
    })),
  );
  print(json, { regions, faults }, statusTable(descriptor, regions, faults));
}

function readDescriptor(folder: string): LabDescriptor {
  const file = join(folder, "lab.json");
  try {
    // Written by the lab alone, whole or not at all.
    return JSON.parse(readFileSync(file, "utf8")) as LabDescriptor;
  } catch {
    throw new UsageError(`no lab is running: there is no ${file}; start one with npm start`);
  }
}

async function request(url: string, method: string, body?: unknown): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      signal: AbortSignal.timeout(timeoutMs),
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
  } catch {
    throw new Error(`the lab does not answer at ${url}; was it killed? npm start cleans up`);
  }
  const answer: unknown = await response.json();
  if (response.ok) return answer;
  throw new UsageError(`the lab refused it: ${refusalIn(answer)}`);
}

function refusalIn(answer: unknown): string {
  const refusal = z.object({ error: z.string(), problems: z.array(z.string()).default([]) });
  const parsed = refusal.safeParse(answer);
  if (!parsed.success) return JSON.stringify(answer);
  return [parsed.data.error, ...parsed.data.problems].join("\n  ");
}

async function ask(url: string): Promise<unknown> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    return await response.json();
  } catch {
    return "no answer";
  }
}

function print(json: boolean, value: unknown, text: string): void {
  process.stdout.write(`${json ? JSON.stringify(value, undefined, 2) : text}\n`);
}
