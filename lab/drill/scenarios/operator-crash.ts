//! There and back once more, and whoever runs a plan is killed at every step of it.

import type { Scenario } from "./scenario.ts";

export const operatorCrash: Scenario = {
  name: "operator-crash",
  title: "The operator is killed at each step of each plan",
  description:
    "The active region is lost, comes back, is rebuilt and serves again. Whenever a step of a " +
    "plan is begun, the operator that runs it is killed with SIGKILL. The plans must go on " +
    "all the same, with one writer at any time and nothing lost on the way back.",
  load: { writesPerSecond: 60, clients: 8 },
  faults: [{ atMs: 0, fault: { kind: "region-loss", region: "active" }, healAfterMs: 5_000 }],
  commands: [{ atMs: 500, after: ["finished", "healed"], command: { kind: "failback" } }],
  killOperatorAtEachStep: true,
  until: ["failed-over", "failed-back"],
  settleMs: 2_500,
  criteria: {
    failovers: 2,
    // A holder whose operator is killed again and again falls silent, and is rightly succeeded.
    failoversMax: 6,
    acknowledgedMin: 30,
    // Every kill costs a start of the operator, and there is one for each step.
    rtoObjective: false,
    planned: { lostRowsMax: 0 },
    salvage: true,
    replicaStreams: true,
    recordsSwapped: true,
  },
};
