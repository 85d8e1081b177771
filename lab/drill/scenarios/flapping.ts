//! A link that comes and goes is no reason to move: users never noticed.

import type { Scenario } from "./scenario.ts";

export const flapping: Scenario = {
  name: "flapping",
  title: "The link between the regions flaps",
  description:
    "The link between the regions is cut for 300 ms, every 700 ms, ten times. The active " +
    "region serves its users throughout, so nothing may move and no request may fail.",
  load: { writesPerSecond: 60, clients: 8 },
  faults: Array.from({ length: 10 }, (_, i) => ({
    atMs: i * 700,
    fault: { kind: "link-cut", from: "active", to: "standby" } as const,
    healAfterMs: 300,
  })),
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
