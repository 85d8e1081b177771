//! Goal: the dashboard asks for what there is, keeps the regions apart, does not take a lost region's
//! last word for news, and explains itself.
//! Method: build it from every built-in topology and compare its queries with the registries of the
//! operator and the app.

import type { Panel as GrafanaPanel } from "@grafana/grafana-foundation-sdk/dashboard";
import { Metrics } from "../../app/metrics.ts";
import { freshness } from "../../dashboards/queries.ts";
import { whoServes } from "../../dashboards/who-serves.ts";
import { operatorMetrics } from "../../operator/metrics.ts";
import { builtinTopologies } from "../../topology/builtin.ts";
import { apTopology, usTopology } from "../../topology/production.ts";
import type { Topology } from "../../topology/topology.ts";

interface Exported {
  readonly name: string;
  readonly type: string;
  readonly labelNames: readonly string[];
}

/** The names that a scrape shows, with the labels that they carry. */
const exported = new Map<string, Exported>(
  [operatorMetrics("here").registry, new Metrics("here").registry]
    .flatMap((registry) => registry.getMetricsAsArray() as unknown as readonly Exported[])
    .flatMap((metric) => scraped(metric).map((name) => [name, metric])),
);

function scraped({ name, type }: Exported): readonly string[] {
  return type === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
}

interface Selector {
  readonly metric: string;
  readonly matchers: string;
  readonly window: string;
}

function selectorsOf(expression: string): readonly Selector[] {
  return [...expression.matchAll(/([a-z][a-z0-9_]*)\{([^}]*)\}\[([^\]]+)\]/g)].map(
    ([, metric = "", matchers = "", window = ""]) => ({ metric, matchers, window }),
  );
}

function groupedBy(expression: string): readonly string[] {
  return [...expression.matchAll(/ by \(([^)]*)\)/g)].flatMap(([, names = ""]) =>
    names.split(", "),
  );
}

function panelsOf(topology: Topology): readonly GrafanaPanel[] {
  const { panels = [] } = whoServes(topology, { dataSourceType: "prometheus" });
  return panels.filter((panel): panel is GrafanaPanel => panel.type !== "row");
}

function expressionsOf(topology: Topology): readonly string[] {
  return panelsOf(topology).flatMap(({ targets = [] }) =>
    targets.map((target) => String((target as { readonly expr?: string }).expr)),
  );
}

const queries = expressionsOf(usTopology).map((expression) => ({ expression }));

test.each(queries)("$expression asks for metrics that exist", ({ expression }) => {
  const selectors = selectorsOf(expression);
  expect(selectors.length).toBeGreaterThan(0);
  expect(selectors.filter(({ metric }) => !exported.has(metric))).toEqual([]);
  // And for nothing besides: whatever looks like one of our metrics is in a selector.
  const mentioned = expression.match(/\b(switchback|http)_[a-z0-9_]+/g) ?? [];
  expect(mentioned).toEqual(selectors.map(({ metric }) => metric));
});

test.each(queries)("$expression uses labels that its metrics carry", ({ expression }) => {
  const selectors = selectorsOf(expression);
  const carried = selectors.flatMap(({ metric }) => exported.get(metric)?.labelNames ?? []);
  const matched = selectors.flatMap(({ matchers }) =>
    [...matchers.matchAll(/(\w+)(=~|!~|!=|=)"/g)].map(([, label = ""]) => label),
  );
  const known = ["region", "le", ...carried];
  expect([...matched, ...groupedBy(expression)].filter((label) => !known.includes(label))).toEqual(
    [],
  );
});

test.each(queries)("$expression obeys the choice of regions", ({ expression }) => {
  for (const { matchers } of selectorsOf(expression)) {
    expect(matchers).toMatch(/^region=~"\$region"(,|$)/);
  }
});

test.each(queries)(
  "$expression reads gauges through a window, counters by rate",
  ({ expression }) => {
    for (const { metric, window } of selectorsOf(expression)) {
      const gauge = exported.get(metric)?.type === "gauge";
      const around = expression.split(`${metric}{`)[0] ?? "";
      expect(around).toMatch(gauge ? /last_over_time\($/ : /(rate|increase)\($/);
      expect(window).toMatch(gauge ? freshness : /^\$__(rate_interval|range)$/);
    }
  },
);

describe.each(Object.entries(builtinTopologies))("%s", (_, topology: Topology) => {
  const dashboard = whoServes(topology, { dataSourceType: "prometheus" });
  const panels = panelsOf(topology);

  test("ids are numbered from one, rows included", () => {
    const ids = (dashboard.panels ?? []).map(({ id }) => id);
    expect(ids).toEqual(ids.map((__, index) => index + 1));
  });

  test("every panel says what it shows", () => {
    expect(panels.filter(({ description = "" }) => !/^[A-Z].{20,}[.]$/.test(description))).toEqual(
      [],
    );
  });

  test("every panel and query reads the chosen data source", () => {
    const source = { type: "prometheus", uid: "${datasource}" };
    for (const { datasource, targets = [] } of panels) {
      expect([datasource, ...targets.map((target) => Reflect.get(target, "datasource"))]).toEqual([
        source,
        ...targets.map(() => source),
      ]);
    }
  });

  test("data source and region can be chosen, and the regions are the topology's", () => {
    expect(dashboard.templating?.list).toMatchObject([
      { name: "datasource", type: "datasource", query: "prometheus" },
      { name: "region", type: "custom", query: Object.keys(topology.regions).join(",") },
    ]);
  });

  test("panels fit beside each other in 24 columns", () => {
    for (const { gridPos } of panels) {
      expect((gridPos?.x ?? 0) + (gridPos?.w ?? 0)).toBeLessThanOrEqual(24);
    }
  });
});

test("limits are the topology's", () => {
  const steps = panelsOf({ ...apTopology, replicaLagMsMax: 7_000 }).find(
    ({ title }) => title === "Replica lag",
  )?.fieldConfig?.defaults.thresholds?.steps;
  expect(steps).toEqual([
    { value: null, color: "green" },
    { value: 7, color: "orange" },
    { value: 30, color: "red" },
  ]);
});

test("the kind of data source is a parameter", () => {
  const text = JSON.stringify(whoServes(usTopology, { dataSourceType: "another-kind" }));
  expect(text).toContain('"another-kind"');
  expect(text).not.toContain('"prometheus"');
});
