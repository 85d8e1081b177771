//! Snapshots of instances: begun by `CreateDBSnapshot`, looked at by `DescribeDBSnapshots`.

import type * as RDS from "@aws-sdk/client-rds";
import { AwsError, type CallContext } from "../service.ts";
import { findInstance, invalidState, newIdentifier } from "./naming.ts";
import type { RdsInstance, RdsPort, RdsSnapshot } from "./port.ts";

export function createSnapshot(
  port: RdsPort,
  input: RDS.CreateDBSnapshotCommandInput,
  { region }: CallContext,
  statusOf: (instance: RdsInstance) => string,
): RDS.CreateDBSnapshotResult {
  const name = newIdentifier("DBSnapshotIdentifier", input.DBSnapshotIdentifier, 255);
  const instance = findInstance(port, input.DBInstanceIdentifier, region);
  if (find(port, name, region) !== undefined) {
    throw new AwsError(
      "DBSnapshotAlreadyExistsFault",
      `Cannot create the snapshot because a snapshot with the identifier ${name} already exists.`,
    );
  }
  if (statusOf(instance) !== "available") {
    throw invalidState(`Cannot create a snapshot of ${instance.identifier}: it is not available`);
  }
  instance.snapshot(name);
  const begun = find(port, name, region);
  return begun === undefined ? {} : { DBSnapshot: describe(begun) };
}

export function describeSnapshots(
  port: RdsPort,
  input: RDS.DescribeDBSnapshotsCommandInput,
  { region }: CallContext,
): RDS.DBSnapshotMessage {
  const { DBInstanceIdentifier: instance, DBSnapshotIdentifier: name, Filters: filters } = input;
  if (filters !== undefined && filters.length > 0) {
    throw new AwsError("InvalidParameterValue", `Unrecognized filter name: ${filters[0]?.Name}`);
  }
  const local = port.snapshots().filter((snapshot) => snapshot.region === region);
  const found = local
    .filter((snapshot) => name === undefined || snapshot.name === name.toLowerCase())
    .filter(
      ({ instanceIdentifier: of }) => instance === undefined || of === instance.toLowerCase(),
    );
  if (name !== undefined && found.length === 0) {
    throw new AwsError("DBSnapshotNotFoundFault", `DBSnapshot ${name} not found.`);
  }
  return { DBSnapshots: found.map(describe) };
}

function find(port: RdsPort, name: string, region: string): RdsSnapshot | undefined {
  return port.snapshots().find((snapshot) => snapshot.region === region && snapshot.name === name);
}

function describe(snapshot: RdsSnapshot): RDS.DBSnapshot {
  const isDone = snapshot.status === "available";
  return {
    DBSnapshotIdentifier: snapshot.name,
    DBSnapshotArn: `arn:aws:rds:${snapshot.region}:000000000000:snapshot:${snapshot.name}`,
    DBInstanceIdentifier: snapshot.instanceIdentifier,
    DbiResourceId: snapshot.resourceId,
    Engine: "postgres",
    EngineVersion: snapshot.engineVersion,
    SnapshotType: "manual",
    Status: snapshot.status,
    PercentProgress: isDone ? 100 : 0,
    ...(isDone ? { SnapshotCreateTime: new Date(snapshot.startedAtMs) } : {}),
  };
}
