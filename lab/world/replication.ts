//! The two databases as RDS would have made them: a primary with its roles, and a replica that
//! streams from it through the link between the regions.

import type { Topology } from "../../topology/topology.ts";
import type { Mesh } from "../links/mesh.ts";
import { linkTo } from "./network.ts";
import { rebuildAsStandby } from "../postgres/base-backup.ts";
import { slotNameOf } from "../postgres/settings.ts";
import { waitStreaming } from "../postgres/wait.ts";
import { appRole, type LabRegion, operatorRole } from "./region.ts";

export interface ReplicationProps {
  readonly mesh: Mesh;
  /** The primary's region first. */
  readonly regions: readonly LabRegion[];
  readonly topology: Topology;
  readonly onProgress: (step: string) => void;
}

export async function startDatabases(props: ReplicationProps): Promise<void> {
  const { mesh, onProgress, regions, topology } = props;
  const [primary, standby] = regions;
  if (primary === undefined || standby === undefined) throw new Error("a lab has two regions");
  await primary.postgres.initialise();
  await primary.postgres.start();
  await createRoles(primary, topology.database.name);
  onProgress(`PostgreSQL in ${primary.name}, the primary`);

  const source = await linkTo(mesh, standby, primary, () => primary.postgres);
  await rebuildAsStandby(standby.postgres, { ...source, slot: slotNameOf(standby.name) });
  await standby.postgres.start();
  await waitStreaming(primary.postgres, standby.postgres.name);
  onProgress(`PostgreSQL in ${standby.name}, streaming`);
}

/**
 * The operator's role stands in for the master user of RDS, who may create event triggers there
 * without being a superuser. The app's role may create its own schema and nothing else.
 */
async function createRoles({ postgres }: LabRegion, database: string): Promise<void> {
  await postgres.query(`create role ${operatorRole} login superuser`);
  await postgres.query(`create role ${appRole} login`);
  await postgres.query(`create database ${database}`);
  await postgres.query(`grant create on database ${database} to ${appRole}`);
}
