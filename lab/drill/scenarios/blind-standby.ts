//! Whoever sees nothing has seen nothing wrong. The standby is blind, and everybody else is well.

import type { Cue, Scenario } from "./scenario.ts";

const back: Cue = { atMs: 5_000 };

export const blindStandby: Scenario = {
  name: "blind-standby",
  title: "The standby sees nobody",
  description:
    "The standby is cut off from the active region and from the internet. It still reads the " +
    "lease through the witness, and the holder renews it. What it cannot see it must not take " +
    "for broken: nothing may move, and no plan may be begun.",
  load: { writesPerSecond: 60, clients: 8 },
  faults: [
    { atMs: 0, fault: { kind: "link-cut", from: "active", to: "standby" }, heal: back },
    { atMs: 0, fault: { kind: "link-cut", from: "standby", to: "internet" }, heal: back },
  ],
  until: ["healed"],
  settleMs: 2_500,
  criteria: {
    failovers: 0,
    acknowledgedMin: 30,
    rtoObjective: false,
    lostRowsMax: 0,
    failedRequestsMax: 0,
    plansMax: 0,
  },
};
