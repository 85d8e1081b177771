//! A planned move while users keep the first address for ever: the old region forwards for them.

import { plannedPromise } from "../verdicts/criteria.ts";
import type { Scenario } from "./scenario.ts";

export const dnsCacheThatIgnoresTtl: Scenario = {
  name: "dns-cache-that-ignores-ttl",
  title: "A switchover while DNS caches never expire",
  description:
    "A planned switchover while no user asks DNS a second time. Their requests go on arriving " +
    "in the old region, which must forward them: no request may fail.",
  load: { writesPerSecond: 60, clients: 8, ignoresTtl: true },
  faults: [],
  commands: [{ atMs: 0, command: { kind: "switchover", to: "standby" } }],
  until: ["switched-over"],
  settleMs: 2_500,
  criteria: {
    failovers: 1,
    acknowledgedMin: 30,
    rtoObjective: false,
    lostRowsMax: 0,
    failedRequestsMax: 0,
    planned: plannedPromise,
    replicaStreams: true,
    recordsSwapped: true,
  },
};
