//! The links of the lab: every way on which a program of one site reaches another site. Each link
//! listens on the side of whoever calls, so that a program needs no more than an address.

import type { RegionName } from "../../topology/topology.ts";
import { AppEntrance } from "./app-entrance.ts";
import type { Cloud } from "./cloud.ts";
import type { Address } from "../descriptor.ts";
import { type DatagramRelay, openDatagramRelay } from "../links/datagram-relay.ts";
import type { Link } from "../links/link.ts";
import type { Mesh } from "../links/mesh.ts";
import { freePort } from "../processes/ports.ts";
import { type LabRegion, type Outside, peerAmong } from "./region.ts";
import { internet, internetAddress, type Sites } from "./sites.ts";

export interface NetworkProps {
  readonly mesh: Mesh;
  readonly sites: Sites;
  readonly regions: readonly LabRegion[];
  readonly cloud: Cloud;
}

export interface Network {
  /** Where a region finds what is elsewhere. */
  outside(region: RegionName): Outside;
  /** Every way into a region's app: of users, and of the other region. */
  entrancesOf(region: RegionName): readonly AppEntrance[];
  /** What the mesh does not close. */
  close(): Promise<void>;
}

interface Ways {
  /** Where each region finds the other one's app. */
  readonly peerApps: Map<RegionName, Address>;
  readonly outside: Map<RegionName, Outside>;
  readonly entrances: Map<RegionName, readonly AppEntrance[]>;
  readonly relays: DatagramRelay[];
}

/** Opens all links. */
export async function openLinks(props: NetworkProps): Promise<Network> {
  const ways: Ways = { peerApps: new Map(), outside: new Map(), entrances: new Map(), relays: [] };
  const network: Network = {
    outside: (name) => found(ways.outside, name),
    entrancesOf: (name) => found(ways.entrances, name),
    async close() {
      const entrances = [...ways.entrances.values()].flat();
      await Promise.all([...entrances, ...ways.relays].map((each) => each.close()));
    },
  };
  try {
    for (const region of props.regions) await openEntrances(props, region, ways);
    for (const region of props.regions) await openOutside(props, region, ways);
    return network;
  } catch (error) {
    await network.close();
    throw error;
  }
}

/** The two ways into the region's app. */
async function openEntrances(
  { mesh, regions }: NetworkProps,
  region: LabRegion,
  { entrances, peerApps }: Ways,
): Promise<void> {
  const peer = peerAmong(regions, region);
  const pick = () => region.pods.pick();
  const users = new AppEntrance({ host: region.address, audience: "everyone", pick });
  const peers = new AppEntrance({ host: region.address, audience: "peer", pick });
  const listen = { host: region.address, port: region.ports.app };
  const name = `users to ${region.name}`;
  const target = () => users.target();
  users.attach(await mesh.open({ name, from: internet, to: region.name, listen, target }));
  const fromPeer = await openLink(mesh, peer, region, () => peers.target());
  peers.attach(fromPeer);
  peerApps.set(peer.name, fromPeer);
  entrances.set(region.name, [users, peers]);
}

async function openOutside(
  { cloud, mesh, regions }: NetworkProps,
  region: LabRegion,
  { outside, peerApps, relays }: Ways,
): Promise<void> {
  const peer = peerAmong(regions, region);
  const { address: host, ports } = peer;
  const to = (port: number) => linkTo(mesh, region, peer, () => ({ host, port }));
  const peerAws = urlOf(await to(ports.aws));
  const dns = await openDatagramRelay({
    mesh,
    from: region.name,
    listenHost: region.address,
    to: internet,
    server: { host: internetAddress, port: cloud.dnsPort },
  });
  relays.push(dns);
  outside.set(region.name, {
    peerApp: urlOf(found(peerApps, region.name)),
    peerAws,
    peerOperator: urlOf(await to(ports.operator)),
    peerPostgres: await to(ports.postgres),
    route53: cloud.route53At === region.name ? region.awsUrl : peerAws,
    dnsServer: `${dns.host}:${dns.port}`,
    hostedZoneId: cloud.route53.hostedZoneId,
  });
}

/** A link for one purpose from a region to the other one, on the caller's own address. */
export async function linkTo(
  mesh: Mesh,
  from: LabRegion,
  to: LabRegion,
  target: () => Address | undefined,
): Promise<Address> {
  const { host, port } = await openLink(mesh, from, to, target);
  return { host, port };
}

async function openLink(
  mesh: Mesh,
  from: LabRegion,
  to: LabRegion,
  target: () => Address | undefined,
): Promise<Link> {
  const listen = { host: from.address, port: await freePort(from.address) };
  const name = `${from.name} to ${to.name}`;
  return mesh.open({ name, from: from.name, to: to.name, listen, target });
}

function found<T>(ways: ReadonlyMap<RegionName, T>, region: RegionName): T {
  const way = ways.get(region);
  if (way === undefined) throw new Error(`no links were opened for ${region}`);
  return way;
}

function urlOf({ host, port }: Address): string {
  return `http://${host}:${port}`;
}
