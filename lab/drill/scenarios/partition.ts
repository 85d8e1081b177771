//! The active region is alone: it reaches neither the other region nor the witness, while users still
//! reach it. The gap is small, so the load is heavy.

import type { Cue, Scenario } from "./scenario.ts";

const back: Cue = { atMs: 1_000, after: ["failed-over"] };

export const partition: Scenario = {
  name: "partition",
  title: "The active region is cut off",
  description:
    "Nothing passes between the active region and the other region or the witness, while " +
    "users still reach it and write, and so does a job that knows of no lease. It must stop by " +
    "itself before the other one begins, also after the links are back.",
  load: { writesPerSecond: 500, clients: 16, connections: 16 },
  faults: [
    { atMs: 0, fault: { kind: "link-cut", from: "active", to: "standby" }, heal: back },
    { atMs: 0, fault: { kind: "link-cut", from: "active", to: "witness" }, heal: back },
    { atMs: -2_000, fault: { kind: "rogue-writer", region: "active" } },
  ],
  until: ["failed-over", "healed"],
  settleMs: 2_500,
  criteria: {
    failovers: 1,
    acknowledgedMin: 200,
    rtoObjective: true,
    // The old region may acknowledge to the end of its lease, and its last commit may take a moment.
    lostSecondsMax: 1.75,
    rogueRefused: true,
  },
};
