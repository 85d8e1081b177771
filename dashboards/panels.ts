//! The panels of "who serves", as data. The metrics are those that the operator and the app export;
//! a test compares the names. Limits come from the topology, never from here.

import type { Topology } from "../topology/topology.ts";
import type { Panel, Row } from "./panel.ts";
import {
  highest,
  latest,
  latestEqual,
  perSecond,
  quantile,
  regionsWith,
  times,
} from "./queries.ts";
import { userPanels } from "./user-panels.ts";

export function rows(topology: Topology): readonly Row[] {
  return [
    { title: "Who serves", panels: whoServesNow },
    { title: "Lease", panels: lease(topology) },
    {
      title: "What the operators see and decide",
      panels: [verdicts, readings, replicaLag(topology), wouldHave],
    },
    { title: "What users get", panels: userPanels(topology) },
  ];
}

const whoServesNow: readonly Panel[] = [
  {
    title: "Serves users",
    description:
      "The region whose app finds a live lease in its own database. Nothing: nobody accepts " +
      "writes. Two names: look at the lease below before anything else.",
    kind: "name",
    width: 6,
    queries: [
      {
        expression: latestEqual({ metric: "switchback_app_serving", value: 1 }),
        legend: "{{region}}",
      },
    ],
  },
  {
    title: "Holds the lease",
    description:
      "The region that reads at the arbiter that it holds the write lease. In a failover it is " +
      "ahead of the region that serves users.",
    kind: "name",
    width: 6,
    queries: [
      {
        expression: latestEqual({ metric: "switchback_lease_held", value: 1 }),
        legend: "{{region}}",
      },
    ],
  },
  {
    title: "Regions that serve",
    description: "One, always. Zero is an outage; two must not happen.",
    kind: "number",
    width: 6,
    queries: [
      { expression: regionsWith({ metric: "switchback_app_serving", value: 1 }), legend: "" },
    ],
    steps: [
      { from: "below", color: "red" },
      { from: 1, color: "green" },
      { from: 2, color: "red" },
    ],
  },
  {
    title: "Epoch",
    description: "Grows by one with each takeover and never shrinks.",
    kind: "number",
    width: 6,
    queries: [{ expression: highest({ metric: "switchback_lease_epoch" }), legend: "" }],
  },
  {
    title: "Serving over time",
    description: "A lane a region. A gap means that nothing was heard of the region.",
    kind: "lanes",
    width: 24,
    queries: [{ expression: latest({ metric: "switchback_app_serving" }), legend: "{{region}}" }],
    words: {
      "0": { text: "not serving", color: "blue" },
      "1": { text: "serving", color: "green" },
    },
  },
];

function lease({ lease: timing }: Topology): readonly Panel[] {
  return [
    {
      title: "Renewals",
      description:
        "By outcome. Failed ones are no harm while the next is confirmed in time; extended means " +
        "that the arbiter was out of reach.",
      kind: "lines",
      width: 12,
      unit: "ops",
      queries: [
        {
          expression: perSecond({ metric: "switchback_lease_renewals_total", by: ["outcome"] }),
          legend: "{{region}} {{outcome}}",
        },
      ],
    },
    {
      title: "Time of a renewal, 99th percentile",
      description: `A call to the arbiter is given up after ${timing.operationTimeoutMs} ms (red).`,
      kind: "lines",
      width: 8,
      unit: "s",
      queries: [
        {
          expression: quantile({ metric: "switchback_lease_renewal_seconds", quantile: 0.99 }),
          legend: "{{region}}",
        },
      ],
      steps: [
        { from: "below", color: "green" },
        { from: timing.operationTimeoutMs / 1_000, color: "red" },
      ],
    },
    {
      title: "Clock steps",
      description:
        `Times that a database's clock was found set by more than the margin of ` +
        `${timing.marginMs} ms. Each closes the lease; look for what sets the clock.`,
      kind: "number",
      width: 4,
      queries: [
        {
          expression: times({ metric: "switchback_database_clock_steps_total" }),
          legend: "{{region}}",
        },
      ],
      steps: [
        { from: "below", color: "green" },
        { from: 1, color: "red" },
      ],
    },
  ];
}

const verdicts: Panel = {
  title: "Verdicts",
  description:
    "What each operator makes of it. Hold: a failover is due and a guard forbids it, so a person " +
    "is needed.",
  kind: "lanes",
  width: 24,
  queries: [
    {
      expression: latestEqual({ metric: "switchback_verdict", by: ["verdict"], value: 1 }),
      legend: "{{region}} {{verdict}}",
    },
  ],
  words: { "1": { text: "now", color: "blue" } },
};

const readings: Panel = {
  title: "Readings",
  description:
    "What each vantage said last of the region that serves. Silent means not known; it never " +
    "counts as failing.",
  kind: "lanes",
  width: 24,
  queries: [
    {
      expression: latest({ metric: "switchback_reading", by: ["vantage"] }),
      legend: "{{region}} {{vantage}}",
    },
  ],
  words: {
    "-1": { text: "silent", color: "text" },
    "0": { text: "failing", color: "red" },
    "1": { text: "serving", color: "green" },
  },
};

function replicaLag({ objectives, replicaLagMsMax }: Topology): Panel {
  const approvalSeconds = replicaLagMsMax / 1_000;
  return {
    title: "Replica lag",
    description:
      `How far the replica was behind at the holder's last renewal. Above ${approvalSeconds} s a ` +
      `failover waits for a person; the recovery point objective is ${objectives.rpoSeconds} s ` +
      `(red).`,
    kind: "lines",
    width: 12,
    unit: "s",
    queries: [
      { expression: latest({ metric: "switchback_replica_lag_seconds" }), legend: "{{region}}" },
    ],
    steps: lagSteps(approvalSeconds, objectives.rpoSeconds),
  };
}

function lagSteps(approvalSeconds: number, objectiveSeconds: number): NonNullable<Panel["steps"]> {
  const objective = { from: objectiveSeconds, color: "red" } as const;
  if (approvalSeconds >= objectiveSeconds) return [{ from: "below", color: "green" }, objective];
  return [{ from: "below", color: "green" }, { from: approvalSeconds, color: "orange" }, objective];
}

const wouldHave: Panel = {
  title: "Would have failed over",
  description: "Failovers that mode observe decided and did not make, in the time shown.",
  kind: "number",
  width: 12,
  queries: [
    {
      expression: times({ metric: "switchback_would_have_failed_over_total" }),
      legend: "{{region}}",
    },
  ],
};
