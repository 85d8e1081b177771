//! Replication lags behind a slow link when the region is lost: more is lost, and all of it is named.

import type { Scenario } from "./scenario.ts";

export const slowReplica: Scenario = {
  name: "slow-replica",
  title: "The region is lost while its replica lags",
  description:
    "The link between the regions is slow, so the replica is behind when the active region is " +
    "lost. More rows are lost than usual, within the objective, and each is named.",
  load: { writesPerSecond: 60, clients: 8 },
  faults: [
    { atMs: 0, fault: { kind: "region-loss", region: "active" } },
    { atMs: -3_000, fault: { kind: "link-slow", from: "active", to: "standby", latencyMs: 80 } },
  ],
  until: ["failed-over"],
  settleMs: 2_500,
  criteria: { failovers: 1, acknowledgedMin: 30, rtoObjective: true },
};
