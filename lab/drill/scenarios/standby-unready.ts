//! A failover is due and there is nothing to fail over to. That must be said, and done as soon as it can
//! be.

import type { Scenario } from "./scenario.ts";

export const standbyUnready: Scenario = {
  name: "standby-unready",
  title: "The region is lost while the standby is not ready",
  description:
    "The database of the standby is down when the active region is lost. The failover must be " +
    "held and people told; when the standby's database is back, it must go on by itself.",
  load: { writesPerSecond: 60, clients: 8 },
  faults: [
    { atMs: 0, fault: { kind: "region-loss", region: "active" } },
    {
      atMs: -1_000,
      fault: { kind: "process-down", process: "postgres", region: "standby" },
      heal: { atMs: 1_000, after: ["held"] },
    },
  ],
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
