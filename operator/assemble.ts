//! Puts the operator together: adapters behind ports, the loop above them. Production and lab take
//! the same path through here; only the configuration differs.

import { readFileSync } from "node:fs";
import type { Logger } from "pino";
import type { Announcer, Clock } from "../failover/ports.ts";
import { peerOf, vantageHostname } from "../topology/topology.ts";
import { dynamoDb } from "./adapters/dynamodb.ts";
import { kubernetesCapacity } from "./adapters/kubernetes.ts";
import { pgPromotion } from "./adapters/pg-promote.ts";
import { postgresDatabase } from "./adapters/postgres.ts";
import { probeServing } from "./adapters/probe.ts";
import { rdsPromotion } from "./adapters/rds.ts";
import { route53Traffic } from "./adapters/route53.ts";
import { dnsWorld } from "./adapters/world-dns.ts";
import type { OperatorConfig } from "./config.ts";
import { Episode } from "./episode.ts";
import { Holder, type HolderEvent } from "./holder.ts";
import { LeaseBoard } from "./lease-board.ts";
import { Lookout } from "./lookout.ts";
import type { OperatorMetrics } from "./metrics.ts";

export type Assembly = ReturnType<typeof assemble>;

export function assemble(
  config: OperatorConfig,
  clock: Clock,
  log: Logger,
  metrics: OperatorMetrics,
) {
  const { region, topology } = config;
  const { lease, promotion: expected } = topology;
  const peer = peerOf(topology, region);
  const adapters = adaptersOf(config, log);
  const { capacity, database, store, world } = adapters;
  const { arbiter, journal } = store;
  const board = new LeaseBoard(arbiter, clock);
  const probe = (name: string) => probeOf(config, name);
  const { leaseMs } = lease;
  const looking = { region, peer, leaseMs, clock, board, database, capacity, world, probe };
  const lookout = new Lookout(looking);
  const granting = { epoch: 0 };
  const holder = new Holder({
    region,
    timing: lease,
    ungrantedMsMax: 4 * Math.max(expected.promoteMsExpected, expected.scaleMsExpected),
    arbiter,
    database,
    clock,
    board,
    appHealth: () => lookout.ownApp,
    promoting: (epoch) => granting.epoch === epoch,
    onEvent: (event) => noteEvent(event, log, metrics),
  });
  return {
    ...adapters,
    board,
    episode: new Episode(),
    /** The epoch that a running plan of this region is about to grant; 0 when there is none. */
    granting,
    holder,
    journal,
    lookout,
    announcer: announcerTo(log),
    async close(): Promise<void> {
      store.close();
      await database.close();
    },
  };
}

function adaptersOf(config: OperatorConfig, log: Logger) {
  const { awsEndpoints, awsTimeoutMs, region, topology } = config;
  return {
    capacity: capacityOf(config),
    promotion: promotionOf(config),
    database: postgresDatabase({
      connectionString: config.database.url,
      timeoutMs: config.databaseTimeoutMs,
      onGuarded: (tables) => log.info({ tables }, "write guard put on tables"),
    }),
    store: dynamoDb({
      table: topology.arbiter.table,
      group: topology.service,
      timeoutMs: topology.lease.operationTimeoutMs,
      replicas: [region, peerOf(topology, region)].map((name) => ({
        region: name,
        endpoint: awsEndpoints?.arbiter[name],
      })),
    }),
    traffic: route53Traffic({
      access: { region, endpoint: awsEndpoints?.route53 },
      hostedZoneId: config.route53.hostedZoneId,
      hostname: topology.hostname,
      timeoutMs: awsTimeoutMs,
    }),
    world: dnsWorld({
      servers: config.dnsServers,
      timeoutMs: topology.detection.probeTimeoutMs,
      nameOf: (name) => vantageHostname(topology, name),
    }),
  };
}

function probeOf({ endpointOf, topology }: OperatorConfig, region: string) {
  const { probeTimeoutMs: timeoutMs } = topology.detection;
  return probeServing({ endpoint: endpointOf(region), region, timeoutMs });
}

function capacityOf(config: OperatorConfig) {
  const { kubernetes, region } = config;
  const access = { region, endpoint: config.awsEndpoints?.regional };
  return kubernetesCapacity(
    {
      url: kubernetes.url,
      // Read anew each time: Kubernetes renews the token in place.
      token: () =>
        kubernetes.tokenFile === undefined
          ? undefined
          : readFileSync(kubernetes.tokenFile, "utf8").trim(),
      namespace: kubernetes.namespace,
      deployment: kubernetes.deployment,
      timeoutMs: config.awsTimeoutMs,
    },
    kubernetes.nodeGroup === undefined
      ? "none"
      : { ...kubernetes.nodeGroup, access, timeoutMs: config.awsTimeoutMs },
  );
}

function promotionOf(config: OperatorConfig) {
  const { awsTimeoutMs, database, region, topology } = config;
  if (topology.database.kind === "self-managed") return pgPromotion(database.url, awsTimeoutMs);
  return rdsPromotion({
    access: { region, endpoint: config.awsEndpoints?.regional },
    instanceIdentifier: database.instanceIdentifier,
    timeoutMs: awsTimeoutMs,
  });
}

function announcerTo(log: Logger): Announcer {
  const told = new Set<string>();
  return {
    announced: (planId) => told.has(planId),
    announce(planId, text) {
      told.add(planId);
      log.warn({ planId }, text);
    },
  };
}

function noteEvent(event: HolderEvent, log: Logger, metrics: OperatorMetrics): void {
  switch (event.kind) {
    case "renewed":
      metrics.renewals.inc({ outcome: "confirmed" });
      metrics.renewalSeconds.observe(event.tookMs / 1_000);
      return;
    case "extended":
      metrics.renewals.inc({ outcome: "extended" });
      return;
    case "renewal-failed":
      metrics.renewals.inc({ outcome: "failed" });
      log.warn(event, "the lease was not renewed");
      return;
    case "grant-refused":
      log.warn(event, "writes are not granted yet");
      return;
    case "lost":
      metrics.renewals.inc({ outcome: "lost" });
      log.error(event, "the lease was lost");
      return;
    case "clock-stepped":
      metrics.clockSteps.inc();
      log.error(event, "the database's clock was set: the lease is closed and begun anew");
      return;
    default:
      event satisfies never;
  }
}
