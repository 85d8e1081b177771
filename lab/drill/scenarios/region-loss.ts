//! The scenario that everything is built for: the active region is gone at once.

import type { Scenario } from "./scenario.ts";

export const regionLoss: Scenario = {
  name: "region-loss",
  title: "The active region is lost",
  description:
    "Every process of the active region is killed and every link to it goes dark, while users " +
    "write. The other region must take the lease, promote its database and take over the " +
    "traffic.",
  load: { writesPerSecond: 60, clients: 8 },
  faults: [{ atMs: 0, fault: { kind: "region-loss", region: "active" } }],
  until: ["failed-over"],
  settleMs: 2_500,
  criteria: { failovers: 1, acknowledgedMin: 30, rtoObjective: true },
};
