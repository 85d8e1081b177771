//! Puts the operator together: adapters behind ports, the loop above them. Production and lab take
//! the same path through here; only the configuration differs.

import { readFileSync } from "node:fs";
import type { Logger } from "pino";
import type { Observations } from "../failover/observations.ts";
import { plannedObjections } from "../failover/guards.ts";
import type { Announcer, Clock } from "../failover/ports.ts";
import { peerOf, vantageHostname } from "../topology/topology.ts";
import { dynamoDb } from "./adapters/dynamodb.ts";
import { kubernetesCapacity } from "./adapters/kubernetes.ts";
import { httpPeer } from "./adapters/peer-http.ts";
import { pgPromotion } from "./adapters/pg-promote.ts";
import { postgresDatabase } from "./adapters/postgres.ts";
import { probeServing } from "./adapters/probe.ts";
import { rdsPromotion } from "./adapters/rds.ts";
import { route53Traffic } from "./adapters/route53.ts";
import { dnsWorld } from "./adapters/world-dns.ts";
import type { OperatorConfig } from "./config.ts";
import { Episode } from "./episode.ts";
import { Holder } from "./holder.ts";
import { LeaseBoard } from "./lease-board.ts";
import { Lookout } from "./lookout.ts";
import type { OperatorMetrics } from "./metrics.ts";
import { noteEvent } from "./notes.ts";
import { Voucher } from "./voucher.ts";
import { wayBackOf } from "./way-back.ts";

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
  const token = tokenFrom(config.accessTokenFile);
  const adapters = adaptersOf(config, log);
  const wayBack = wayBackOf(config);
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
    peer: httpPeer({
      url: config.peer.operatorUrl,
      token,
      timeoutMs: lease.operationTimeoutMs + lease.operationTimeoutMs,
    }),
    database,
    clock,
    board,
    appHealth: () => lookout.ownApp,
    promoting: (epoch) => granting.epoch === epoch,
    onEvent: (event) => noteEvent(event, log, metrics),
  });
  const observe = (): Observations => ({
    region,
    nowMs: clock.monotonicMs(),
    wallMs: clock.wallMs(),
    lease: board.watch,
    readings: lookout.readings,
    standby: lookout.standby,
  });
  return {
    ...adapters,
    ...wayBack,
    token,
    observe,
    preflight: () => plannedObjections(observe(), topology),
    voucher: new Voucher({ region, arbiter, board, holder }),
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
      await wayBack.close();
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

/** Read anew each time: a secret may be renewed in place. */
function tokenFrom(file: string): () => string {
  return () => readFileSync(file, "utf8").trim();
}
