//! Only PostgreSQL stands still, with transactions open, and goes on seconds later.

import type { Scenario } from "./scenario.ts";

export const frozenDatabase: Scenario = {
  name: "frozen-database",
  title: "The primary database freezes and thaws",
  description:
    "PostgreSQL of the active region is stopped with SIGSTOP while users write, and goes on " +
    "some seconds later in the middle of its transactions. By then the other region serves.",
  load: { writesPerSecond: 500, clients: 16, connections: 16 },
  faults: [
    {
      atMs: 0,
      fault: { kind: "process-freeze", process: "postgres", region: "active" },
      healAfterMs: 4_000,
    },
  ],
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
