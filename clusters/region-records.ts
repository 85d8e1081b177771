//! The names of one region and the health check behind them: its own name, its half of the failover
//! pair that users resolve, and the TXT pair by which the operator sees what the checkers see.

import { Duration, Tags } from "aws-cdk-lib";
import {
  ARecord,
  Failover,
  HealthCheck,
  HealthCheckType,
  type IHostedZone,
  TxtRecord,
} from "aws-cdk-lib/aws-route53";
import { Construct } from "constructs";
import {
  initialActive,
  regionHostname,
  type RegionName,
  type Topology,
  vantageHostname,
} from "../topology/topology.ts";
import type { Endpoint } from "./endpoint.ts";

export interface RegionRecordsProps {
  readonly topology: Topology;
  readonly region: RegionName;
  readonly zone: IHostedZone;
  readonly endpoint: Endpoint;
}

/** 200 only where the region's database accepts writes under a live lease of the region. */
const servingPath = "/.well-known/switchback/serving";

/** The operator asks every few seconds; a resolver must not answer it from memory. */
const vantageTtl = Duration.seconds(1);

export class RegionRecords extends Construct {
  constructor(scope: Construct, id: string, props: RegionRecordsProps) {
    super(scope, id);
    const { region, topology } = props;
    const { dns } = topology;
    const healthCheck = new HealthCheck(this, "HealthCheck", {
      type: HealthCheckType.HTTPS,
      // The region's own name, which does not move when users are sent elsewhere.
      fqdn: regionHostname(topology, region),
      port: 443,
      resourcePath: servingPath,
      requestInterval: Duration.seconds(dns.healthCheckIntervalSeconds),
      failureThreshold: dns.healthCheckFailureThreshold,
    });
    Tags.of(healthCheck).add("Name", `${topology.service} serves in ${region}`);
    this.#addresses(props, healthCheck);
    this.#vantage(props, healthCheck);
  }

  #addresses({ endpoint, region, topology, zone }: RegionRecordsProps, healthCheck: HealthCheck) {
    const shared = {
      zone,
      target: endpoint.target,
      ...(endpoint.ownTtl ? { ttl: Duration.seconds(topology.dns.ttlSeconds) } : {}),
    };
    new ARecord(this, "Own", { ...shared, recordName: regionHostname(topology, region) });
    new ARecord(this, "Users", {
      ...shared,
      recordName: topology.hostname,
      // By this the operator knows which of the two records is whose.
      setIdentifier: region,
      failover: region === initialActive(topology) ? Failover.PRIMARY : Failover.SECONDARY,
      healthCheck,
    });
  }

  #vantage({ region, topology, zone }: RegionRecordsProps, healthCheck: HealthCheck) {
    const shared = { zone, recordName: vantageHostname(topology, region), ttl: vantageTtl };
    new TxtRecord(this, "Serving", {
      ...shared,
      values: ["serving"],
      setIdentifier: "serving",
      failover: Failover.PRIMARY,
      healthCheck,
    });
    new TxtRecord(this, "Failing", {
      ...shared,
      values: ["failing"],
      setIdentifier: "failing",
      failover: Failover.SECONDARY,
    });
  }
}
