//! `clusters --topology NAME|FILE` writes the CloudFormation templates of a topology. `cdk synth` and
//! `cdk deploy` run it by way of cdk.json. Exit code 2 when the topology is refused.

import { Command, Option } from "commander";
import { findTopology, formatProblems } from "../topology/load.ts";
import { clusters, RefusedTopology } from "./clusters.ts";
import { type EndpointKind, endpointKinds } from "./endpoint.ts";

interface Options {
  readonly topology: string;
  readonly endpoints: EndpointKind;
  readonly out: string;
}

function main({ topology: source, endpoints, out }: Options): void {
  const found = findTopology(source);
  if (!found.ok) return refuse(`${source}: ${formatProblems(found.problems)}`);
  try {
    const app = clusters(found.topology, { endpoints, app: { outdir: out } });
    for (const { templateFullPath } of app.synth().stacks) {
      process.stdout.write(`${templateFullPath}\n`);
    }
  } catch (error) {
    if (!(error instanceof RefusedTopology)) throw error;
    refuse(`${source}: ${error.message}\n`);
  }
}

function refuse(text: string): void {
  process.stderr.write(`clusters: ${text}`);
  process.exitCode = 2;
}

new Command("clusters")
  .description("AWS stacks of a topology.")
  .addOption(
    new Option("--topology <source>", "built-in name or file")
      .env("SWITCHBACK_TOPOLOGY")
      .makeOptionMandatory(),
  )
  .addOption(
    new Option("--endpoints <kind>", "what a region's endpoint is")
      .env("SWITCHBACK_ENDPOINTS")
      .choices(endpointKinds)
      .default("load-balancers"),
  )
  .option("--out <folder>", "where to write", process.env["CDK_OUTDIR"] ?? "dist/clusters")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .action(main)
  .parse();
