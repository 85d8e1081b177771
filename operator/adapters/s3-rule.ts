//! The replication rule that leads from the own bucket to the other region's. Other rules of the
//! bucket stay as they are.

import {
  GetBucketReplicationCommand,
  PutBucketReplicationCommand,
  type ReplicationConfiguration,
  type ReplicationRule,
} from "@aws-sdk/client-s3";
import { failed, type Outcome, succeeded } from "../../failover/outcome.ts";
import type { StorageState } from "../../failover/ports.ts";
import { callAws } from "./aws-call.ts";
import type { BucketReach } from "./s3-objects.ts";

export async function readRules(
  reach: BucketReach,
): Promise<Outcome<ReplicationConfiguration | "absent">> {
  const { bucket, client, timeoutMs } = reach;
  const command = new GetBucketReplicationCommand({ Bucket: bucket });
  const answer = await callAws(timeoutMs, (options) => client.send(command, options));
  if (answer.ok) return succeeded(answer.value.ReplicationConfiguration ?? "absent");
  if (answer.detail.startsWith("ReplicationConfigurationNotFoundError")) return succeeded("absent");
  return answer;
}

export function ruleStateOf(
  rules: ReplicationConfiguration | "absent",
  peerBucket: string,
): StorageState["rule"] {
  const found = rules === "absent" ? undefined : rulesTo(rules, peerBucket)[0];
  if (found === undefined) return "absent";
  return found.Status === "Enabled" ? "enabled" : "disabled";
}

export interface WantedRule {
  readonly peerBucket: string;
  readonly roleArn: string | undefined;
}

/** Does nothing when the rule works already. */
export async function enableRule(
  reach: BucketReach,
  { peerBucket, roleArn }: WantedRule,
): Promise<Outcome<void>> {
  const rules = await readRules(reach);
  if (!rules.ok) return rules;
  if (ruleStateOf(rules.value, peerBucket) === "enabled") return succeeded(undefined);
  const known = rules.value === "absent" ? undefined : rules.value;
  const Role = known?.Role ?? roleArn;
  if (Role === undefined) {
    return failed("refused", `${reach.bucket} has no replication rules, and no role is configured`);
  }
  const { bucket: Bucket, client, timeoutMs } = reach;
  const ReplicationConfiguration = { Role, Rules: withRule(known?.Rules ?? [], peerBucket) };
  const command = new PutBucketReplicationCommand({ Bucket, ReplicationConfiguration });
  const answer = await callAws(timeoutMs, (options) => client.send(command, options));
  return answer.ok ? succeeded(undefined) : answer;
}

/** For the whole bucket: a rule for a part of it leaves the rest behind. */
function rulesTo(
  { Rules = [] }: ReplicationConfiguration,
  peerBucket: string,
): readonly ReplicationRule[] {
  return Rules.filter((rule) => leadsTo(rule, peerBucket) && isForAll(rule)).toSorted(
    (a, b) => Number(b.Status === "Enabled") - Number(a.Status === "Enabled"),
  );
}

function leadsTo({ Destination }: ReplicationRule, bucket: string): boolean {
  return Destination?.Bucket?.split(":::")[1] === bucket;
}

function isForAll({ Filter, Prefix }: ReplicationRule): boolean {
  const prefix = Filter === undefined ? Prefix : Filter.Prefix;
  return (prefix ?? "") === "" && Filter?.Tag === undefined && Filter?.And === undefined;
}

function withRule(rules: readonly ReplicationRule[], peerBucket: string): ReplicationRule[] {
  const known = rules.find((rule) => leadsTo(rule, peerBucket) && isForAll(rule));
  if (known !== undefined) {
    return rules.map((rule) => (rule === known ? { ...rule, Status: "Enabled" } : rule));
  }
  const Priority = Math.max(0, ...rules.map((rule) => rule.Priority ?? 0)) + 1;
  return [...rules, newRule(peerBucket, Priority)];
}

/** The promise of replication time control is always 15 minutes. */
const promiseMinutes = 15;

function newRule(peerBucket: string, priority: number): ReplicationRule {
  const minutes = { Minutes: promiseMinutes };
  return {
    ID: `switchback-to-${peerBucket}`,
    Status: "Enabled",
    Priority: priority,
    Filter: { Prefix: "" },
    DeleteMarkerReplication: { Status: "Enabled" },
    Destination: {
      Bucket: `arn:aws:s3:::${peerBucket}`,
      Metrics: { Status: "Enabled", EventThreshold: minutes },
      ReplicationTime: { Status: "Enabled", Time: minutes },
    },
  };
}
