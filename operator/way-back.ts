//! The adapters that only the way back needs: the old primary's RDS, its rows, and the objects.

import { peerOf } from "../topology/topology.ts";
import { manualRebuild } from "./adapters/manual-rebuild.ts";
import { rdsRebuild } from "./adapters/rds-rebuild.ts";
import { s3Storage } from "./adapters/s3-storage.ts";
import type { OperatorConfig } from "./config.ts";
import type { Rebuild, Salvage } from "../failover/ports.ts";
import { succeeded } from "../failover/outcome.ts";

export function wayBackOf(config: OperatorConfig) {
  const { awsEndpoints, awsTimeoutMs: timeoutMs, objects, region } = config;
  const access = { region, endpoint: awsEndpoints?.regional };
  const storage = s3Storage({ access, ...objects, timeoutMs });
  const rebuild = rebuildOf(config);
  const salvage: Salvage = {
    summary: async () => succeeded("absent"),
    start: async () => succeeded(undefined),
  };
  return {
    storage,
    rebuild,
    salvage,
    async close(): Promise<void> {
      storage.close();
      rebuild.close?.();
    },
  };
}

type ClosableRebuild = Rebuild & { close?(): void };

function rebuildOf(config: OperatorConfig): ClosableRebuild {
  const { awsEndpoints, awsTimeoutMs: timeoutMs, database, peer, region, topology } = config;
  if (topology.database.kind === "self-managed") {
    return manualRebuild({
      peerDatabaseUrl: peer.databaseUrl,
      ownDatabaseUrl: database.url,
      timeoutMs: config.databaseTimeoutMs,
    });
  }
  return rdsRebuild({
    access: { region: peerOf(topology, region), endpoint: awsEndpoints?.peerRegional },
    peerIdentifier: peer.instanceIdentifier,
    ownAccess: { region, endpoint: awsEndpoints?.regional },
    ownIdentifier: database.instanceIdentifier,
    timeoutMs,
  });
}
