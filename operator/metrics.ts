//! The operator's metrics. Every label set starts at zero, so that a rate over a rare event is right
//! from the first time it happens.

import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Reading, Vantage } from "../failover/observations.ts";
import type { VerdictKind } from "../failover/verdict.ts";

const vantages: readonly Vantage[] = ["probe", "world", "self", "data"];
const verdicts: readonly VerdictKind[] = ["stay", "suspect", "ask", "seize", "hold"];
const healthValue = { serving: 1, failing: 0, silent: -1 } as const;

export type OperatorMetrics = ReturnType<typeof operatorMetrics>;

export function operatorMetrics(region: string) {
  const registry = new Registry();
  registry.setDefaultLabels({ region });
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return { registry, ...leaseMetrics(registers), ...verdictMetrics(registers) };
}

function leaseMetrics(registers: Registry[]) {
  const renewals = new Counter({
    name: "switchback_lease_renewals_total",
    help: "Renewals of the write lease by outcome.",
    labelNames: ["outcome"] as const,
    registers,
  });
  for (const outcome of ["confirmed", "extended", "failed", "lost"]) renewals.inc({ outcome }, 0);
  return {
    renewals,
    leaseHeld: new Gauge({
      name: "switchback_lease_held",
      help: "1 when the arbiter names this region as the holder of the write lease.",
      registers,
    }),
    epoch: new Gauge({
      name: "switchback_lease_epoch",
      help: "Epoch of the write lease as last read from the arbiter.",
      registers,
    }),
    renewalSeconds: new Histogram({
      name: "switchback_lease_renewal_seconds",
      help: "Time the arbiter took to confirm a renewal.",
      buckets: [0.01, 0.025, 0.05, 0.1, 0.2, 0.35, 0.5, 1],
      registers,
    }),
    replicaLag: new Gauge({
      name: "switchback_replica_lag_seconds",
      help: "How far the replica was behind at the holder's last renewal; NaN when unknown.",
      registers,
    }),
    clockSteps: new Counter({
      name: "switchback_database_clock_steps_total",
      help: "Times the database's clock was found set by more than the margin.",
      registers,
    }),
  };
}

function verdictMetrics(registers: Registry[]) {
  const verdict = new Gauge({
    name: "switchback_verdict",
    help: "1 for the current verdict of this operator on the region that serves, 0 for the others.",
    labelNames: ["verdict"] as const,
    registers,
  });
  const reading = new Gauge({
    name: "switchback_reading",
    help: "Last reading of a vantage: 1 serving, 0 failing, -1 silent.",
    labelNames: ["vantage"] as const,
    registers,
  });
  for (const name of verdicts) verdict.set({ verdict: name }, 0);
  for (const vantage of vantages) reading.set({ vantage }, healthValue.silent);
  return {
    wouldHave: new Counter({
      name: "switchback_would_have_failed_over_total",
      help: "Failovers that mode observe decided and did not make.",
      registers,
    }),
    setVerdict(kind: VerdictKind): void {
      for (const name of verdicts) verdict.set({ verdict: name }, name === kind ? 1 : 0);
    },
    /** A vantage that says nothing at the moment is silent, not as it was. */
    setReadings(readings: readonly Reading[]): void {
      for (const vantage of vantages) {
        const health = readings.find((each) => each.vantage === vantage)?.health ?? "silent";
        reading.set({ vantage }, healthValue[health]);
      }
    },
  };
}
