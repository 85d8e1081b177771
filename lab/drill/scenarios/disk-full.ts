//! A forgotten replication slot keeps WAL until the disk is full, and PostgreSQL ends.

import type { Scenario } from "./scenario.ts";

export const diskFull: Scenario = {
  name: "disk-full",
  title: "The disk of the primary is full",
  description:
    "A forgotten replication slot keeps WAL of the active region until its disk is full. " +
    "PostgreSQL ends and cannot be started, so the other region takes over.",
  load: { writesPerSecond: 60, clients: 8 },
  faults: [{ atMs: 0, fault: { kind: "disk-full", region: "active" } }],
  until: ["failed-over"],
  settleMs: 2_500,
  criteria: { failovers: 1, acknowledgedMin: 30, rtoObjective: true },
};
