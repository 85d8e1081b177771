//! What the operator shows of itself at `/status`: who holds the lease, what was seen, what is decided
//! and why, and how far the running plan is.

import type { RunningPlan } from "../failover/journal.ts";
import { silentForMs } from "../failover/lease.ts";
import type { Clock } from "../failover/ports.ts";
import type { Verdict } from "../failover/verdict.ts";
import type { Assembly } from "./assemble.ts";
import type { OperatorConfig } from "./config.ts";

export interface StatusProps {
  readonly config: OperatorConfig;
  readonly parts: Assembly;
  readonly verdict: Verdict;
  readonly running: RunningPlan | "idle";
  readonly clock: Clock;
}

export function statusOf({ config, parts, verdict, running, clock }: StatusProps) {
  const { board, lookout } = parts;
  const { watch } = board;
  const nowMs = clock.monotonicMs();
  return {
    region: config.region,
    mode: config.topology.mode,
    verdict,
    control: watch === "unknown" ? "unknown" : watch.item.control,
    lease:
      watch === "unknown"
        ? "unknown"
        : { ...watch.item, unmovedForMs: Math.round(silentForMs(watch, nowMs)) },
    readings: lookout.readings.map(({ atMs, sinceMs, ...reading }) => ({
      ...reading,
      forMs: Math.round(atMs - sinceMs),
      ageMs: Math.round(nowMs - atMs),
    })),
    database: lookout.database,
    standby: lookout.standby,
    capacity: lookout.capacity,
    plan:
      running === "idle"
        ? "none"
        : {
            id: running.plan.id,
            kind: running.plan.kind,
            from: running.plan.from,
            to: running.plan.to,
            epoch: running.plan.epoch,
            done: [...running.done],
            open: running.plan.stages
              .flat()
              .map(({ kind }) => kind)
              .filter((kind) => !running.done.has(kind)),
          },
  };
}
