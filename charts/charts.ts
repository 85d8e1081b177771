//! Topology in, Kubernetes manifests out: one chart a region, the same for both but for what the
//! topology says of each. Knows no region by name and reads nothing from its surroundings.

import { App, YamlOutputType } from "cdk8s";
import { peerOf, type Topology } from "../topology/topology.ts";
import { imageProblem } from "./image.ts";
import type { ChartParameters } from "./parameters.ts";
import { RegionChart } from "./region-chart.ts";

/** Says everything that is wrong with the parameters, one problem a line. */
export class RefusedParameters extends Error {}

export function charts(topology: Topology, parameters: ChartParameters, outdir: string): App {
  const problems = problemsOf(topology, parameters);
  if (problems.length > 0) throw new RefusedParameters(problems.join("\n"));
  const app = new App({ outdir, yamlOutputType: YamlOutputType.FILE_PER_CHART });
  for (const [region, { cidr }] of Object.entries(topology.regions)) {
    new RegionChart(app, `${topology.service}-${region}`, {
      topology,
      region,
      peer: peerOf(topology, region),
      cidr,
      peerCidr: topology.regions[peerOf(topology, region)]?.cidr ?? cidr,
      parameters,
    });
  }
  return app;
}

function problemsOf(
  topology: Topology,
  { appImage, operatorImage, hostedZoneId }: ChartParameters,
): readonly string[] {
  const regions = Object.keys(topology.regions);
  const zone = /^Z[A-Z0-9]{1,31}$/.test(hostedZoneId)
    ? null
    : `hostedZoneId: given "${hostedZoneId}", allowed: an id such as "Z0123456789ABCDEFGHIJ"`;
  return [
    imageProblem("appImage", appImage, regions),
    imageProblem("operatorImage", operatorImage, regions),
    zone,
  ].filter((problem) => problem !== null);
}
