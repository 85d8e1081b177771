//! A planned move that finds the replica behind: it must wait, however long the users do.

import type { Scenario } from "./scenario.ts";

export const switchoverBehind: Scenario = {
  name: "switchover-behind",
  title: "A planned switchover while the replica is behind",
  description:
    "The link between the regions is cut just before a person asks for the service to move, and " +
    "comes back some seconds later. What the old primary wrote last is not in the replica when " +
    "its writes are closed. The move must wait for it: no acknowledged row may be lost.",
  load: { writesPerSecond: 60, clients: 8 },
  faults: [
    { atMs: 0, fault: { kind: "link-cut", from: "active", to: "standby" }, healAfterMs: 3_000 },
  ],
  commands: [{ atMs: 300, command: { kind: "switchover", to: "standby" } }],
  until: ["healed", "switched-over"],
  settleMs: 2_500,
  criteria: {
    failovers: 1,
    acknowledgedMin: 30,
    rtoObjective: false,
    lostRowsMax: 0,
    // Users wait as long as the link is away, and a region may hold their requests no longer than it can.
    planned: { lostRowsMax: 0 },
    replicaStreams: true,
    recordsSwapped: true,
  },
};
