//! The panels about what users get, from the app's metrics: which region answers, how often it fails,
//! how long it takes, and what becomes of writes.

import type { Topology } from "../topology/topology.ts";
import type { Panel } from "./panel.ts";
import { perSecond, quantile, share } from "./queries.ts";

export function userPanels(topology: Topology): readonly Panel[] {
  return [answered, failed, took(topology), writes, forwarded];
}

const requests = "http_request_duration_seconds";
/** What users ask for; health checks and scrapes would hide them. */
const usersRoutes = 'route=~"/(orders|objects).*"';

const answered: Panel = {
  title: "Requests",
  description: "Requests of users by the region that answered. Shows traffic move.",
  kind: "lines",
  width: 8,
  unit: "reqps",
  queries: [
    {
      expression: perSecond({ metric: `${requests}_count`, where: [usersRoutes] }),
      legend: "{{region}}",
    },
  ],
};

const failed: Panel = {
  title: "Share of failed requests",
  description: "Answers of 500 and above among all answers to users.",
  kind: "lines",
  width: 8,
  unit: "percentunit",
  queries: [
    {
      expression: share({
        part: { metric: `${requests}_count`, where: [usersRoutes, 'status=~"5.."'] },
        whole: { metric: `${requests}_count`, where: [usersRoutes] },
      }),
      legend: "{{region}}",
    },
  ],
};

function took({ lease: { ackWithinMs } }: Topology): Panel {
  return {
    title: "Time of a request, 99th percentile",
    description:
      `A write that takes more than ${ackWithinMs} ms (orange) is acknowledged only if the lease ` +
      `is found live again.`,
    kind: "lines",
    width: 8,
    unit: "s",
    queries: [
      {
        expression: quantile({ metric: requests, where: [usersRoutes], quantile: 0.99 }),
        legend: "{{region}}",
      },
    ],
    steps: [
      { from: "below", color: "green" },
      { from: ackWithinMs / 1_000, color: "orange" },
    ],
  };
}

const writes: Panel = {
  title: "Writes by outcome",
  description:
    "How writes ended for the user. Outcome-unknown is neither acknowledged nor refused: the " +
    "client repeats it with the same key.",
  kind: "lines",
  width: 12,
  unit: "ops",
  queries: [
    {
      expression: perSecond({ metric: "switchback_app_writes_total", by: ["outcome"] }),
      legend: "{{region}} {{outcome}}",
    },
  ],
};

const forwarded: Panel = {
  title: "Handed to the other region",
  description:
    "Requests that arrived at the region that does not serve. After a failover this fades as old " +
    "DNS answers are forgotten.",
  kind: "lines",
  width: 12,
  unit: "ops",
  queries: [
    {
      expression: perSecond({ metric: "switchback_app_forwarded_total", by: ["outcome"] }),
      legend: "{{region}} {{outcome}}",
    },
  ],
};
