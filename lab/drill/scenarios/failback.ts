//! There and back: the region is lost, comes back, is rebuilt as a replica, and serves again.

import { plannedPromise } from "../verdicts/criteria.ts";
import type { Scenario } from "./scenario.ts";

export const failback: Scenario = {
  name: "failback",
  title: "The lost region comes back and serves again",
  description:
    "The active region is lost and comes back some seconds later, fenced. On a person's word " +
    "its last rows are salvaged, it is rebuilt as a replica, and the service moves back. " +
    "Nothing that was written meanwhile may be lost and no request may fail on the way back.",
  load: { writesPerSecond: 60, clients: 8 },
  faults: [{ atMs: 0, fault: { kind: "region-loss", region: "active" }, healAfterMs: 5_000 }],
  commands: [{ atMs: 500, after: ["finished", "healed"], command: { kind: "failback" } }],
  until: ["failed-over", "failed-back"],
  settleMs: 2_500,
  criteria: {
    failovers: 2,
    acknowledgedMin: 30,
    rtoObjective: true,
    planned: plannedPromise,
    salvage: true,
    replicaStreams: true,
    recordsSwapped: true,
  },
};
