//! The arbiter is needed to change the holder, not to stay it: the two regions vouch for each other.

import type { Scenario } from "./scenario.ts";

export const arbiterDown: Scenario = {
  name: "arbiter-down",
  title: "The arbiter is down",
  description:
    "DynamoDB answers nobody for five seconds. The two regions still reach each other, so the " +
    "holder goes on, users notice nothing and nothing moves.",
  load: { writesPerSecond: 60, clients: 8 },
  faults: [{ atMs: 0, fault: { kind: "arbiter-down" }, healAfterMs: 5_000 }],
  until: [],
  settleMs: 2_000,
  criteria: {
    failovers: 0,
    acknowledgedMin: 30,
    rtoObjective: false,
    lostRowsMax: 0,
    failedRequestsMax: 0,
    plansMax: 0,
  },
};
