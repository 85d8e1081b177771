//! The database alone is gone: a holder without one cannot renew its lease.

import type { Scenario } from "./scenario.ts";

export const databaseFailure: Scenario = {
  name: "database-failure",
  title: "The primary database is killed",
  description:
    "PostgreSQL of the active region is killed and not started again. The region's operator " +
    "cannot renew the lease of a database that is not there, and the other region takes over.",
  load: { writesPerSecond: 60, clients: 8 },
  faults: [{ atMs: 0, fault: { kind: "process-down", process: "postgres", region: "active" } }],
  until: ["failed-over"],
  settleMs: 2_500,
  criteria: { failovers: 1, acknowledgedMin: 30, rtoObjective: true },
};
