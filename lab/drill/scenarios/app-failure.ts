//! A grey failure: nothing answers users, while lease and database of the region are well. So the
//! holder is asked, and hands over without a loss.

import type { Scenario } from "./scenario.ts";

export const appFailure: Scenario = {
  name: "app-failure",
  title: "The app of the active region is down",
  description:
    "Every app process of the active region dies and does not come back. Its operator and " +
    "database are well, so the region is asked to hand over, and nothing may be lost.",
  load: { writesPerSecond: 60, clients: 8 },
  faults: [{ atMs: 0, fault: { kind: "process-down", process: "app", region: "active" } }],
  until: ["handed-over"],
  settleMs: 2_500,
  criteria: { failovers: 1, acknowledgedMin: 30, rtoObjective: true, lostRowsMax: 0 },
};
