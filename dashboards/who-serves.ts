//! The dashboard "who serves" of one topology, in Grafana's classic schema: the one that every
//! Grafana since 10 reads. Ids are numbered in order, so the same topology gives the same bytes.

import {
  CustomVariableBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DatasourceVariableBuilder,
  RowBuilder,
} from "@grafana/grafana-foundation-sdk/dashboard";
import type { Topology } from "../topology/topology.ts";
import { builderOf } from "./panel-builder.ts";
import { rows } from "./panels.ts";

export interface WhoServesProps {
  /** Grafana's name of the kind of data source, such as "prometheus". */
  readonly dataSourceType: string;
}

export function whoServes(topology: Topology, { dataSourceType }: WhoServesProps): Dashboard {
  const { service } = topology;
  const builder = new DashboardBuilder(`Switchback: who serves ${service}`)
    .uid(`switchback-${service}`)
    .description("Which region serves, why, and what users get. Generated: changes here are lost.")
    .tags(["switchback", service])
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .timezone("utc")
    .time({ from: "now-1h", to: "now" })
    .refresh("10s")
    .withVariable(
      new DatasourceVariableBuilder("datasource").label("Data source").type(dataSourceType),
    )
    .withVariable(
      new CustomVariableBuilder("region")
        .label("Region")
        .values(Object.keys(topology.regions).join(","))
        .multi(true)
        .includeAll(true)
        .current({ selected: true, text: "All", value: "$__all" }),
    );
  // The builder numbers nothing by itself.
  let id = 0;
  for (const { title, panels } of rows(topology)) {
    id += 1;
    builder.withRow(new RowBuilder(title).id(id));
    for (const panel of panels) {
      id += 1;
      builder.withPanel(builderOf(panel, { id, dataSourceType }));
    }
  }
  return builder.build();
}
