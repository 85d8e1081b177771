//! RDS's view of the lab: the instances and snapshots of all regions, and what its calls do to them.

import type { Topology } from "../../topology/topology.ts";
import type { RdsInstance, RdsPort, RdsSnapshot } from "../aws/rds.ts";
import { AwsError } from "../aws/service.ts";
import { slotNameOf } from "../postgres/settings.ts";
import type { LabInstance } from "./instance.ts";
import type { LabRegion } from "./region.ts";
import type { RegionDatabases } from "./region-databases.ts";
import { dropSlots } from "./replica.ts";
import type { ReplicationLinks } from "./replication.ts";

export interface RdsPortProps {
  readonly regions: readonly Pick<LabRegion, "name" | "databases">[];
  readonly database: Topology["database"];
  /** Where a new replica of the region finds its source. */
  readonly linkInto: (region: string) => ReturnType<ReplicationLinks["into"]>;
  /** Told of each promotion that is accepted, before it begins. @default nobody is */
  readonly onPromotion?: (region: string) => void;
}

export function rdsPortOf(props: RdsPortProps): RdsPort {
  const { database, linkInto, onPromotion = () => undefined, regions } = props;
  const every = () => regions.flatMap(({ databases }) => databases.instances);
  const databasesOf = (name: string): RegionDatabases => {
    const region = regions.find((candidate) => candidate.name === name);
    if (region === undefined) throw new Error(`no region ${name}`);
    return region.databases;
  };
  const followersOf = (instance: LabInstance) =>
    every().filter(({ source }) => source === instance);
  return {
    instances: () =>
      every().map((instance) => ({
        ...seenByRds(instance, database),
        promote: () => {
          onPromotion(instance.region);
          return promote(instance);
        },
        rename: (name) => {
          refuseRename(instance, databasesOf(instance.region));
          databasesOf(instance.region).rename(
            instance,
            name,
            () => followersOf(instance).length > 0,
          );
        },
        snapshot: (name) => databasesOf(instance.region).snapshot(instance, name),
      })),
    snapshots: () => regions.flatMap((region) => snapshotsOf(region, database)),
    createReplica({ identifier, region }, { resourceId }) {
      const databases = databasesOf(region);
      const source = every().find((instance) => instance.resourceId === resourceId);
      if (source === undefined) throw new Error(`no resource ${resourceId}`);
      if (identifier !== databases.identifier) {
        throw notInTheLab(`the lab makes no instance but ${databases.identifier} in ${region}`);
      }
      databases.createReplica(source, () => linkInto(region));
    },
  };
}

type Described = Omit<RdsInstance, "promote" | "rename" | "snapshot">;

function seenByRds(instance: LabInstance, database: Topology["database"]): Described {
  const { host, port } = instance.server;
  return {
    identifier: instance.identifier,
    region: instance.region,
    resourceId: instance.resourceId,
    createdAtMs: instance.createdAtMs,
    host,
    port,
    engineVersion: database.engineVersion,
    instanceClass: database.instanceClass,
    databaseName: database.name,
    role: () => instance.role,
    status: () => instance.status,
    source: () => instance.source,
    pendingIdentifier: () => instance.pendingIdentifier,
  };
}

/** RDS takes the slot of a replica away that is none any more, where it reaches the source. */
async function promote(instance: LabInstance): Promise<void> {
  const { source } = instance;
  await instance.server.promote();
  if (source === undefined || !source.server.running || source.server.frozen) return;
  // What cannot be dropped now is dropped when the source is renamed; until then it is limited.
  await dropSlots(source.server, slotNameOf(instance.region)).catch(() => undefined);
}

function snapshotsOf(
  { databases, name: region }: RdsPortProps["regions"][number],
  { engineVersion }: Topology["database"],
): readonly RdsSnapshot[] {
  return databases.snapshots.map(
    ({ instanceIdentifier, name, resourceId, startedAtMs, status }) => ({
      name,
      region,
      instanceIdentifier,
      resourceId,
      engineVersion,
      startedAtMs,
      status,
    }),
  );
}

/** RDS would. Here the endpoint and the way to the source belong to the service's own instance. */
function refuseRename(instance: LabInstance, { current }: RegionDatabases): void {
  if (instance !== current) throw notInTheLab("the lab gives a retired instance no other name");
  if (instance.role === "replica") throw notInTheLab("the lab gives a replica no other name");
}

function notInTheLab(message: string): AwsError {
  return new AwsError("NotImplemented", message, { status: 501 });
}
