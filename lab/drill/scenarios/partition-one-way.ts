//! Half a partition: the active region hears the others, and nobody hears it.

import type { Cue, Scenario } from "./scenario.ts";

const back: Cue = { atMs: 1_000, after: ["failed-over"] };

export const partitionOneWay: Scenario = {
  name: "partition-one-way",
  title: "The active region is heard by nobody",
  description:
    "Nothing that the active region sends reaches the other region or the witness, while it " +
    "still receives what they send, and users reach it. It must stop by itself before the " +
    "other one begins.",
  load: { writesPerSecond: 500, clients: 16, connections: 16 },
  faults: [
    {
      atMs: 0,
      fault: { kind: "link-cut", from: "active", to: "standby", oneWay: true },
      heal: back,
    },
    {
      atMs: 0,
      fault: { kind: "link-cut", from: "active", to: "witness", oneWay: true },
      heal: back,
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
