//! Everything of the active region stands still and goes on seconds later, in the belief that no time
//! has passed. What it was about to commit must not be acknowledged any more.

import type { Scenario } from "./scenario.ts";

export const frozenPrimary: Scenario = {
  name: "frozen-primary",
  title: "The active region freezes and thaws",
  description:
    "Every process of the active region is stopped with SIGSTOP while users write, and goes " +
    "on some seconds later as if nothing had been. By then the other region serves, and the " +
    "old one must acknowledge nothing.",
  load: { writesPerSecond: 500, clients: 16, connections: 16 },
  faults: [{ atMs: 0, fault: { kind: "region-freeze", region: "active" }, healAfterMs: 4_000 }],
  until: ["failed-over", "healed"],
  settleMs: 2_500,
  criteria: {
    failovers: 1,
    acknowledgedMin: 200,
    rtoObjective: true,
    // The old region may acknowledge to the end of its lease, and its last commit may take a moment.
    lostSecondsMax: 1.75,
  },
};
