//! A third of the requests fails and the rest is slow. Bad, but the other region would have to be worth
//! the move, and by itself nobody may decide that it is.

import type { Scenario } from "./scenario.ts";

export const brownOut: Scenario = {
  name: "brown-out",
  title: "A third of the requests fails",
  description:
    "A third of the requests to the active region is answered with an error, and all of them " +
    "late. Most users are still served, so nothing may move.",
  load: { writesPerSecond: 60, clients: 8 },
  faults: [
    { atMs: 0, fault: { kind: "app-errors", region: "active", percent: 33 }, healAfterMs: 5_000 },
    { atMs: 0, fault: { kind: "app-slow", region: "active", latencyMs: 100 }, healAfterMs: 5_000 },
  ],
  until: [],
  settleMs: 2_000,
  criteria: { failovers: 0, acknowledgedMin: 30, rtoObjective: false, lostRowsMax: 0, plansMax: 0 },
};
