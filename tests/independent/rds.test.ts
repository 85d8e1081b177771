//! Goal: the lab's RDS names, describes and refuses as another implementation of RDS does.
//! Method: the same calls by the official client against the lab and against moto. Nothing in moto
//! takes time, so statuses are compared when the lab's work is done.

import * as RDS from "@aws-sdk/client-rds";
import { compare, type Reasons } from "./scenario.ts";
import { primaryName, replicaName, type Target } from "./targets.ts";

const callsTo = (client: RDS.RDSClient) => ({
  describe: (DBInstanceIdentifier?: string) =>
    client.send(new RDS.DescribeDBInstancesCommand({ DBInstanceIdentifier })),
  find: (Name: string, ...Values: string[]) =>
    client.send(new RDS.DescribeDBInstancesCommand({ Filters: [{ Name, Values }] })),
  promote: (DBInstanceIdentifier: string) =>
    client.send(new RDS.PromoteReadReplicaCommand({ DBInstanceIdentifier })),
  rename: (DBInstanceIdentifier: string, NewDBInstanceIdentifier: string) =>
    client.send(
      new RDS.ModifyDBInstanceCommand({
        DBInstanceIdentifier,
        NewDBInstanceIdentifier,
        ApplyImmediately: true,
      }),
    ),
  replicate: (DBInstanceIdentifier: string, SourceDBInstanceIdentifier: string) =>
    client.send(
      new RDS.CreateDBInstanceReadReplicaCommand({
        DBInstanceIdentifier,
        SourceDBInstanceIdentifier,
      }),
    ),
  snapshot: (DBInstanceIdentifier: string, DBSnapshotIdentifier: string) =>
    client.send(new RDS.CreateDBSnapshotCommand({ DBInstanceIdentifier, DBSnapshotIdentifier })),
  snapshots: (DBSnapshotIdentifier?: string, DBInstanceIdentifier?: string) =>
    client.send(new RDS.DescribeDBSnapshotsCommand({ DBSnapshotIdentifier, DBInstanceIdentifier })),
  stop: (DBInstanceIdentifier: string) =>
    client.send(new RDS.StopDBInstanceCommand({ DBInstanceIdentifier })),
});

const regionsOf = ({ rds }: Target) => ({ inA: callsTo(rds.inA), inB: callsTo(rds.inB) });

const namesOf = ({ DBInstances }: Partial<RDS.DBInstanceMessage>) =>
  DBInstances?.map(({ DBInstanceIdentifier }) => DBInstanceIdentifier);

const notFound = ["DBInstanceNotFoundFault", 404] as const;
const badState = ["InvalidDBInstanceStateFault", 400] as const;
const exists = ["DBInstanceAlreadyExistsFault", 400] as const;
const badValue = ["InvalidParameterValue", 400] as const;

/** What the lab's databases have not. The operator copies most of it to the replicas that it makes. */
const settings = [
  "AllocatedStorage",
  "AssociatedRoles",
  "AutoMinorVersionUpgrade",
  "AvailabilityZone",
  "BackupRetentionPeriod",
  "CACertificateIdentifier",
  "CopyTagsToSnapshot",
  "DBParameterGroups",
  "DBSecurityGroups",
  "DbInstancePort",
  "DeletionProtection",
  "DomainMemberships",
  "EnabledCloudwatchLogsExports",
  "IAMDatabaseAuthenticationEnabled",
  "LatestRestorableTime",
  "LicenseModel",
  "MasterUsername",
  "MonitoringInterval",
  "OptionGroupMemberships",
  "PreferredBackupWindow",
  "PreferredMaintenanceWindow",
  "StorageEncrypted",
  "StorageType",
  "TagList",
  "VpcSecurityGroups",
];
const settingsOfSnapshots = [
  "AllocatedStorage",
  "Encrypted",
  "IAMDatabaseAuthenticationEnabled",
  "InstanceCreateTime",
  "MasterUsername",
  "OriginalSnapshotCreateTime",
  "Port",
  "TagList",
];

function leftOut(structure: string, members: readonly string[]): Reasons {
  const reason = "the lab's databases have no such setting";
  return Object.fromEntries(members.map((member) => [`${structure} > ${member}`, reason]));
}

const noInfos = "moto does not say whether a replica replicates";

compare({
  title: "a primary and its replica, described",
  async run(target, notes) {
    const { inA, inB } = regionsOf(target);
    const primary = await notes.answered("primary", inA.describe(primaryName));
    const replica = await notes.answered("replica", inB.describe(replicaName));
    const [source] = primary.DBInstances ?? [];
    const [follower] = replica.DBInstances ?? [];
    notes.is("primary > replicas", source?.ReadReplicaDBInstanceIdentifiers, [target.replicaArn]);
    notes.is("primary > source", source?.ReadReplicaSourceDBInstanceIdentifier, undefined);
    notes.is(
      "replica > source",
      follower?.ReadReplicaSourceDBInstanceIdentifier,
      target.primaryArn,
    );
    notes.is("replica > status", follower?.DBInstanceStatus, "available");
    notes.is("replica > ARN", follower?.DBInstanceArn, target.replicaArn);
    notes.is("all", namesOf(await inA.describe()), [primaryName]);
    notes.is("by ARN", namesOf(await notes.answered("by ARN", inA.describe(target.primaryArn))), [
      primaryName,
    ]);
    notes.is(
      "by filter",
      namesOf(await notes.answered("by filter", inA.find("db-instance-id", "x", primaryName))),
      [primaryName],
    );
    notes.is(
      "by engine",
      namesOf(await notes.answered("by engine", inA.find("engine", "postgres"))),
      [primaryName],
    );
    notes.is(
      "by another engine",
      namesOf(await notes.answered("by another engine", inA.find("engine", "mysql"))),
      [],
    );
    await notes.refused("by an unknown filter", inA.find("colour", "blue"), ...badValue);
    await notes.refused("of another region", inA.describe(replicaName), ...notFound);
    await notes.refused("unknown", inA.describe("nothing"), ...notFound);
    const capitals = await notes.answered("in capitals", inA.describe(primaryName.toUpperCase()));
    notes.is("in capitals", namesOf(capitals), [primaryName]);
  },
  onlyInMoto: leftOut("DBInstances", settings),
  onlyInLab: { "DBInstances > StatusInfos": noInfos },
});

compare({
  title: "a promotion",
  async run(target, notes) {
    const { inA, inB } = regionsOf(target);
    await notes.refused("of a primary", inA.promote(primaryName), ...badState);
    await notes.refused("of an unknown one", inB.promote("nothing"), ...notFound);
    const begun = await notes.answered("begin", inB.promote(replicaName));
    notes.is("begin > name", begun.DBInstance?.DBInstanceIdentifier, replicaName);
    target.settle();
    const promoted = await notes.answered("promoted", inB.describe(replicaName));
    const [instance] = promoted.DBInstances ?? [];
    notes.is("promoted > status", instance?.DBInstanceStatus, "available");
    notes.is("promoted > source", instance?.ReadReplicaSourceDBInstanceIdentifier, undefined);
    notes.is("promoted > StatusInfos", instance?.StatusInfos, undefined);
    const [old] = (await inA.describe(primaryName)).DBInstances ?? [];
    notes.is("the old source > replicas", old?.ReadReplicaDBInstanceIdentifiers, []);
    await notes.refused("a second time", inB.promote(replicaName), ...badState);
  },
  motoDiffers: {
    "a second time: is answered": "moto promotes whatever it is asked to",
    "of a primary: is answered": "moto promotes whatever it is asked to",
    "of an unknown one: is refused, Error 500": "moto fails itself",
    'promoted > source: is "arn:aws:rds:us-east-1:123456789012:db:orders-a"':
      "moto marks the instance as no replica, and leaves its source",
    'the old source > replicas: is ["arn:aws:rds:us-west-2:123456789012:db:orders-b"]':
      "moto leaves the promoted one among the replicas",
  },
  onlyInMoto: {
    ...leftOut("DBInstance", settings),
    ...leftOut("DBInstances", settings),
    "DBInstances > ReadReplicaSourceDBInstanceIdentifier": "as the source",
  },
  onlyInLab: { "DBInstance > StatusInfos": noInfos },
});

compare({
  title: "the old primary, kept under another name, and a replica in its place",
  async run(target, notes) {
    const { inA, inB } = regionsOf(target);
    await inB.promote(replicaName);
    target.settle();
    await notes.answered("snapshot", inA.snapshot(primaryName, "before-2"));
    target.settle();
    await notes.refused(
      "a snapshot of the same name",
      inA.snapshot(primaryName, "before-2"),
      "DBSnapshotAlreadyExistsFault",
      400,
    );
    await notes.refused(
      "a snapshot of an unknown one",
      inA.snapshot("nothing", "other"),
      ...notFound,
    );
    const kept = await notes.answered("the snapshot", inA.snapshots("before-2"));
    notes.is("the snapshot > status", kept.DBSnapshots?.[0]?.Status, "available");
    const all = await notes.answered(
      "snapshots of the instance",
      inA.snapshots(undefined, primaryName),
    );
    notes.is(
      "snapshots of the instance > names",
      all.DBSnapshots?.flatMap(({ DBSnapshotIdentifier: name, SnapshotType: type }) =>
        type === "manual" ? name : [],
      ),
      ["before-2"],
    );
    await notes.refused(
      "an unknown snapshot",
      inA.snapshots("nothing"),
      "DBSnapshotNotFoundFault",
      404,
    );

    await notes.refused(
      "a replica under a name that is taken",
      inA.replicate(primaryName, target.replicaArn),
      ...exists,
    );
    await notes.refused("another name for an unknown one", inA.rename("nothing", "x"), ...notFound);
    const id = (await inA.describe(primaryName)).DBInstances?.[0]?.DbiResourceId;
    const renamed = await notes.answered("rename", inA.rename(primaryName, "orders-a-kept"));
    notes.is(
      "rename > pending",
      renamed.DBInstance?.PendingModifiedValues?.DBInstanceIdentifier,
      "orders-a-kept",
    );
    target.settle();
    notes.is("after the rename", namesOf(await inA.describe()), ["orders-a-kept"]);
    notes.is(
      "its resource",
      (await inA.describe("orders-a-kept")).DBInstances?.[0]?.DbiResourceId === id,
      true,
    );
    await notes.refused("under its old name", inA.describe(primaryName), ...notFound);

    await notes.refused(
      "a replica of an unknown one",
      inA.replicate(primaryName, "nothing"),
      ...notFound,
    );
    const made = await notes.answered(
      "a replica in its place",
      inA.replicate(primaryName, target.replicaArn),
    );
    notes.is(
      "the replica > source",
      made.DBInstance?.ReadReplicaSourceDBInstanceIdentifier,
      target.replicaArn,
    );
    target.settle();
    const [source] = (await inB.describe(replicaName)).DBInstances ?? [];
    notes.is("the new source > replicas", source?.ReadReplicaDBInstanceIdentifiers, [
      target.primaryArn,
    ]);
    await notes.refused(
      "a name that another has",
      inA.rename("orders-a-kept", primaryName),
      ...exists,
    );
    await notes.refused("stop of a source", inB.stop(replicaName), ...badState);
    await notes.refused("stop of a replica", inA.stop(primaryName), ...badState);
    await notes.refused("stop of an unknown one", inA.stop("nothing"), ...notFound);
    await notes.refused("a name that is none", inA.rename("orders-a-kept", "1st"), ...badValue);
  },
  motoDiffers: {
    "a name that another has: is answered": "moto overwrites the other instance",
    "a name that is none: is refused, DBInstanceNotFoundFault 404":
      "moto does not look at names, and the instance was overwritten above",
    "a replica under a name that is taken: is answered": "moto overwrites the other instance",
    "rename > pending: is nothing": "moto has renamed it before it answers",
    "stop of a replica: is refused, InvalidDBClusterStateFault 400":
      "moto has the error of clusters for it",
    "stop of a source: is answered": "moto refuses it of replicas only, not of their sources",
    'the new source > replicas: is ["arn:aws:rds:us-east-1:123456789012:db:orders-a","arn:aws:rds:us-east-1:123456789012:db:orders-a"]':
      "as the replica under a name that is taken",
  },
  onlyInMoto: {
    ...leftOut("DBInstance", settings),
    ...leftOut("DBSnapshot", settingsOfSnapshots),
    ...leftOut("DBSnapshots", settingsOfSnapshots),
    "DBSnapshot > SnapshotCreateTime": "RDS has it when the snapshot is done; moto's is at once",
    "DBInstance > ReadReplicaSourceDBInstanceIdentifier":
      "moto overwrote the primary with a replica above",
  },
  onlyInLab: {
    "DBSnapshot > PercentProgress": "RDS tells the progress; moto does not",
    "DBSnapshots > PercentProgress": "RDS tells the progress; moto does not",
    "DBInstance > PendingModifiedValues": "as the rename",
    "DBInstance > StatusInfos": noInfos,
  },
});
