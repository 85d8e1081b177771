//! What a chart is made from: the topology, which region of it, and what the topology cannot know.

import type { RegionName, Topology } from "../topology/topology.ts";

/** What a topology cannot know. */
export interface ChartParameters {
  /** By digest. `{region}` becomes the region's name, so that each pulls from its own registry. */
  readonly appImage: string;
  readonly operatorImage: string;
  /** Route 53's id of the topology's `dns.zone`. */
  readonly hostedZoneId: string;
}

export interface RegionProps {
  readonly topology: Topology;
  readonly region: RegionName;
  readonly peer: RegionName;
  /** Address range of the region's VPC. */
  readonly cidr: string;
  readonly peerCidr: string;
  readonly parameters: ChartParameters;
}
