//! The links of the lab: every way on which a program of one site reaches another site. Each link
//! listens on the side of whoever calls, so that a program needs no more than an address.

import type { RegionName } from "../../topology/topology.ts";
import type { Cloud } from "./cloud.ts";
import type { Address } from "../descriptor.ts";
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

/** Opens all links and returns, for each region, where it finds what is elsewhere. */
export async function openLinks(props: NetworkProps): Promise<(region: RegionName) => Outside> {
  const { cloud, mesh, regions } = props;
  for (const region of regions) {
    await mesh.open({
      name: `users to ${region.name}`,
      from: internet,
      to: region.name,
      listen: { host: region.address, port: region.ports.app },
      target: () => region.pods.pick(),
    });
  }
  const found = new Map<RegionName, Outside>();
  for (const region of regions) {
    const peer = peerAmong(regions, region);
    const app = await linkTo(mesh, region, peer, () => peer.pods.pick());
    const aws = await linkTo(mesh, region, peer, () => ({
      host: peer.address,
      port: peer.ports.aws,
    }));
    const peerAws = urlOf(aws);
    found.set(region.name, {
      peerApp: urlOf(app),
      peerAws,
      route53: cloud.route53At === region.name ? region.awsUrl : peerAws,
      dnsServer: `${internetAddress}:${cloud.dnsPort}`,
      hostedZoneId: cloud.route53.hostedZoneId,
    });
  }
  return (name) => {
    const outside = found.get(name);
    if (outside === undefined) throw new Error(`no links were opened for ${name}`);
    return outside;
  };
}

/** A link for one purpose from a region to the other one, on the caller's own address. */
export async function linkTo(
  mesh: Mesh,
  from: LabRegion,
  to: LabRegion,
  target: () => Address | undefined,
): Promise<Address> {
  const port = await freePort(from.address);
  const listen = { host: from.address, port };
  await mesh.open({
    name: `${from.name} to ${to.name}`,
    from: from.name,
    to: to.name,
    listen,
    target,
  });
  return listen;
}

function urlOf({ host, port }: Address): string {
  return `http://${host}:${port}`;
}
