//! The same grey failure with a louder face: every request is answered, with an error.

import type { Scenario } from "./scenario.ts";

export const appErrors: Scenario = {
  name: "app-errors",
  title: "The app of the active region answers 500",
  description:
    "Every request to the active region is answered with status 500, by everybody's account. " +
    "The region is asked to hand over, and nothing may be lost.",
  load: { writesPerSecond: 60, clients: 8 },
  faults: [{ atMs: 0, fault: { kind: "app-errors", region: "active", percent: 100 } }],
  until: ["handed-over"],
  settleMs: 2_500,
  criteria: { failovers: 1, acknowledgedMin: 30, rtoObjective: true, lostRowsMax: 0 },
};
