//! The old region comes back with everything it ever ran, a job that knows of no lease included.

import type { Scenario } from "./scenario.ts";

export const zombieReturn: Scenario = {
  name: "zombie-return",
  title: "The lost region returns with its old writers",
  description:
    "A job that knows of no lease writes straight into the active database. The region is " +
    "lost and returns after the takeover, job and all. Its database must refuse every write.",
  load: { writesPerSecond: 60, clients: 8 },
  faults: [
    {
      atMs: 0,
      fault: { kind: "region-loss", region: "active" },
      heal: { atMs: 500, after: ["failed-over"] },
    },
    { atMs: -2_000, fault: { kind: "rogue-writer", region: "active" } },
  ],
  until: ["failed-over", "healed"],
  settleMs: 4_000,
  criteria: { failovers: 1, acknowledgedMin: 30, rtoObjective: true, rogueRefused: true },
};
