//! Moving traffic must need no API: DNS follows what the health checkers see. The records are set when
//! somebody answers again.

import type { Scenario } from "./scenario.ts";

export const route53ControlPlaneDown: Scenario = {
  name: "route53-control-plane-down",
  title: "A region is lost while Route 53's API is down",
  description:
    "The Route 53 API is down before the active region is lost. Service must come back " +
    "without a single call of it, and the records must name the new roles once it answers " +
    "again.",
  load: { writesPerSecond: 60, clients: 8 },
  faults: [
    {
      atMs: 0,
      fault: { kind: "region-loss", region: "active" },
      // Route 53's control plane is in the region that is lost.
      heal: { atMs: 500, after: ["failed-over"] },
    },
    {
      atMs: -3_000,
      fault: { kind: "route53-control-plane-down" },
      heal: { atMs: 2_000, after: ["failed-over"] },
    },
  ],
  until: ["failed-over", "healed", "finished"],
  settleMs: 2_500,
  criteria: {
    failovers: 1,
    acknowledgedMin: 30,
    rtoObjective: true,
    route53CallsBeforeServiceMax: 0,
    recordsSwapped: true,
  },
};
