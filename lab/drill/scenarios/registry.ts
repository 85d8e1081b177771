//! Every scenario that can be drilled, the default first. To add one: a file beside this one and a
//! line here.

import { nearestName } from "../../../topology/nearest.ts";
import { appErrors } from "./app-errors.ts";
import { appFailure } from "./app-failure.ts";
import { arbiterAndLinkDown } from "./arbiter-and-link-down.ts";
import { arbiterDown } from "./arbiter-down.ts";
import { blindStandby } from "./blind-standby.ts";
import { brownOut } from "./brown-out.ts";
import { databaseFailure } from "./database-failure.ts";
import { diskFull } from "./disk-full.ts";
import { dnsCacheThatIgnoresTtl } from "./dns-cache-that-ignores-ttl.ts";
import { failback } from "./failback.ts";
import { flapping } from "./flapping.ts";
import { frozenDatabase } from "./frozen-database.ts";
import { frozenPrimary } from "./frozen-primary.ts";
import { lagOverRpo } from "./lag-over-rpo.ts";
import { oneVantageLies } from "./one-vantage-lies.ts";
import { operatorCrash } from "./operator-crash.ts";
import { partition } from "./partition.ts";
import { partitionOneWay } from "./partition-one-way.ts";
import { regionLoss } from "./region-loss.ts";
import { route53ControlPlaneDown } from "./route53-control-plane-down.ts";
import type { Scenario } from "./scenario.ts";
import { slowReplica } from "./slow-replica.ts";
import { standbyUnready } from "./standby-unready.ts";
import { switchover } from "./switchover.ts";
import { switchoverBehind } from "./switchover-behind.ts";
import { zombieReturn } from "./zombie-return.ts";

/** First those of the plan, then the planned move, then the world when it is grey. */
export const scenarios: readonly Scenario[] = [
  regionLoss,
  appFailure,
  appErrors,
  databaseFailure,
  diskFull,
  failback,
  switchover,
  switchoverBehind,
  dnsCacheThatIgnoresTtl,
  partition,
  partitionOneWay,
  frozenPrimary,
  frozenDatabase,
  slowReplica,
  flapping,
  brownOut,
  oneVantageLies,
  blindStandby,
  zombieReturn,
  route53ControlPlaneDown,
  arbiterDown,
  arbiterAndLinkDown,
  standbyUnready,
  lagOverRpo,
  operatorCrash,
];

export const defaultScenario = regionLoss;

/** Names that are commands of the drill and cannot be scenarios. */
export const reservedNames: readonly string[] = ["list", "all"];

export type Found = Scenario | { readonly problem: string };

export function findScenario(name: string): Found {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found !== undefined) return found;
  const names = scenarios.map((scenario) => scenario.name);
  const meant = nearestName(name, [...names, ...reservedNames]);
  const hint = meant === null ? `there are: ${names.join(", ")}` : `did you mean ${meant}?`;
  return { problem: `no scenario is called "${name}"; ${hint}` };
}
