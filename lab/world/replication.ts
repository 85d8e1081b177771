//! The two databases as RDS would have made them: a primary with its roles, and a replica that
//! streams from it through the link between the regions.

import type { RegionName, Topology } from "../../topology/topology.ts";
import type { Address } from "../descriptor.ts";
import type { Mesh } from "../links/mesh.ts";
import { linkTo } from "./network.ts";
import { makeReplica } from "./replica.ts";
import { slotNameOf } from "../postgres/settings.ts";
import { waitStreaming } from "../postgres/wait.ts";
import { appRole, type LabRegion, operatorRole, peerAmong } from "./region.ts";

export interface ReplicationProps {
  /** The primary's region first. */
  readonly regions: readonly LabRegion[];
  readonly links: ReplicationLinks;
  readonly topology: Topology;
  readonly onProgress: (step: string) => void;
}

export async function startDatabases(props: ReplicationProps): Promise<void> {
  const { links, onProgress, regions, topology } = props;
  const [active, waiting] = regions;
  if (active === undefined || waiting === undefined) throw new Error("a lab has two regions");
  await Promise.all(regions.map((region) => region.databases.clear()));
  const primary = active.databases.add();
  const replica = waiting.databases.add(primary);
  await primary.server.initialise();
  await primary.server.start();
  await createRoles(active, topology.database.name);
  primary.phase = "ready";
  onProgress(`PostgreSQL in ${active.name}, the primary`);

  await makeReplica({
    server: replica.server,
    source: primary.server,
    link: await links.into(waiting),
    slot: slotNameOf(waiting.name),
    signal: new AbortController().signal,
  });
  await waitStreaming(primary.server, replica.server.name);
  replica.phase = "ready";
  onProgress(`PostgreSQL in ${waiting.name}, streaming`);
}

/** The ways by which replicas reach what they follow: one for each region, opened when needed. */
export class ReplicationLinks {
  readonly #mesh: Mesh;
  readonly #regions: readonly LabRegion[];
  readonly #open = new Map<RegionName, Promise<Address>>();

  constructor(mesh: Mesh, regions: readonly LabRegion[]) {
    this.#mesh = mesh;
    this.#regions = regions;
  }

  /** Leads from the region to whatever its instance follows at the moment of each connection. */
  async into(region: LabRegion): Promise<Address> {
    const opening = this.#open.get(region.name) ?? this.#openInto(region);
    this.#open.set(region.name, opening);
    try {
      return await opening;
    } catch (error) {
      this.#open.delete(region.name);
      throw error;
    }
  }

  #openInto(region: LabRegion): Promise<Address> {
    return linkTo(this.#mesh, region, peerAmong(this.#regions, region), () => {
      const { current } = region.databases;
      return current === "none" ? undefined : current.source?.server;
    });
  }
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
