//! The other region sees nothing but errors, and everybody else is served. One vantage is no proof.

import type { Scenario } from "./scenario.ts";

export const oneVantageLies: Scenario = {
  name: "one-vantage-lies",
  title: "Only the other region sees errors",
  description:
    "Every request that the other region sends to the active one is answered with an error, " +
    "while users and health checkers are served. One vantage proves nothing: nothing may " +
    "move.",
  load: { writesPerSecond: 60, clients: 8 },
  faults: [
    {
      atMs: 0,
      fault: { kind: "app-errors", region: "active", percent: 100, audience: "peer" },
      healAfterMs: 5_000,
    },
  ],
  until: [],
  settleMs: 2_000,
  criteria: {
    failovers: 0,
    acknowledgedMin: 30,
    rtoObjective: false,
    lostRowsMax: 0,
    failedRequestsMax: 0,
    plansMax: 0,
  },
};
