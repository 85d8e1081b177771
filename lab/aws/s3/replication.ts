//! Where a version goes by the rules of its bucket, and how far it has come. A replica goes nowhere,
//! so two buckets that replicate to each other make no loop.

import type * as S3 from "@aws-sdk/client-s3";

export type Progress = "PENDING" | "COMPLETED" | "FAILED";

export type Replication =
  /** No rule took it. */
  | { readonly kind: "none" }
  | { readonly kind: "replica" }
  | { readonly kind: "source"; readonly to: Readonly<Record<string, Progress>> };

/** As `x-amz-replication-status` tells it: completed when every destination has it. */
export function statusOf(replication: Replication): Progress | "REPLICA" | undefined {
  switch (replication.kind) {
    case "none":
      return undefined;
    case "replica":
      return "REPLICA";
    case "source": {
      const all = Object.values(replication.to);
      if (all.includes("FAILED")) return "FAILED";
      return all.includes("PENDING") ? "PENDING" : "COMPLETED";
    }
    default:
      return replication satisfies never;
  }
}

/** Names of the buckets that wait for this version. */
export function destinationsOf(replication: Replication): readonly string[] {
  return replication.kind === "source" ? Object.keys(replication.to) : [];
}

export function withProgress(
  replication: Replication,
  destination: string,
  progress: Progress,
): Replication {
  if (replication.kind !== "source") return replication;
  return { kind: "source", to: { ...replication.to, [destination]: progress } };
}

export interface Written {
  readonly key: string;
  readonly deleteMarker: boolean;
}

/** What the rules say of a version that is written now. */
export function replicationFor(
  configuration: S3.ReplicationConfiguration | undefined,
  written: Written,
): Replication {
  const to: Record<string, Progress> = {};
  for (const [destination, rule] of rulesThatApply(configuration, written.key)) {
    const takes = !written.deleteMarker || rule.DeleteMarkerReplication?.Status === "Enabled";
    if (takes) to[destination] = "PENDING";
  }
  return Object.keys(to).length === 0 ? { kind: "none" } : { kind: "source", to };
}

/** Of several rules for one destination the one with the highest priority applies. */
function rulesThatApply(
  configuration: S3.ReplicationConfiguration | undefined,
  key: string,
): ReadonlyMap<string, S3.ReplicationRule> {
  const matching = (configuration?.Rules ?? [])
    .filter((rule) => rule.Status === "Enabled" && matches(rule, key))
    .toSorted((a, b) => (a.Priority ?? 0) - (b.Priority ?? 0));
  return new Map(matching.map((rule) => [bucketOf(rule), rule] as const));
}

/** The lab's objects have no tags, so a rule that asks for one matches nothing. */
function matches({ Filter }: S3.ReplicationRule, key: string): boolean {
  if (hasTags(Filter)) return false;
  return key.startsWith(Filter?.And?.Prefix ?? Filter?.Prefix ?? "");
}

export function hasTags(filter: S3.ReplicationRuleFilter | undefined): boolean {
  return filter?.Tag !== undefined || (filter?.And?.Tags?.length ?? 0) > 0;
}

export const bucketArnPrefix = "arn:aws:s3:::";

export function bucketOf({ Destination }: S3.ReplicationRule): string {
  return (Destination?.Bucket ?? "").slice(bucketArnPrefix.length);
}

/** Whose metrics tell of the way from this bucket to that one. */
export function ruleIdFor(
  configuration: S3.ReplicationConfiguration | undefined,
  destination: string,
): string {
  const rules = configuration?.Rules ?? [];
  return rules.find((rule) => bucketOf(rule) === destination)?.ID ?? "none";
}
