//! One panel as Grafana's classic schema wants it.

import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  type DataSourceRef,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  ReduceDataOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import {
  MappingType,
  type Panel as GrafanaPanel,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMapping,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as LanesBuilder } from "@grafana/grafana-foundation-sdk/statetimeline";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as LinesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import type { Panel } from "./panel.ts";

export interface PanelPlace {
  readonly id: number;
  readonly dataSourceType: string;
}

const heights = { name: 4, number: 4, lanes: 6, lines: 8 } as const;

export function builderOf(panel: Panel, place: PanelPlace): Builder<GrafanaPanel> {
  const { kind } = panel;
  switch (kind) {
    case "name":
      return described(stat(BigValueTextMode.Name), panel, place);
    case "number":
      return described(stat(BigValueTextMode.Auto), panel, place);
    case "lanes":
      return described(new LanesBuilder().mergeValues(true), panel, place);
    case "lines":
      return described(lines(panel), panel, place);
    default:
      return kind satisfies never;
  }
}

function stat(text: BigValueTextMode): StatBuilder {
  return (
    new StatBuilder()
      .textMode(text)
      .graphMode(BigValueGraphMode.None)
      .colorMode(BigValueColorMode.Background)
      // Without it Grafana shows every sample of the time shown.
      .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]))
  );
}

function lines({ steps }: Panel): LinesBuilder {
  const builder = new LinesBuilder().fillOpacity(10).spanNulls(false).min(0);
  return steps === undefined
    ? builder
    : builder.thresholdsStyle(
        new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Line),
      );
}

/** What the builders of all kinds have in common. */
interface Describable<B> extends Builder<GrafanaPanel> {
  id(id: number): B;
  title(title: string): B;
  description(description: string): B;
  datasource(source: DataSourceRef): B;
  span(columns: number): B;
  height(rows: number): B;
  targets(targets: Builder<Dataquery>[]): B;
  unit(unit: string): B;
  thresholds(thresholds: ThresholdsConfigBuilder): B;
  mappings(mappings: ValueMapping[]): B;
}

function described<B extends Describable<B>>(
  builder: B,
  panel: Panel,
  { dataSourceType, id }: PanelPlace,
): B {
  const { description, kind, queries, steps, title, unit, width, words } = panel;
  const source = { type: dataSourceType, uid: "${datasource}" };
  builder
    .id(id)
    .title(title)
    .description(description)
    .datasource(source)
    .span(width)
    .height(heights[kind])
    .targets(
      queries.map(({ expression, legend }, index) => {
        const query = new DataqueryBuilder()
          .refId(String.fromCodePoint(65 + index))
          .datasource(source)
          .expr(expression)
          .legendFormat(legend);
        return kind === "lanes" || kind === "lines" ? query.range() : query.instant();
      }),
    );
  if (unit !== undefined) builder.unit(unit);
  if (steps !== undefined) builder.thresholds(thresholds(steps));
  if (words !== undefined) builder.mappings([mapping(words)]);
  return builder;
}

function thresholds(steps: NonNullable<Panel["steps"]>): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps(steps.map(({ color, from }) => ({ color, value: from === "below" ? null : from })));
}

function mapping(words: NonNullable<Panel["words"]>): ValueMapping {
  const options = Object.entries(words).map(([value, word], index) => [value, { ...word, index }]);
  return { type: MappingType.ValueToText, options: Object.fromEntries(options) };
}
