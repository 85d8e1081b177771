//! Without arbiter and without the other region the holder cannot know whether it still is one. It must
//! stop, and nobody may begin.

import type { Scenario } from "./scenario.ts";

export const arbiterAndLinkDown: Scenario = {
  name: "arbiter-and-link-down",
  title: "The arbiter is down and the regions are cut off",
  description:
    "DynamoDB answers nobody and the regions do not reach each other. The holder must stop " +
    "accepting writes when its lease ends, nobody may be promoted, and the same region serves " +
    "again when the faults are over.",
  load: { writesPerSecond: 60, clients: 8 },
  faults: [
    { atMs: 0, fault: { kind: "arbiter-down" }, healAfterMs: 5_000 },
    {
      atMs: 0,
      fault: { kind: "link-cut", from: "active", to: "standby" },
      healAfterMs: 5_000,
    },
  ],
  until: ["healed"],
  settleMs: 2_500,
  criteria: {
    failovers: 0,
    acknowledgedMin: 30,
    // It lasts as long as the faults do.
    rtoObjective: false,
    lostRowsMax: 0,
    writePauseMsMin: 1_000,
  },
};
