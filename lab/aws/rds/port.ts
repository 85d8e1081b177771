//! What RDS needs of the lab: real databases under names, and what can be begun with them. Whatever
//! is begun goes on by itself; how far it is shows in a status, as with RDS.

export interface RdsPort {
  /** Every instance of the lab, of all regions; looked at again on each call. */
  instances(): readonly RdsInstance[];
  /** Every snapshot of the lab, of all regions. */
  snapshots(): readonly RdsSnapshot[];
  /** Begins a replica. From then on it is among the instances, `creating` until it streams. */
  createReplica(wanted: InstanceName, source: RdsInstance): void;
  /** Told when a promotion failed; its caller has long been answered. */
  promotionFailed?(instance: RdsInstance, error: unknown): void;
}

export interface InstanceName {
  readonly identifier: string;
  readonly region: string;
}

/** A real database behind a name. */
export interface RdsInstance extends InstanceName {
  /** Unique in its region; two regions may use the same name. */
  readonly identifier: string;
  /** Stays when the instance is renamed. */
  readonly resourceId: string;
  readonly createdAtMs: number;
  readonly host: string;
  readonly port: number;
  readonly engineVersion: string;
  readonly instanceClass: string;
  readonly databaseName: string;
  role(): "primary" | "replica";
  /** As in `DBInstanceStatus`: `available`, `creating`, `renaming`, `backing-up`, `failed`, … */
  status(): string;
  /** What a replica follows. @default nothing */
  source?(): InstanceName | undefined;
  /** Whether a replica receives changes at the moment. @default true */
  isReplicating?(): boolean;
  /** The name it is being given. @default none */
  pendingIdentifier?(): string | undefined;
  /** Resolves when the database accepts writes. */
  promote(): Promise<void>;
  /** Begins to give it another name, which ends every connection. */
  rename(identifier: string): void;
  /** Begins a snapshot, which is among the snapshots at once. */
  snapshot(name: string): void;
}

export interface RdsSnapshot {
  readonly name: string;
  readonly region: string;
  /** The instance's identifier when it was begun. */
  readonly instanceIdentifier: string;
  readonly resourceId: string;
  readonly engineVersion: string;
  readonly startedAtMs: number;
  readonly status: "creating" | "available";
}
