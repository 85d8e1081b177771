//! RDS over real databases: what is described is how those databases are, a promotion promotes one,
//! a rename moves one, a replica is made from one. The lab gives the instances; RDS only speaks.

import * as RDS from "@aws-sdk/client-rds";
import { describeService } from "./model.ts";
import { arnOf, findInstance, invalidState, nameFrom, notInTheLab } from "./rds/naming.ts";
import type { RdsInstance, RdsPort } from "./rds/port.ts";
import { createReplica, rename } from "./rds/rebuild.ts";
import { createSnapshot, describeSnapshots } from "./rds/snapshots.ts";
import { AwsError, type AwsService, type CallContext } from "./service.ts";

export type { InstanceName, RdsInstance, RdsPort, RdsSnapshot } from "./rds/port.ts";

export interface RdsOptions {
  /**
   * How long an instance whose promotion has begun still looks available: for a while RDS does not
   * say so. Whoever waits for "available" right after the call has waited for nothing.
   * @default 300
   */
  readonly statusLagMs?: number;
  /** Milliseconds of a clock that never steps. @default `performance.now` */
  readonly nowMs?: () => number;
}

/** One service for all regions: which one is asked, the call says. */
export function rdsService(
  port: RdsPort,
  { statusLagMs = 300, nowMs = () => performance.now() }: RdsOptions = {},
): AwsService {
  const client = new RDS.RDSClient({ region: "none" });
  const model = describeService(RDS, client);
  client.destroy();
  const lab: Lab = { port, promoting: new Map(), statusLagMs, nowMs };
  const status = (instance: RdsInstance) => statusOf(lab, instance);
  return {
    model,
    handlers: {
      DescribeDBInstances: (input: RDS.DescribeDBInstancesCommandInput, context) =>
        describeInstances(lab, input, context),
      PromoteReadReplica: (input: RDS.PromoteReadReplicaCommandInput, context) =>
        promote(lab, input, context),
      StopDBInstance: (input: RDS.StopDBInstanceCommandInput, context) => stop(lab, input, context),
      CreateDBSnapshot: (input: RDS.CreateDBSnapshotCommandInput, context) =>
        createSnapshot(port, input, context, status),
      DescribeDBSnapshots: (input: RDS.DescribeDBSnapshotsCommandInput, context) =>
        describeSnapshots(port, input, context),
      ModifyDBInstance: (input: RDS.ModifyDBInstanceCommandInput, context) => ({
        DBInstance: describe(lab, rename(port, input, context, status)),
      }),
      CreateDBInstanceReadReplica: (
        input: RDS.CreateDBInstanceReadReplicaCommandInput,
        context,
      ) => ({ DBInstance: describe(lab, createReplica(port, input, context, status)) }),
    },
  };
}

interface Lab {
  readonly port: RdsPort;
  /** When it began, by resource. A promotion ends when its database has ended it. */
  readonly promoting: Map<string, number>;
  readonly statusLagMs: number;
  readonly nowMs: () => number;
}

function describeInstances(
  lab: Lab,
  input: RDS.DescribeDBInstancesCommandInput,
  { region }: CallContext,
): RDS.DBInstanceMessage {
  const local = lab.port.instances().filter((instance) => instance.region === region);
  const named =
    input.DBInstanceIdentifier === undefined
      ? local
      : [findInstance(lab.port, input.DBInstanceIdentifier, region)];
  const filters = (input.Filters ?? []).map(readFilter);
  const found = named.filter((instance) => filters.every((matches) => matches(instance)));
  return { DBInstances: found.map((instance) => describe(lab, instance)) };
}

function promote(
  lab: Lab,
  input: RDS.PromoteReadReplicaCommandInput,
  { region }: CallContext,
): RDS.PromoteReadReplicaResult {
  const instance = findInstance(lab.port, input.DBInstanceIdentifier, region);
  if (instance.role() !== "replica") {
    throw invalidState(`DB Instance ${instance.identifier} is not a read replica`);
  }
  if (statusOf(lab, instance) !== "available") {
    throw invalidState(`DB Instance ${instance.identifier} is not in the available state`);
  }
  const id = instance.resourceId;
  lab.promoting.set(id, lab.nowMs());
  void instance
    .promote()
    .catch((error: unknown) => lab.port.promotionFailed?.(instance, error))
    .finally(() => lab.promoting.delete(id));
  return { DBInstance: describe(lab, instance) };
}

function stop(lab: Lab, input: RDS.StopDBInstanceCommandInput, { region }: CallContext): never {
  const instance = findInstance(lab.port, input.DBInstanceIdentifier, region);
  if (instance.role() === "replica" || replicasOf(lab, instance).length > 0) {
    throw invalidState(
      "Cannot stop a DB instance that has a read replica or that is a read replica: " +
        instance.identifier,
    );
  }
  throw notInTheLab("the lab stops databases through its fault API only");
}

function describe(lab: Lab, instance: RdsInstance): RDS.DBInstance {
  const source = instance.role() === "replica" ? instance.source?.() : undefined;
  const pending = instance.pendingIdentifier?.();
  return {
    DBInstanceIdentifier: instance.identifier,
    DBInstanceArn: arnOf(instance),
    DbiResourceId: instance.resourceId,
    DBInstanceStatus: shownStatusOf(lab, instance),
    DBInstanceClass: instance.instanceClass,
    InstanceCreateTime: new Date(instance.createdAtMs),
    Engine: "postgres",
    EngineVersion: instance.engineVersion,
    DBName: instance.databaseName,
    Endpoint: { Address: instance.host, Port: instance.port },
    MultiAZ: false,
    ReadReplicaDBInstanceIdentifiers: replicasOf(lab, instance).map((replica) =>
      nameFrom(instance.region, replica),
    ),
    ...(pending === undefined ? {} : { PendingModifiedValues: { DBInstanceIdentifier: pending } }),
    ...(source === undefined
      ? {}
      : {
          ReadReplicaSourceDBInstanceIdentifier: nameFrom(instance.region, source),
          StatusInfos: [replicationStatus(instance)],
        }),
  };
}

function replicationStatus(instance: RdsInstance): RDS.DBInstanceStatusInfo {
  const normal = instance.isReplicating?.() ?? true;
  return {
    StatusType: "read replication",
    Normal: normal,
    Status: normal ? "replicating" : "error",
  };
}

function shownStatusOf(lab: Lab, instance: RdsInstance): string {
  const sinceMs = lab.promoting.get(instance.resourceId);
  const isTold = sinceMs !== undefined && lab.nowMs() - sinceMs >= lab.statusLagMs;
  return isTold ? "modifying" : instance.status();
}

/** What RDS goes by when more is asked of it, whatever it shows. */
function statusOf(lab: Lab, instance: RdsInstance): string {
  return lab.promoting.has(instance.resourceId) ? "modifying" : instance.status();
}

function replicasOf(lab: Lab, instance: RdsInstance): readonly RdsInstance[] {
  return lab.port.instances().filter((candidate) => {
    const source = candidate.role() === "replica" ? candidate.source?.() : undefined;
    return source?.identifier === instance.identifier && source.region === instance.region;
  });
}

function readFilter({ Name, Values }: RDS.Filter): (instance: RdsInstance) => boolean {
  const values = Values ?? [];
  if (Name === "db-instance-id") {
    return (instance) => values.includes(instance.identifier) || values.includes(arnOf(instance));
  }
  if (Name === "engine") return () => values.includes("postgres");
  throw new AwsError("InvalidParameterValue", `Unrecognized filter name: ${Name}`);
}
