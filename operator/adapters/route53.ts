//! The failover records in Route 53: which region is PRIMARY. Changed after the fact, since the
//! control plane lives in one region (us-east-1 as of 2026) and may be what was lost.

import {
  ChangeResourceRecordSetsCommand,
  ListResourceRecordSetsCommand,
  type ResourceRecordSet,
  Route53Client,
} from "@aws-sdk/client-route-53";
import { failed, type Outcome, succeeded } from "../../failover/outcome.ts";
import type { Traffic } from "../../failover/ports.ts";
import { type AwsAccess, callAws, clientSettings } from "./aws-call.ts";

export interface Route53Props {
  readonly access: AwsAccess;
  readonly hostedZoneId: string;
  readonly hostname: string;
  readonly timeoutMs: number;
}

export function route53Traffic(props: Route53Props): Traffic {
  const { access, hostedZoneId, hostname, timeoutMs } = props;
  const client = new Route53Client(clientSettings(access, timeoutMs));

  async function failoverRecords(): Promise<Outcome<readonly ResourceRecordSet[]>> {
    const command = new ListResourceRecordSetsCommand({
      HostedZoneId: hostedZoneId,
      StartRecordName: hostname,
      StartRecordType: "A",
      MaxItems: 20,
    });
    const answer = await callAws(timeoutMs, (options) => client.send(command, options));
    if (!answer.ok) return answer;
    const records = answer.value.ResourceRecordSets ?? [];
    return succeeded(
      records.filter(({ Name, Failover }) => Name === `${hostname}.` && Failover !== undefined),
    );
  }

  return {
    async primary() {
      const records = await failoverRecords();
      if (!records.ok) return records;
      const primary = records.value.find(({ Failover }) => Failover === "PRIMARY")?.SetIdentifier;
      if (primary === undefined) return failed("refused", `${hostname} has no PRIMARY record`);
      return succeeded(primary);
    },

    async makePrimary(region) {
      const records = await failoverRecords();
      if (!records.ok) return records;
      // Both are deleted and made anew in one batch: two PRIMARY records at a time are refused.
      const removed = records.value.map((record) => ({
        Action: "DELETE" as const,
        ResourceRecordSet: record,
      }));
      const made = records.value.map((record) => ({
        Action: "CREATE" as const,
        ResourceRecordSet: {
          ...record,
          Failover: record.SetIdentifier === region ? ("PRIMARY" as const) : ("SECONDARY" as const),
        },
      }));
      const command = new ChangeResourceRecordSetsCommand({
        HostedZoneId: hostedZoneId,
        ChangeBatch: { Comment: `switchback: ${region} serves`, Changes: [...removed, ...made] },
      });
      const answer = await callAws(timeoutMs, (options) => client.send(command, options));
      return answer.ok ? succeeded(undefined) : answer;
    },
  };
}
