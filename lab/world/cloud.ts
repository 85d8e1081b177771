//! AWS as far as the operator, the app and the users touch it: an endpoint in each region, the
//! arbiter's table over three sites, Route 53 with its health checkers, and DNS.

import { vantageHostname, type RegionName, type Topology } from "../../topology/topology.ts";
import { route53ControlPlaneRegion } from "../../topology/aws-facts.ts";
import { cloudwatchModel } from "../aws/cloudwatch.ts";
import { createMrscModel, type MrscModel } from "../aws/dynamodb.ts";
import { startAwsEndpoint, type AwsCall, type GateDecision } from "../aws/endpoint.ts";
import { startDnsServer } from "../dns/server.ts";
import type { Mesh } from "../links/mesh.ts";
import { createBuckets } from "./buckets.ts";
import { rdsService } from "../aws/rds.ts";
import type { AwsService } from "../aws/service.ts";
import { rdsPortOf } from "./rds-port.ts";
import { createRecords } from "./records.ts";
import { servicesOf } from "./aws-services.ts";
import type { LabRegion } from "./region.ts";
import type { ReplicationLinks } from "./replication.ts";
import { createRoute53, type Route53Lab } from "../route53/route53.ts";
import { internetAddress, type Sites } from "./sites.ts";
import { type LabStorage, startStorage } from "./storage.ts";
import type { Witness } from "./witness.ts";

export interface CloudProps {
  readonly topology: Topology;
  readonly sites: Sites;
  readonly mesh: Mesh;
  readonly regions: readonly LabRegion[];
  readonly links: ReplicationLinks;
  readonly witness: Witness;
}

export interface Cloud {
  readonly route53: Route53Lab;
  /** The region whose endpoint holds the control plane of Route 53. */
  readonly route53At: RegionName;
  readonly route53Url: string;
  readonly dnsPort: number;
  readonly storage: LabStorage;
  /** What the TXT pair of a region says at this moment. */
  seesServing(region: RegionName): boolean;
  setArbiter(isUp: boolean): void;
  /** Buckets, health checks and records, as infrastructure code would have made them. */
  furnish(): Promise<void>;
  close(): Promise<void>;
}

export async function startCloud(props: CloudProps): Promise<Cloud> {
  const { regions, sites, topology } = props;
  const controlPlane = sites.regions.find((name) => name === route53ControlPlaneRegion);
  const route53At = controlPlane ?? sites.regions[0];
  const appPort = regions[0]?.ports.app ?? 0;
  const route53 = route53Of(props, appPort);
  const arbiter = arbiterOf(props);
  const switches = { arbiterIsUp: true };
  const rds = rdsOf(props);
  const monitoring = new Map(regions.map(({ name }) => [name, cloudwatchModel()]));
  const storage = await startStorage({
    mesh: props.mesh,
    regions,
    publish: (region, metrics) => monitoring.get(region)?.put(metrics),
  });
  const endpoints = await Promise.all(
    regions.map((region) =>
      startAwsEndpoint({
        region: region.name,
        host: region.address,
        port: region.ports.aws,
        gate: (call) => gate(call, props.mesh, switches),
        services: {
          ...servicesOf({
            region,
            topology,
            arbiter,
            rds,
            s3: storage.serviceOf(region.name),
            monitoring: (monitoring.get(region.name) ?? cloudwatchModel()).service,
          }),
          ...(region.name === route53At ? { route53: route53.service } : {}),
        },
      }),
    ),
  );
  const { answer, hostedZoneId } = route53;
  const dns = await startDnsServer({
    host: internetAddress,
    port: 0,
    zone: topology.dns.zone,
    answer,
  });
  const endpoint = regions.find(({ name }) => name === route53At)?.awsUrl ?? "";
  return {
    route53,
    route53At,
    route53Url: endpoint,
    dnsPort: dns.port,
    storage,
    seesServing: (region) => isServing(route53, vantageHostname(topology, region)),
    setArbiter(isUp) {
      switches.arbiterIsUp = isUp;
    },
    async furnish() {
      await createBuckets(regions, topology);
      const signingRegion = route53At;
      await createRecords({ topology, sites, endpoint, signingRegion, hostedZoneId, appPort });
      route53.start();
    },
    async close() {
      await route53.stop();
      await storage.close();
      await dns.close();
      await Promise.all(endpoints.map((each) => each.close()));
    },
  };
}

function route53Of({ topology }: CloudProps, appPort: number): Route53Lab {
  return createRoute53({
    zone: topology.dns.zone,
    speedup: topology.lab?.healthCheckSpeedup ?? 1,
    healthPropagationMs: topology.dns.propagationSeconds * 1_000,
    probeTarget: ({ address, port }) => ({
      host: address ?? internetAddress,
      port: port ?? appPort,
    }),
  });
}

function rdsOf({ links, regions, topology: { database }, witness }: CloudProps): AwsService {
  const linkInto = (name: string) => {
    const region = regions.find((candidate) => candidate.name === name);
    return region === undefined ? Promise.reject(new Error(`no ${name}`)) : links.into(region);
  };
  const onPromotion = (name: string) => witness.seePromotion(name);
  return rdsService(rdsPortOf({ regions, database, linkInto, onPromotion }));
}

function arbiterOf({ mesh, sites, topology, witness }: CloudProps): MrscModel {
  const model = createMrscModel({
    sites: [...sites.regions, sites.witness],
    network: {
      reachable: (from, to) => mesh.reachable(from, to),
      oneWayMs: (from, to) => mesh.oneWayMs(from, to),
    },
    onApplied: (write) => witness.seeWrite(write),
    onShown: (shown) => witness.seeAnswer(shown),
  });
  model.createTable(topology.arbiter.table);
  return model;
}

/** A region in the dark answers nobody, and neither does an arbiter that is down. */
async function gate(
  { region, service }: AwsCall,
  mesh: Mesh,
  { arbiterIsUp }: { readonly arbiterIsUp: boolean },
): Promise<GateDecision> {
  if (mesh.isDark(region)) return "drop";
  return service === "dynamodb" && !arbiterIsUp ? "drop" : "ok";
}

function isServing({ answer }: Route53Lab, name: string): boolean {
  const said = answer(name, "TXT");
  return said.kind === "records" && said.answers.some(({ value }) => value === '"serving"');
}
