//! What infrastructure code would have made in Route 53 before the first user came: a health check
//! a region, the failover pair, each region's own name, and the TXT pairs that tell what the health
//! checkers see. Made through the API, like everything else that changes records.

import {
  ChangeResourceRecordSetsCommand,
  CreateHealthCheckCommand,
  type ResourceRecordSet,
  Route53Client,
  waitUntilResourceRecordSetsChanged,
} from "@aws-sdk/client-route-53";
import { regionHostname, type Topology, vantageHostname } from "../../topology/topology.ts";
import type { Sites } from "./sites.ts";

export interface RecordsProps {
  readonly topology: Topology;
  readonly sites: Sites;
  readonly endpoint: string;
  readonly signingRegion: string;
  readonly hostedZoneId: string;
  readonly appPort: number;
}

export async function createRecords(props: RecordsProps): Promise<void> {
  const { endpoint, hostedZoneId, signingRegion, sites } = props;
  const client = new Route53Client({
    endpoint,
    region: signingRegion,
    credentials: { accessKeyId: "lab", secretAccessKey: "lab" },
  });
  try {
    const healthChecks = new Map<string, string>();
    for (const region of sites.regions) {
      healthChecks.set(region, await createHealthCheck(client, region, props));
    }
    const sets = recordSets(props, (region) => healthChecks.get(region) ?? "");
    const change = await client.send(
      new ChangeResourceRecordSetsCommand({
        HostedZoneId: hostedZoneId,
        ChangeBatch: {
          Changes: sets.map((set) => ({ Action: "CREATE", ResourceRecordSet: set })),
        },
      }),
    );
    await waitUntilResourceRecordSetsChanged(
      { client, maxWaitTime: 20, minDelay: 0.25, maxDelay: 1 },
      { Id: change.ChangeInfo?.Id },
    );
  } finally {
    client.destroy();
  }
}

async function createHealthCheck(
  client: Route53Client,
  region: string,
  { appPort, sites, topology }: RecordsProps,
): Promise<string> {
  const { HealthCheck } = await client.send(
    new CreateHealthCheckCommand({
      CallerReference: `switchback-${region}`,
      HealthCheckConfig: {
        Type: "HTTP",
        IPAddress: sites.addressOf(region),
        Port: appPort,
        ResourcePath: "/.well-known/switchback/serving",
        RequestInterval: topology.dns.healthCheckIntervalSeconds,
        FailureThreshold: topology.dns.healthCheckFailureThreshold,
      },
    }),
  );
  if (HealthCheck?.Id === undefined) throw new Error(`no health check was made for ${region}`);
  return HealthCheck.Id;
}

function recordSets(
  { sites, topology }: RecordsProps,
  healthCheckOf: (region: string) => string,
): readonly ResourceRecordSet[] {
  const { ttlSeconds } = topology.dns;
  return sites.regions.flatMap((region, index) => {
    const address = [{ Value: sites.addressOf(region) }];
    const vantage = { Name: vantageHostname(topology, region), Type: "TXT" as const, TTL: 1 };
    return [
      {
        Name: topology.hostname,
        Type: "A" as const,
        SetIdentifier: region,
        Failover: index === 0 ? ("PRIMARY" as const) : ("SECONDARY" as const),
        HealthCheckId: healthCheckOf(region),
        TTL: ttlSeconds,
        ResourceRecords: address,
      },
      {
        Name: regionHostname(topology, region),
        Type: "A" as const,
        TTL: ttlSeconds,
        ResourceRecords: address,
      },
      {
        ...vantage,
        SetIdentifier: "serving",
        Failover: "PRIMARY" as const,
        HealthCheckId: healthCheckOf(region),
        ResourceRecords: [{ Value: '"serving"' }],
      },
      {
        ...vantage,
        SetIdentifier: "failing",
        Failover: "SECONDARY" as const,
        ResourceRecords: [{ Value: '"failing"' }],
      },
    ];
  });
}
