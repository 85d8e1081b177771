//! Everything a route needs, handed over at the start. Routes take what is here and nothing else.

import type { Logger } from "pino";
import type { Metrics } from "./metrics.ts";
import type { Parking } from "./parking.ts";
import type { Clock, LeaseView, Ledger, Objects, Peer } from "./ports.ts";

export interface Parts {
  readonly region: string;
  readonly build: string;
  readonly ackWithinMs: number;
  readonly clock: Clock;
  readonly leases: LeaseView;
  readonly ledger: Ledger;
  readonly objects: Objects | "none";
  readonly peer: Peer | "none";
  readonly parking: Parking;
  readonly metrics: Metrics;
  readonly log: Logger;
}
