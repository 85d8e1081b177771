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

const keptName = "orders-a-kept";

const notFound = ["DBInstanceNotFoundFault", 404] as const;
const badState = ["InvalidDBInstanceStateFault", 400] as const;
const snapshotExists = ["DBSnapshotAlreadyExistsFault", 400] as const;
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
  title: "snapshots",
  async run(target, notes) {
    const { inA } = regionsOf(target);
    await notes.answered("begin", inA.snapshot(primaryName, "before-2"));
    target.settle();
    await notes.refused(
      "of the same name",
      inA.snapshot(primaryName, "before-2"),
      ...snapshotExists,
    );
    await notes.refused("of an unknown one", inA.snapshot("nothing", "other"), ...notFound);
    const kept = await notes.answered("one", inA.snapshots("before-2"));
    notes.is("one > status", kept.DBSnapshots?.[0]?.Status, "available");
    const { DBSnapshots = [] } = await notes.answered(
      "of the instance",
      inA.snapshots(undefined, primaryName),
    );
    const manual = DBSnapshots.filter(({ SnapshotType: type }) => type === "manual");
    notes.is("of the instance > names", manual.map(nameOfSnapshot), ["before-2"]);
    await notes.refused("an unknown one", inA.snapshots("nothing"), "DBSnapshotNotFoundFault", 404);
  },
  onlyInMoto: {
    ...leftOut("DBSnapshot", settingsOfSnapshots),
    ...leftOut("DBSnapshots", settingsOfSnapshots),
    "DBSnapshot > SnapshotCreateTime": "RDS has it when the snapshot is done; moto's is at once",
  },
  onlyInLab: {
    "DBSnapshot > PercentProgress": "RDS tells the progress; moto does not",
    "DBSnapshots > PercentProgress": "RDS tells the progress; moto does not",
  },
});

compare({
  title: "the old primary under another name",
  async run(target, notes) {
    const { inA, inB } = regionsOf(target);
    await inB.promote(replicaName);
    target.settle();
    const resourceOf = async (name: string) =>
      (await inA.describe(name)).DBInstances?.[0]?.DbiResourceId;
    const before = await resourceOf(primaryName);
    await notes.refused("of an unknown one", inA.rename("nothing", "x"), ...notFound);
    const { DBInstance } = await notes.answered("begin", inA.rename(primaryName, keptName));
    notes.is("begin > pending", DBInstance?.PendingModifiedValues?.DBInstanceIdentifier, keptName);
    target.settle();
    notes.is("names", namesOf(await inA.describe()), [keptName]);
    notes.is("it is the same resource", (await resourceOf(keptName)) === before, true);
    await notes.refused("the old name", inA.describe(primaryName), ...notFound);
    await notes.refused("a name that is none", inA.rename(keptName, "1st"), ...badValue);
  },
  motoDiffers: {
    "a name that is none: is answered": "moto does not look at names",
    "begin > pending: is nothing": "moto has renamed it before it answers",
  },
  onlyInMoto: leftOut("DBInstance", settings),
  onlyInLab: { "DBInstance > PendingModifiedValues": "as what is pending" },
});

compare({
  title: "a replica in the place of the old primary",
  async run(target, notes) {
    const { inA, inB } = regionsOf(target);
    await inB.promote(replicaName);
    target.settle();
    await inA.rename(primaryName, keptName);
    target.settle();
    await notes.refused("of an unknown one", inA.replicate(primaryName, "nothing"), ...notFound);
    const made = await notes.answered("begin", inA.replicate(primaryName, target.replicaArn));
    const source = made.DBInstance?.ReadReplicaSourceDBInstanceIdentifier;
    notes.is("begin > source", source, target.replicaArn);
    target.settle();
    const [promoted] = (await inB.describe(replicaName)).DBInstances ?? [];
    const replicas = promoted?.ReadReplicaDBInstanceIdentifiers;
    notes.is("the source > replicas", replicas, [target.primaryArn]);
    await notes.refused("stop of the source", inB.stop(replicaName), ...badState);
    await notes.refused("stop of the replica", inA.stop(primaryName), ...badState);
    await notes.refused("stop of an unknown one", inA.stop("nothing"), ...notFound);
    const again = () => inA.replicate(primaryName, target.replicaArn);
    await notes.refused("under a name that is taken", again(), ...exists);
    await notes.refused("a name that is taken", inA.rename(keptName, primaryName), ...exists);
  },
  motoDiffers: {
    "a name that is taken: is answered": "moto overwrites the other instance",
    "stop of the replica: is refused, InvalidDBClusterStateFault 400":
      "moto has the error of clusters for it",
    "stop of the source: is answered": "moto refuses it of replicas only, not of their sources",
    "under a name that is taken: is answered": "moto overwrites the other instance",
  },
  onlyInMoto: leftOut("DBInstance", settings),
  onlyInLab: { "DBInstance > StatusInfos": noInfos },
});

function nameOfSnapshot({ DBSnapshotIdentifier: name }: RDS.DBSnapshot): string | undefined {
  return name;
}
