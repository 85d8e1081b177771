//! Waits until the lab is what a user would call up: the name resolves to the active region, that
//! region serves, the other one is ready to take over.

import { setTimeout as sleep } from "node:timers/promises";
import type { Cloud } from "./cloud.ts";
import type { LabRegion } from "./region.ts";

export interface ServingProps {
  readonly cloud: Cloud;
  /** The active region first. */
  readonly regions: readonly LabRegion[];
  readonly onProgress: (step: string) => void;
  readonly signal: AbortSignal | undefined;
}

interface Waiting {
  readonly deadlineMs: number;
  readonly onProgress: (step: string) => void;
  readonly signal: AbortSignal | undefined;
}

const pollMs = 50;
const timeoutMs = 60_000;

interface Milestone {
  readonly name: string;
  readonly reached: () => Promise<boolean>;
}

export async function awaitServing({ cloud, onProgress, regions, signal }: ServingProps) {
  const [active, standby] = regions;
  if (active === undefined || standby === undefined) throw new Error("a lab has two regions");
  const milestones: readonly Milestone[] = [
    {
      name: `${active.name} serves`,
      reached: () => answersOk(`${active.appUrl}/.well-known/switchback/serving`),
    },
    {
      name: `operator in ${standby.name} watches`,
      reached: () => answersOk(`${standby.operatorUrl}/readyz`),
    },
    {
      name: `app in ${standby.name} waits`,
      reached: () => answersOk(`${standby.appUrl}/readyz`),
    },
    {
      name: `DNS leads to ${active.name}`,
      reached: async () => cloud.seesServing(active.name) && !cloud.seesServing(standby.name),
    },
  ];
  const deadlineMs = performance.now() + timeoutMs;
  await Promise.all(
    milestones.map((milestone) => reach(milestone, { deadlineMs, onProgress, signal })),
  );
}

async function reach(
  { name, reached }: Milestone,
  { deadlineMs, onProgress, signal }: Waiting,
): Promise<void> {
  while (!(await reached())) {
    signal?.throwIfAborted();
    if (performance.now() > deadlineMs) {
      throw new Error(
        `the lab did not come up: "${name}" was not reached in ${timeoutMs / 1_000} s`,
      );
    }
    await sleep(pollMs);
  }
  onProgress(name);
}

async function answersOk(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(1_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
