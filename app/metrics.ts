//! The service's own metrics. Every label set that alerts or dashboards read starts at zero,
//! because a counter that is born at one never shows an increase.

import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";
import type { ServingState } from "./ports.ts";

export const writeOutcomes = [
  "accepted",
  "repeated",
  "conflicting",
  "invalid",
  "not-serving",
  "unavailable",
  "outcome-unknown",
  "forwarded",
] as const;
export type WriteOutcome = (typeof writeOutcomes)[number];

/** What was written: a row of the ledger, or an object in the bucket. */
export const writeKinds = ["order", "object"] as const;
export type WriteKind = (typeof writeKinds)[number];

export const forwardOutcomes = ["answered", "not-sent", "outcome-unknown"] as const;

/** How it ended for a request that was to be held during a handover. */
export const parkedOutcomes = ["served", "gave-up", "left", "turned-away"] as const;
export type ParkedOutcome = (typeof parkedOutcomes)[number];

/** Routes that exist from the start, so that rates over them do. */
const zeroed = [
  ["GET", "/orders", "200"],
  ["GET", "/orders/:key", "200"],
  ["POST", "/orders", "201"],
  ["POST", "/orders", "503"],
] as const;

/** Waking up a hundred times a second to measure the loop would be most of the idle load. */
const eventLoopPrecisionMs = 200;

export class Metrics {
  readonly registry = new Registry();
  /** Seconds from the first byte of a request to the end of its answer. */
  readonly requestSeconds = new Histogram({
    name: "http_request_duration_seconds",
    help: "Duration of HTTP requests in seconds, by route, method and status.",
    labelNames: ["route", "method", "status"],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [this.registry],
  });
  readonly writes = new Counter({
    name: "switchback_app_writes_total",
    help: "Writes by what was written and how it ended for the user.",
    labelNames: ["kind", "outcome"],
    registers: [this.registry],
  });
  readonly outcomeUnknown = new Counter({
    name: "switchback_app_outcome_unknown_total",
    help: "Writes answered with outcome-unknown: neither acknowledged nor refused.",
    registers: [this.registry],
  });
  readonly forwarded = new Counter({
    name: "switchback_app_forwarded_total",
    help: "Requests handed to the other region, by what came of it.",
    labelNames: ["outcome"],
    registers: [this.registry],
  });
  readonly poolsRecycled = new Counter({
    name: "switchback_app_pools_recycled_total",
    help: "Database pools replaced after a change of role or broken connections.",
    registers: [this.registry],
  });
  /** Requests that are held now. */
  readonly parked = new Gauge({
    name: "switchback_app_parked",
    help: "Requests held now because the lease is changing hands.",
    registers: [this.registry],
  });
  readonly #parkedRequests = new Counter({
    name: "switchback_app_parked_total",
    help: "Requests to be held during a handover, by how it ended: served, gave-up, left, turned-away.",
    labelNames: ["outcome"],
    registers: [this.registry],
  });
  /** Seconds from the first refusal to the end of the wait, however it ended. */
  readonly parkedSeconds = new Histogram({
    name: "switchback_app_parked_seconds",
    help: "How long requests were held during a handover, in seconds.",
    buckets: [0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5],
    registers: [this.registry],
  });
  readonly #serving = new Gauge({
    name: "switchback_app_serving",
    help: "1 while this region's database has a live lease of this region, else 0.",
    registers: [this.registry],
  });
  readonly #epoch = new Gauge({
    name: "switchback_app_epoch",
    help: "Epoch of the lease in this region's database, 0 when not known.",
    registers: [this.registry],
  });

  constructor(region: string) {
    this.registry.setDefaultLabels({ region });
    collectDefaultMetrics({
      register: this.registry,
      eventLoopMonitoringPrecision: eventLoopPrecisionMs,
    });
    for (const kind of writeKinds) {
      for (const outcome of writeOutcomes) this.writes.inc({ kind, outcome }, 0);
    }
    for (const outcome of forwardOutcomes) this.forwarded.inc({ outcome }, 0);
    for (const outcome of parkedOutcomes) this.#parkedRequests.inc({ outcome }, 0);
    for (const [method, route, status] of zeroed)
      this.requestSeconds.zero({ method, route, status });
    this.#serving.set(0);
  }

  countWrite(kind: WriteKind, outcome: WriteOutcome): void {
    this.writes.inc({ kind, outcome });
    if (outcome === "outcome-unknown") this.outcomeUnknown.inc();
  }

  countParked(outcome: ParkedOutcome): void {
    this.#parkedRequests.inc({ outcome });
  }

  showState(state: ServingState): void {
    this.#serving.set(state.role === "serving" ? 1 : 0);
    const epoch = state.role === "unknown" ? "unknown" : state.epoch;
    this.#epoch.set(epoch === "unknown" ? 0 : epoch);
  }
}
