//! A plan is an ordered list of stages, stored before it runs. The order is the safety argument:
//! lease before promotion, promotion before grant, grant before anybody is sent here; and on the way
//! back, salvage before anything of the old primary is touched.

import type { RegionName } from "../topology/topology.ts";

export type Step =
  /** Whether a planned change may begin: the guards that hold for it, asked once more. */
  | { readonly kind: "preflight" }
  /** Asks the holder to close its database and let the lease go, and waits until it did. */
  | { readonly kind: "close-writes" }
  /** Makes this region the holder of the next epoch. */
  | { readonly kind: "take-lease" }
  /** Waits until the replica has replayed where the old holder closed. Only after a release. */
  | { readonly kind: "drain-replication" }
  | { readonly kind: "promote-database" }
  | { readonly kind: "scale-up"; readonly replicas: number }
  /** Lets the promoted database accept writes under the new epoch. */
  | { readonly kind: "grant-writes" }
  /** Waits until Route 53's checkers see this region serve. */
  | { readonly kind: "await-serving" }
  /** Swaps PRIMARY and SECONDARY, whenever the Route 53 control plane answers. */
  | { readonly kind: "record-roles" }
  /** Keeps a copy of the old primary as it is. */
  | { readonly kind: "snapshot-old-primary"; readonly name: string }
  /** Lists and exports what only the old primary has. */
  | { readonly kind: "salvage"; readonly name: string }
  /** Gives the old primary another name, under which it is kept. */
  | { readonly kind: "retire-old-primary"; readonly name: string }
  /** Makes a replica of this region's database where the old primary was. */
  | { readonly kind: "create-replica" }
  | { readonly kind: "await-caught-up" }
  /** Sends the objects the other way. */
  | { readonly kind: "reverse-storage" }
  | { readonly kind: "announce" };

export type StepKind = Step["kind"];
export type StepOf<K extends StepKind> = Extract<Step, { readonly kind: K }>;

/** Steps of one stage run side by side; the next stage begins when all of them are done. */
export type Stage = readonly Step[];

/**
 * `failover` is forced, after the holder fell silent, or takes up a lease that was let go.
 * `handover` asks a holder that renews but does not serve. `switchover` was planned by a person.
 * `protect` makes the other region a standby again. Each is run by the operator of `to`.
 */
export type PlanKind = "failover" | "handover" | "switchover" | "protect";

export interface Plan {
  readonly id: string;
  readonly kind: PlanKind;
  readonly from: RegionName | "nobody";
  readonly to: RegionName;
  /** The epoch under which `to` will write, or writes already. */
  readonly epoch: number;
  readonly stages: readonly Stage[];
}

export interface ChangeProps {
  readonly from: RegionName | "nobody";
  readonly to: RegionName;
  readonly epoch: number;
  /** App pods that `to` needs once it serves. */
  readonly replicas: number;
}

/** The forced failover, or the taking up of a lease that was let go. */
export function planFailover({ from, to, epoch, replicas }: ChangeProps): Plan {
  // Where nobody let go there is nothing to wait for.
  const drain: Stage = from === "nobody" ? [{ kind: "drain-replication" }] : [];
  return {
    id: `failover-${epoch}`,
    kind: "failover",
    from,
    to,
    epoch,
    stages: [
      [{ kind: "take-lease" }, ...drain],
      [{ kind: "promote-database" }, { kind: "scale-up", replicas }],
      ...opening,
      // Beside each other: the control plane may be away for an hour, and people must not wait.
      [{ kind: "announce" }, { kind: "record-roles" }],
    ],
  };
}

/** The holder renews and nobody is served: it is asked, and nothing is lost. */
export function planHandover({ from, to, epoch, replicas }: ChangeProps): Plan {
  return {
    id: `handover-${epoch}`,
    kind: "handover",
    from,
    to,
    epoch,
    stages: [
      [{ kind: "scale-up", replicas }],
      ...closing,
      ...opening,
      [{ kind: "announce" }, { kind: "record-roles" }],
    ],
  };
}

export interface SwitchoverProps extends ChangeProps {
  /** Under which the old primary is kept. */
  readonly keptAs: string;
}

/** Everything that takes time comes before the pause, or after users are served again. */
export function planSwitchover({ from, to, epoch, replicas, keptAs }: SwitchoverProps): Plan {
  return {
    id: `switchover-${epoch}`,
    kind: "switchover",
    from,
    to,
    epoch,
    stages: [
      [{ kind: "preflight" }],
      [{ kind: "scale-up", replicas }],
      ...closing,
      ...opening,
      [{ kind: "record-roles" }],
      ...protection(`switchover-${epoch}`, keptAs),
    ],
  };
}

export interface ProtectProps {
  /** The region whose old primary becomes a replica again. */
  readonly from: RegionName;
  /** The holder, which runs the plan. */
  readonly to: RegionName;
  readonly epoch: number;
  readonly keptAs: string;
  /** Nothing stands there any more: what there was to keep was kept, under an earlier epoch. */
  readonly isAbsent?: boolean;
}

export function planProtect({ from, to, epoch, keptAs, isAbsent = false }: ProtectProps): Plan {
  const id = `protect-${epoch}`;
  const stages = isAbsent ? rebuilding : protection(id, keptAs);
  return { id, kind: "protect", from, to, epoch, stages };
}

const closing: readonly Stage[] = [
  [{ kind: "close-writes" }],
  // Neither waits for the other, and nobody may write meanwhile.
  [{ kind: "take-lease" }, { kind: "drain-replication" }],
  [{ kind: "promote-database" }],
];

const opening: readonly Stage[] = [[{ kind: "grant-writes" }], [{ kind: "await-serving" }]];

/** What only the old primary has is listed before anything of it is touched. */
function protection(planId: string, keptAs: string): readonly Stage[] {
  return [
    [{ kind: "snapshot-old-primary", name: keptAs }],
    [{ kind: "salvage", name: planId }],
    [{ kind: "retire-old-primary", name: keptAs }],
    ...rebuilding,
  ];
}

const rebuilding: readonly Stage[] = [
  [{ kind: "create-replica" }],
  [{ kind: "await-caught-up" }],
  [{ kind: "reverse-storage" }],
  [{ kind: "announce" }],
];

/** Whether the plan changes the holder: then it must be ended by whoever holds its epoch. */
export function changesHolder({ kind }: Plan): boolean {
  return kind !== "protect";
}
