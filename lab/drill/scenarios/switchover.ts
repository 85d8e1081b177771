//! A planned move under load. Nothing is broken, so nothing may be lost and nobody may notice more
//! than a short pause.

import { plannedPromise } from "../verdicts/criteria.ts";
import type { Scenario } from "./scenario.ts";

export const switchover: Scenario = {
  name: "switchover",
  title: "A planned switchover under load",
  description:
    "A person asks for the service to move to the other region while users write. Writes " +
    "pause for a moment; no row is lost, no request fails, and the former primary is rebuilt " +
    "as a replica.",
  load: { writesPerSecond: 60, clients: 8 },
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
