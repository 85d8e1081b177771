//! The places of the lab and their addresses. Regions are told apart by address, since DNS carries no
//! port; everything is on the loopback interface.

import {
  initialActive,
  initialStandby,
  type RegionName,
  type Topology,
} from "../../topology/topology.ts";

/** Users, health checkers, name servers: whoever is in none of the regions. */
export const internet = "internet";
export const internetAddress = "127.0.0.1";

export interface Sites {
  /** The active region of the topology first. */
  readonly regions: readonly [RegionName, RegionName];
  readonly witness: RegionName;
  readonly all: readonly string[];
  addressOf(region: RegionName): string;
}

export function sitesOf(topology: Topology): Sites {
  const regions = [initialActive(topology), initialStandby(topology)] as const;
  const witness = topology.arbiter.witnessRegion;
  return {
    regions,
    witness,
    all: [...regions, witness, internet],
    addressOf(region) {
      const index = regions.indexOf(region);
      if (index === -1) throw new Error(`${region} has no address in the lab`);
      return `127.0.77.${index + 1}`;
    },
  };
}

/** Users are near every region; regions and the witness are far from each other. */
export function oneWayMsOf(topology: Topology): (from: string, to: string) => number {
  const betweenRegionsMs = (topology.lab?.roundTripMs ?? 0) / 2;
  return (from, to) => (from === internet || to === internet ? 0 : betweenRegionsMs);
}
