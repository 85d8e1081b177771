//! `charts --topology NAME|FILE --app-image … --operator-image … --hosted-zone-id …` writes one file
//! of Kubernetes manifests a region. Exit code 2 when the topology or a parameter is refused.

import { Command, Option } from "commander";
import { findTopology, formatProblems } from "../topology/load.ts";
import { charts, RefusedParameters } from "./charts.ts";
import type { ChartParameters } from "./parameters.ts";

interface Options extends ChartParameters {
  readonly topology: string;
  readonly out: string;
}

function main({ topology: source, out, ...parameters }: Options): void {
  const found = findTopology(source);
  if (!found.ok) return refuse(`${source}: ${formatProblems(found.problems)}`);
  try {
    const app = charts(found.topology, parameters, out);
    app.synth();
    for (const { node } of app.charts) process.stdout.write(`${out}/${node.id}.k8s.yaml\n`);
  } catch (error) {
    if (!(error instanceof RefusedParameters)) throw error;
    refuse(`the parameters are refused\n  ${error.message.replaceAll("\n", "\n  ")}\n`);
  }
}

function refuse(text: string): void {
  process.stderr.write(`charts: ${text}`);
  process.exitCode = 2;
}

/** Each option can also come from the environment, since `cdk8s synth` passes no arguments on. */
function needed(flags: string, variable: string, description: string): Option {
  return new Option(flags, description).env(variable).makeOptionMandatory();
}

const image = "image by digest; {region} in it becomes the region's name";

new Command("charts")
  .description("Kubernetes manifests of both regions, from the topology.")
  .addOption(needed("--topology <source>", "SWITCHBACK_TOPOLOGY", "built-in name or file"))
  .addOption(needed("--app-image <image>", "SWITCHBACK_APP_IMAGE", `the app's ${image}`))
  .addOption(
    needed("--operator-image <image>", "SWITCHBACK_OPERATOR_IMAGE", `the operator's ${image}`),
  )
  .addOption(
    needed("--hosted-zone-id <id>", "SWITCHBACK_HOSTED_ZONE_ID", "Route 53's id of dns.zone"),
  )
  .option("--out <folder>", "where to write", process.env["CDK8S_OUTDIR"] ?? "dist/manifests")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .action(main)
  .parse();
