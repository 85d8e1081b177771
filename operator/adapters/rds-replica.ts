//! What a new cross-region replica takes over from the instance whose place it takes. RDS copies none
//! of it across regions by itself: without them it lands in the default VPC with default parameters.

import type { CreateDBInstanceReadReplicaCommandInput, DBInstance } from "@aws-sdk/client-rds";

type Settings = Omit<CreateDBInstanceReadReplicaCommandInput, "DBInstanceIdentifier">;

/** What an instance does not have is left to RDS. */
export function replicaSettings(kept: DBInstance, kmsKeyId?: string): Settings {
  const settings = {
    ...size(kept),
    ...network(kept),
    ...operation(kept),
    ...security(kept, kmsKeyId),
  };
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given);
}

/** Of those that have been retired: replicas and the service's own instance are not. */
export function newestKept(all: readonly DBInstance[], prefix: string): DBInstance | undefined {
  return all
    .filter(({ DBInstanceIdentifier: name = "" }) => name.startsWith(prefix))
    .filter(({ ReadReplicaSourceDBInstanceIdentifier: source }) => (source ?? "") === "")
    .toSorted((a, b) => createdAtMs(b) - createdAtMs(a))
    .at(0);
}

function size(kept: DBInstance): Settings {
  // With general purpose storage RDS reports its baseline, and refuses it as a wish when it is small.
  const isProvisioned = kept.StorageType?.startsWith("io") === true;
  return {
    DBInstanceClass: kept.DBInstanceClass,
    StorageType: kept.StorageType,
    Iops: isProvisioned ? kept.Iops : undefined,
    MaxAllocatedStorage: kept.MaxAllocatedStorage,
    MultiAZ: kept.MultiAZ,
  };
}

function network(kept: DBInstance): Settings {
  const groups = (kept.VpcSecurityGroups ?? []).flatMap(({ VpcSecurityGroupId: id }) => id ?? []);
  return {
    Port: kept.Endpoint?.Port,
    DBSubnetGroupName: kept.DBSubnetGroup?.DBSubnetGroupName,
    VpcSecurityGroupIds: groups.length === 0 ? undefined : groups,
    PubliclyAccessible: kept.PubliclyAccessible,
    NetworkType: kept.NetworkType,
    CACertificateIdentifier: kept.CACertificateIdentifier,
  };
}

function operation(kept: DBInstance): Settings {
  const logs = kept.EnabledCloudwatchLogsExports ?? [];
  // Names that begin with "aws:" are reserved; nobody may set them.
  const tags = (kept.TagList ?? []).filter(({ Key = "" }) => !Key.startsWith("aws:"));
  return {
    DBParameterGroupName: kept.DBParameterGroups?.[0]?.DBParameterGroupName,
    AutoMinorVersionUpgrade: kept.AutoMinorVersionUpgrade,
    CopyTagsToSnapshot: kept.CopyTagsToSnapshot,
    Tags: tags.length === 0 ? undefined : tags,
    EnableCloudwatchLogsExports: logs.length === 0 ? undefined : logs,
    MonitoringInterval: kept.MonitoringInterval,
    MonitoringRoleArn: kept.MonitoringRoleArn,
    EnablePerformanceInsights: kept.PerformanceInsightsEnabled,
    PerformanceInsightsKMSKeyId: kept.PerformanceInsightsKMSKeyId,
    PerformanceInsightsRetentionPeriod: kept.PerformanceInsightsRetentionPeriod,
  };
}

function security(kept: DBInstance, kmsKeyId: string | undefined): Settings {
  return {
    // Keys are regional: that of the source cannot be used, that of its predecessor can.
    KmsKeyId: kmsKeyId ?? (kept.StorageEncrypted === true ? kept.KmsKeyId : undefined),
    EnableIAMDatabaseAuthentication: kept.IAMDatabaseAuthenticationEnabled,
    DeletionProtection: kept.DeletionProtection,
  };
}

function createdAtMs({ InstanceCreateTime: time }: DBInstance): number {
  return time?.getTime() ?? 0;
}
