//! The replica is further behind than may be lost. Only a person may decide to lose more.

import type { Scenario } from "./scenario.ts";

export const lagOverRpo: Scenario = {
  name: "lag-over-rpo",
  title: "The region is lost while its replica lags too far",
  description:
    "The standby receives but applies nothing for longer than the objective allows to lose, " +
    "then the active region is lost. The failover must be held and people told; it goes on " +
    "when a person approves.",
  load: { writesPerSecond: 60, clients: 8 },
  faults: [
    { atMs: 0, fault: { kind: "region-loss", region: "active" } },
    { atMs: -7_000, fault: { kind: "replay-paused", region: "standby" } },
  ],
  commands: [{ atMs: 1_000, after: ["held"], command: { kind: "approve" } }],
  until: ["held", "failed-over"],
  settleMs: 2_500,
  criteria: {
    failovers: 1,
    acknowledgedMin: 30,
    // It is held on purpose.
    rtoObjective: false,
    holds: true,
  },
};
