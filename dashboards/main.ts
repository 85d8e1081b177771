//! `dashboards --topology NAME|FILE` prints the Grafana dashboard of a topology, or writes it with
//! `--out FOLDER`. Exit code 2 when the topology is refused.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command, Option } from "commander";
import { findTopology, formatProblems } from "../topology/load.ts";
import { whoServes } from "./who-serves.ts";

interface Options {
  readonly topology: string;
  readonly dataSourceType: string;
  readonly out?: string;
}

function main({ topology: source, dataSourceType, out }: Options): void {
  const found = findTopology(source);
  if (!found.ok) {
    process.stderr.write(`dashboards: ${source}: ${formatProblems(found.problems)}`);
    process.exitCode = 2;
    return;
  }
  const text = `${JSON.stringify(whoServes(found.topology, { dataSourceType }), null, 2)}\n`;
  if (out === undefined) {
    process.stdout.write(text);
    return;
  }
  const file = join(out, `${found.topology.service}-who-serves.json`);
  mkdirSync(out, { recursive: true });
  writeFileSync(file, text);
  process.stdout.write(`${file}\n`);
}

new Command("dashboards")
  .description("Grafana dashboards of a topology.")
  .addOption(
    new Option("--topology <source>", "built-in name or file")
      .env("SWITCHBACK_TOPOLOGY")
      .makeOptionMandatory(),
  )
  .option(
    "--data-source-type <type>",
    "Grafana's name of the kind of data source; Amazon Managed Prometheus has one of its own",
    "prometheus",
  )
  .option("--out <folder>", "where to write; absent: standard output")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .action(main)
  .parse();
