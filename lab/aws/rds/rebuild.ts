//! What takes an old primary out of the way and puts a replica in its place: a new name by
//! `ModifyDBInstance`, a replica of another region's instance by `CreateDBInstanceReadReplica`.

import type * as RDS from "@aws-sdk/client-rds";
import { AwsError, type CallContext } from "../service.ts";
import {
  findInstance,
  invalidState,
  lookUp,
  newIdentifier,
  notInTheLab,
  regionOf,
} from "./naming.ts";
import type { RdsInstance, RdsPort } from "./port.ts";

const identifierCharactersMax = 63;

/** Returns the instance that is being renamed. */
export function rename(
  port: RdsPort,
  input: RDS.ModifyDBInstanceCommandInput,
  { region }: CallContext,
  statusOf: (instance: RdsInstance) => string,
): RdsInstance {
  const instance = findInstance(port, input.DBInstanceIdentifier, region);
  if (input.NewDBInstanceIdentifier === undefined) {
    throw notInTheLab("the lab's instances can be renamed, and nothing else of them be modified");
  }
  if (input.ApplyImmediately !== true) {
    throw notInTheLab("the lab has no maintenance windows: say ApplyImmediately");
  }
  const name = newIdentifier(
    "NewDBInstanceIdentifier",
    input.NewDBInstanceIdentifier,
    identifierCharactersMax,
  );
  refuseTaken(port, name, region);
  if (statusOf(instance) !== "available") {
    throw invalidState(`DB Instance ${instance.identifier} is not in the available state`);
  }
  instance.rename(name);
  return instance;
}

/** Returns the replica that is being created. */
export function createReplica(
  port: RdsPort,
  input: RDS.CreateDBInstanceReadReplicaCommandInput,
  { region }: CallContext,
  statusOf: (instance: RdsInstance) => string,
): RdsInstance {
  const identifier = newIdentifier(
    "DBInstanceIdentifier",
    input.DBInstanceIdentifier,
    identifierCharactersMax,
  );
  refuseTaken(port, identifier, region);
  const named = input.SourceDBInstanceIdentifier ?? "";
  const source = findInstance(port, named, regionOf(named, region));
  if (statusOf(source) !== "available") {
    throw invalidState(`Source DB Instance ${source.identifier} is not in the available state`);
  }
  if (source.role() === "replica") {
    throw invalidState(
      `Source DB Instance ${source.identifier} is a read replica: the lab makes no replicas of those`,
    );
  }
  if (source.region === region)
    throw notInTheLab("the lab makes replicas in the other region only");
  port.createReplica({ identifier, region }, source);
  return findInstance(port, identifier, region);
}

/** Also a name that another instance is being given is taken. */
function refuseTaken(port: RdsPort, name: string, region: string): void {
  const isPending = port
    .instances()
    .some((one) => one.region === region && one.pendingIdentifier?.() === name);
  if (!isPending && lookUp(port, name, region) === undefined) return;
  throw new AwsError("DBInstanceAlreadyExistsFault", `DB instance already exists: ${name}`);
}
