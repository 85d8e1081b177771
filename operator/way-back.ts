//! The adapters that only the way back needs: the old primary's RDS, its rows, and the objects.

import { readFileSync } from "node:fs";
import { peerOf } from "../topology/topology.ts";
import { manualRebuild } from "./adapters/manual-rebuild.ts";
import { rdsRebuild } from "./adapters/rds-rebuild.ts";
import { s3Storage } from "./adapters/s3-storage.ts";
import type { OperatorConfig } from "./config.ts";
import { salvageOf } from "./salvage/salvage.ts";
import { salvageStore } from "./salvage/salvage-store.ts";
import type { Rebuild } from "../failover/ports.ts";

export function wayBackOf(config: OperatorConfig) {
  const { awsEndpoints, awsTimeoutMs: timeoutMs, objects, region } = config;
  const access = { region, endpoint: awsEndpoints?.regional };
  const storage = s3Storage({ access, ...objects, timeoutMs });
  const rebuild = rebuildOf(config);
  const store = salvageStore({ access, bucket: objects.bucket, timeoutMs });
  const salvage = salvageOf({
    ownDatabaseUrl: config.database.url,
    peerDatabaseUrl: peerDatabaseUrl(config),
    references: config.topology.storage.references ?? [],
    store,
    timeoutMs,
  });
  return {
    storage,
    rebuild,
    salvage,
    async close(): Promise<void> {
      await salvage.close();
      store.close();
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
      peerDatabaseUrl: peerDatabaseUrl(config),
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

/** Its host is as secret as its password where it comes from a secret. */
function peerDatabaseUrl({ peer: { databaseHostFile, databaseUrl } }: OperatorConfig): string {
  if (databaseHostFile === undefined) return databaseUrl;
  const host = readFileSync(databaseHostFile, "utf8").trim();
  return `${databaseUrl}${databaseUrl.includes("?") ? "&" : "?"}host=${encodeURIComponent(host)}`;
}
