//! PromQL, built by functions with named parameters. Every query keeps the regions apart and obeys
//! the dashboard's choice of regions.

export interface Series {
  readonly metric: string;
  /** Matchers beside the region's, as PromQL writes them: `status=~"5.."`. */
  readonly where?: readonly string[];
}

export interface Grouped extends Series {
  /** Labels to keep beside the region. */
  readonly by?: readonly string[];
}

/**
 * How long a sample counts: three scrapes of five seconds. A region that is lost leaves no marker in
 * what it sent to the other one's Prometheus; without a window its last word would stand for five
 * minutes, and the dashboard would show two regions that serve.
 */
export const freshness = "15s";

/** The last value of a gauge, as long as it is fresh. */
export function latest({ by, ...series }: Grouped): string {
  return `max by (${labels(by)}) (last_over_time(${selector(series)}[${freshness}]))`;
}

/** Only the series that have this value now. */
export function latestEqual({ value, ...series }: Grouped & { readonly value: number }): string {
  return `${latest(series)} == ${value}`;
}

/** How many regions have this value now; 0 rather than nothing. */
export function regionsWith(series: Series & { readonly value: number }): string {
  return `count(${latestEqual(series)}) or vector(0)`;
}

/** Over all regions: the highest fresh value. */
export function highest(series: Series): string {
  return `max(last_over_time(${selector(series)}[${freshness}]))`;
}

export function perSecond({ by, ...series }: Grouped): string {
  return `sum by (${labels(by)}) (rate(${selector(series)}[$__rate_interval]))`;
}

/** How often a rare thing happened in the time shown. */
export function times({ by, ...series }: Grouped): string {
  return `sum by (${labels(by)}) (increase(${selector(series)}[$__range]))`;
}

export interface Share {
  readonly part: Series;
  readonly whole: Series;
}

export function share({ part, whole }: Share): string {
  return `${perSecond(part)} / ${perSecond(whole)}`;
}

/** Of a histogram, by the name of its family. */
export function quantile({
  metric,
  quantile: which,
  where = [],
}: Series & { readonly quantile: number }): string {
  const buckets = perSecond({ metric: `${metric}_bucket`, by: ["le"], where });
  return `histogram_quantile(${which}, ${buckets})`;
}

function selector({ metric, where = [] }: Series): string {
  return `${metric}{${['region=~"$region"', ...where].join(",")}}`;
}

function labels(by: readonly string[] = []): string {
  return ["region", ...by].join(", ");
}
