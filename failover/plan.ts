//! A plan is an ordered list of stages, stored before it runs. The order is the safety argument:
//! lease before promotion, promotion before grant, grant before anybody is sent here.

import type { RegionName } from "../topology/topology.ts";
import type { HandoverToken } from "./lease-item.ts";

export type Step =
  /** Makes this region the holder of the next epoch. */
  | { readonly kind: "take-lease" }
  /** Waits until the replica has replayed where the old holder closed. Only after a release. */
  | { readonly kind: "drain-replication"; readonly token: HandoverToken }
  | { readonly kind: "promote-database" }
  | { readonly kind: "scale-up"; readonly replicas: number }
  /** Lets the promoted database accept writes under the new epoch. */
  | { readonly kind: "grant-writes" }
  /** Waits until Route 53's checkers see this region serve. */
  | { readonly kind: "await-serving" }
  /** Swaps PRIMARY and SECONDARY, whenever the Route 53 control plane answers. */
  | { readonly kind: "record-roles" }
  | { readonly kind: "announce" };

export type StepKind = Step["kind"];
export type StepOf<K extends StepKind> = Extract<Step, { readonly kind: K }>;

/** Steps of one stage run side by side; the next stage begins when all of them are done. */
export type Stage = readonly Step[];

export interface Plan {
  readonly id: string;
  readonly kind: "failover";
  readonly from: RegionName | "nobody";
  readonly to: RegionName;
  /** The epoch under which `to` will write. */
  readonly epoch: number;
  readonly stages: readonly Stage[];
}

export interface FailoverProps {
  readonly from: RegionName | "nobody";
  readonly to: RegionName;
  readonly epoch: number;
  readonly replicas: number;
  readonly token: HandoverToken | "none";
}

/** The forced failover, or the taking up of a lease that was let go. */
export function planFailover({ from, to, epoch, replicas, token }: FailoverProps): Plan {
  const drain: readonly Stage[] = token === "none" ? [] : [[{ kind: "drain-replication", token }]];
  return {
    id: `failover-${epoch}`,
    kind: "failover",
    from,
    to,
    epoch,
    stages: [
      [{ kind: "take-lease" }],
      ...drain,
      [{ kind: "promote-database" }, { kind: "scale-up", replicas }],
      [{ kind: "grant-writes" }],
      [{ kind: "await-serving" }],
      // Beside each other: the control plane may be away for an hour, and people must not wait.
      [{ kind: "announce" }, { kind: "record-roles" }],
    ],
  };
}
