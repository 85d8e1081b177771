//! RDS over real databases: what is described is how those databases are, and a promotion promotes
//! one. The lab gives the instances; this file only speaks as RDS does.

import * as RDS from "@aws-sdk/client-rds";
import { describeService } from "./model.ts";
import { AwsError, type AwsService, type CallContext } from "./service.ts";

export interface RdsPort {
  /** Every instance of the lab, of all regions; looked at again on each call. */
  instances(): readonly RdsInstance[];
  /** Told when a promotion failed; its caller has long been answered. */
  promotionFailed?(instance: RdsInstance, error: unknown): void;
}

/** A real database behind a name. */
export interface RdsInstance {
  /** Unique in its region; two regions may use the same name. */
  readonly identifier: string;
  readonly region: string;
  readonly host: string;
  readonly port: number;
  readonly engineVersion: string;
  readonly databaseName: string;
  role(): "primary" | "replica";
  /** As in `DBInstanceStatus`: `available`, `stopped`, `failed`, … */
  status(): string;
  /** What a replica follows. @default nothing */
  source?(): { readonly identifier: string; readonly region: string } | undefined;
  /** Whether a replica receives changes at the moment. @default true */
  isReplicating?(): boolean;
  /** Resolves when the database accepts writes. */
  promote(): Promise<void>;
}

export function rdsService(port: RdsPort): AwsService {
  const client = new RDS.RDSClient({ region: "none" });
  const model = describeService(RDS, client);
  client.destroy();
  // By region and identifier. A promotion ends when its database has ended it.
  const promoting = new Set<string>();
  const lab: Lab = { port, promoting };
  return {
    model,
    handlers: {
      DescribeDBInstances: (input: RDS.DescribeDBInstancesCommandInput, context) =>
        describeInstances(lab, input, context),
      PromoteReadReplica: (input: RDS.PromoteReadReplicaCommandInput, context) =>
        promote(lab, input, context),
      StopDBInstance: (input: RDS.StopDBInstanceCommandInput, context) => stop(lab, input, context),
    },
  };
}

interface Lab {
  readonly port: RdsPort;
  readonly promoting: Set<string>;
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
      : [findInstance(lab, input.DBInstanceIdentifier, region)];
  const filters = (input.Filters ?? []).map(readFilter);
  const found = named.filter((instance) => filters.every((matches) => matches(instance)));
  return { DBInstances: found.map((instance) => describe(lab, instance)) };
}

function promote(
  lab: Lab,
  input: RDS.PromoteReadReplicaCommandInput,
  { region }: CallContext,
): RDS.PromoteReadReplicaResult {
  const instance = findInstance(lab, input.DBInstanceIdentifier, region);
  if (instance.role() !== "replica") {
    throw invalidState(`DB Instance ${instance.identifier} is not a read replica`);
  }
  if (statusOf(lab, instance) !== "available") {
    throw invalidState(`DB Instance ${instance.identifier} is not in the available state`);
  }
  const id = idOf(instance);
  lab.promoting.add(id);
  void instance
    .promote()
    .catch((error: unknown) => lab.port.promotionFailed?.(instance, error))
    .finally(() => lab.promoting.delete(id));
  return { DBInstance: describe(lab, instance) };
}

function stop(lab: Lab, input: RDS.StopDBInstanceCommandInput, { region }: CallContext): never {
  const instance = findInstance(lab, input.DBInstanceIdentifier, region);
  if (instance.role() === "replica" || replicasOf(lab, instance).length > 0) {
    throw invalidState(
      "Cannot stop a DB instance that has a read replica or that is a read replica: " +
        instance.identifier,
    );
  }
  throw new AwsError("NotImplemented", "the lab stops databases through its fault API only", {
    status: 501,
  });
}

function describe(lab: Lab, instance: RdsInstance): RDS.DBInstance {
  const source = instance.role() === "replica" ? instance.source?.() : undefined;
  return {
    DBInstanceIdentifier: instance.identifier,
    DBInstanceArn: arnOf(instance),
    DbiResourceId: `db-${instance.region}-${instance.identifier}`.toUpperCase(),
    DBInstanceStatus: statusOf(lab, instance),
    Engine: "postgres",
    EngineVersion: instance.engineVersion,
    DBName: instance.databaseName,
    Endpoint: { Address: instance.host, Port: instance.port },
    MultiAZ: false,
    ReadReplicaDBInstanceIdentifiers: replicasOf(lab, instance).map((replica) =>
      nameFrom(instance.region, replica),
    ),
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

function statusOf(lab: Lab, instance: RdsInstance): string {
  return lab.promoting.has(idOf(instance)) ? "modifying" : instance.status();
}

function replicasOf(lab: Lab, instance: RdsInstance): readonly RdsInstance[] {
  return lab.port.instances().filter((candidate) => {
    const source = candidate.role() === "replica" ? candidate.source?.() : undefined;
    return source?.identifier === instance.identifier && source.region === instance.region;
  });
}

function findInstance(lab: Lab, name: string | undefined, region: string): RdsInstance {
  const identifier = (name ?? "").toLowerCase();
  const found = lab.port
    .instances()
    .filter((instance) => instance.region === region)
    .find((instance) => instance.identifier === identifier || arnOf(instance) === name);
  if (found !== undefined) return found;
  throw new AwsError("DBInstanceNotFoundFault", `DBInstance ${identifier} not found.`);
}

function readFilter({ Name, Values }: RDS.Filter): (instance: RdsInstance) => boolean {
  const values = Values ?? [];
  if (Name === "db-instance-id") {
    return (instance) => values.includes(instance.identifier) || values.includes(arnOf(instance));
  }
  if (Name === "engine") return () => values.includes("postgres");
  throw new AwsError("InvalidParameterValue", `Unrecognized filter name: ${Name}`);
}

interface InstanceName {
  readonly identifier: string;
  readonly region: string;
}

/** Instances of other regions are named by their ARN. */
function nameFrom(region: string, instance: InstanceName): string {
  return instance.region === region ? instance.identifier : arnOf(instance);
}

function arnOf({ identifier, region }: InstanceName): string {
  return `arn:aws:rds:${region}:000000000000:db:${identifier}`;
}

function idOf({ identifier, region }: InstanceName): string {
  return `${region}/${identifier}`;
}

function invalidState(message: string): AwsError {
  return new AwsError("InvalidDBInstanceStateFault", message);
}
