//! Reads from the lab's Route 53 which region the PRIMARY record of the service's name leads to.

import { ListResourceRecordSetsCommand, Route53Client } from "@aws-sdk/client-route-53";
import type { LabDescriptor } from "../../descriptor.ts";
import type { RecordsReading } from "../verdicts/evidence.ts";

const answerMs = 2_000;

/** Never rejects: a control plane that does not answer is something to be told. */
export async function readRecords(lab: LabDescriptor): Promise<RecordsReading> {
  const client = new Route53Client({
    endpoint: lab.route53.endpoint,
    region: lab.initialActive,
    credentials: { accessKeyId: "lab", secretAccessKey: "lab" },
    maxAttempts: 3,
    requestHandler: {
      connectionTimeout: answerMs,
      requestTimeout: answerMs,
      throwOnRequestTimeout: true,
    },
  });
  try {
    const { ResourceRecordSets = [] } = await client.send(
      new ListResourceRecordSetsCommand({ HostedZoneId: lab.route53.hostedZoneId }),
    );
    const record = ResourceRecordSets.find(
      ({ Name, Type, Failover }) =>
        Name === `${lab.hostname}.` && Type === "A" && Failover === "PRIMARY",
    );
    const address = record?.ResourceRecords?.[0]?.Value;
    const regions = Object.entries(lab.regions);
    const found = regions.find(([, described]) => described.address === address);
    if (found !== undefined) return { primary: found[0], error: null };
    return {
      primary: null,
      error: `no region has the address ${address ?? "of a PRIMARY record"}`,
    };
  } catch (error) {
    return { primary: null, error: error instanceof Error ? error.message : String(error) };
  } finally {
    client.destroy();
  }
}
