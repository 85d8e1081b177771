//! A drill begins only when there is something to lose: users write without failure, the replica
//! has what they wrote, and every operator is up.

import { setTimeout as sleep } from "node:timers/promises";
import type { Drill } from "./drill.ts";
import { askOperators } from "./journal.ts";
import type { Ledger } from "./ledger.ts";
import type { LedgerTail } from "./ledger-tail.ts";
import type { RunningProgram } from "./load-process.ts";
import { holdsKey } from "./postgres.ts";

const pollMs = 200;

/** Throws when that state is not reached in time, with what was missing. */
export async function awaitSteady(
  drill: Drill,
  tail: LedgerTail,
  load: RunningProgram,
): Promise<void> {
  const { ports } = drill;
  const deadlineMs = ports.nowMs() + ports.limits.steadyMsMax;
  let told = "";
  for (;;) {
    const missing = await missingForSteady(drill, await tail.read());
    if (missing === null) return;
    if (load.ended() !== null) throw new Error("the load ended early");
    if (ports.nowMs() > deadlineMs) throw new Error(`no steady state: ${missing}`);
    if (missing !== told) ports.tell({ kind: "progress", text: `waiting: ${missing}` });
    told = missing;
    await sleep(pollMs, undefined, { signal: ports.signal });
  }
}

async function missingForSteady({ lab, ports }: Drill, ledger: Ledger): Promise<string | null> {
  const key = steadyKey(ledger.requests, ports.nowMs() - ports.limits.steadyMsMin);
  if (key === null) return "users write without failure";
  const { health, replica } = await lookAround(lab.descriptor, key);
  const down = Object.keys(health).find((region) => health[region] === null);
  if (down !== undefined) return `the operator of ${down} is up`;
  return replica ? null : `the replica in ${lab.descriptor.initialStandby} streams`;
}

/** The newest key once writes have succeeded, and only succeeded, for long enough. */
function steadyKey(requests: Ledger["requests"], sinceMs: number): string | null {
  let newest: string | null = null;
  for (let i = requests.length - 1; i >= 0; i -= 1) {
    const line = requests[i];
    if (line === undefined || line.kind !== "user") continue;
    // The first one before that time shows that the load was there already.
    if (line.doneAtMs < sinceMs) return newest;
    if (line.outcome !== "acknowledged") return null;
    newest ??= line.key;
  }
  return null;
}

async function lookAround(
  lab: Drill["lab"]["descriptor"],
  key: string,
): Promise<{ health: Readonly<Record<string, unknown>>; replica: boolean }> {
  const standby = lab.regions[lab.initialStandby];
  const [health, replica] = await Promise.all([
    askOperators(lab, "/healthz"),
    standby === undefined ? false : holdsKey(standby.postgres, key).catch(() => false),
  ]);
  return { health: health.raw, replica };
}
