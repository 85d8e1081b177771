//! CloudWatch: metrics are kept as they come and aggregated when they are asked for. No alarms.

import * as CloudWatch from "@aws-sdk/client-cloudwatch";
import { describeService } from "./model.ts";
import { AwsError, type AwsService } from "./service.ts";

export interface CloudWatchModel {
  readonly service: AwsService;
  /** For metrics that AWS services publish of themselves. */
  put(input: CloudWatch.PutMetricDataCommandInput): void;
}

export function cloudwatchService(): AwsService {
  return cloudwatchModel().service;
}

export function cloudwatchModel(): CloudWatchModel {
  const client = new CloudWatch.CloudWatchClient({ region: "none" });
  const model = describeService(CloudWatch, client);
  client.destroy();
  const metrics = new Metrics();
  const handlers = {
    PutMetricData: (input: CloudWatch.PutMetricDataCommandInput) => metrics.put(input),
    GetMetricData: (input: CloudWatch.GetMetricDataCommandInput) => metrics.get(input),
    DescribeAlarms: () => ({ MetricAlarms: [], CompositeAlarms: [] }),
  };
  return { service: { model, handlers }, put: (input) => metrics.put(input) };
}

interface Point {
  readonly atMs: number;
  readonly sum: number;
  readonly count: number;
  readonly minimum: number;
  readonly maximum: number;
}

const metricsMax = 2_000;
const pointsMax = 1_440;
const datumsMax = 1_000;

class Metrics {
  readonly #points = new Map<string, Point[]>();

  put({ Namespace, MetricData = [] }: CloudWatch.PutMetricDataCommandInput): void {
    if (MetricData.length > datumsMax) {
      throw badValue(`The collection MetricData must not have a size greater than ${datumsMax}.`);
    }
    for (const datum of MetricData) {
      const key = keyOf(Namespace, datum.MetricName, datum.Dimensions);
      const points = this.#points.get(key) ?? [];
      if (points.length === 0 && this.#points.size >= metricsMax) {
        throw new AwsError("LimitExceededFault", `the lab keeps at most ${metricsMax} metrics`);
      }
      points.push(pointOf(datum));
      if (points.length > pointsMax) points.shift();
      this.#points.set(key, points);
    }
  }

  get(input: CloudWatch.GetMetricDataCommandInput): CloudWatch.GetMetricDataOutput {
    const results = (input.MetricDataQueries ?? []).map((query) => this.#answer(query, input));
    return { MetricDataResults: results, Messages: [] };
  }

  #answer(
    { Id, Label, MetricStat }: CloudWatch.MetricDataQuery,
    { StartTime, EndTime, ScanBy }: CloudWatch.GetMetricDataCommandInput,
  ): CloudWatch.MetricDataResult {
    if (MetricStat === undefined) {
      throw new AwsError("NotImplemented", "the lab computes no metric math", { status: 501 });
    }
    const { Metric = {}, Period = 60, Stat } = MetricStat;
    const points = this.#between(Metric, { StartTime, EndTime });
    const statistic = statisticOf(Stat);
    const direction = ScanBy === "TimestampAscending" ? 1 : -1;
    const periods = [...byPeriod(points, Period * 1000)].toSorted(
      ([a], [b]) => direction * (a - b),
    );
    return {
      Id,
      Label: Label ?? Metric.MetricName,
      StatusCode: "Complete",
      Timestamps: periods.map(([atMs]) => new Date(atMs)),
      Values: periods.map(([, found]) => statistic(merged(found))),
    };
  }

  #between(
    { Namespace, MetricName, Dimensions }: CloudWatch.Metric,
    { StartTime, EndTime }: Pick<CloudWatch.GetMetricDataCommandInput, "StartTime" | "EndTime">,
  ): readonly Point[] {
    const from = StartTime?.getTime() ?? 0;
    const to = EndTime?.getTime() ?? Number.POSITIVE_INFINITY;
    const points = this.#points.get(keyOf(Namespace, MetricName, Dimensions)) ?? [];
    return points.filter(({ atMs }) => atMs >= from && atMs < to);
  }
}

function keyOf(
  namespace: string | undefined,
  name: string | undefined,
  dimensions: readonly CloudWatch.Dimension[] = [],
): string {
  const pairs = dimensions.map(({ Name, Value }) => `${Name}=${Value}`).toSorted();
  return JSON.stringify([namespace, name, ...pairs]);
}

function pointOf(datum: CloudWatch.MetricDatum): Point {
  const atMs = (datum.Timestamp ?? new Date()).getTime();
  const { StatisticValues: set } = datum;
  if (set !== undefined) {
    return {
      atMs,
      sum: set.Sum ?? 0,
      count: set.SampleCount ?? 0,
      minimum: set.Minimum ?? 0,
      maximum: set.Maximum ?? 0,
    };
  }
  const values = datum.Values ?? (datum.Value === undefined ? [] : [datum.Value]);
  if (values.length === 0) {
    throw badValue("At least one of the parameters must be specified: Value, Values.");
  }
  const counts = values.map((_, at) => datum.Counts?.[at] ?? 1);
  return {
    atMs,
    sum: values.reduce((sum, value, at) => sum + value * (counts[at] ?? 1), 0),
    count: counts.reduce((sum, count) => sum + count, 0),
    minimum: Math.min(...values),
    maximum: Math.max(...values),
  };
}

function byPeriod(points: readonly Point[], periodMs: number): Map<number, Point[]> {
  const periods = new Map<number, Point[]>();
  for (const point of points) {
    const start = Math.floor(point.atMs / periodMs) * periodMs;
    periods.set(start, [...(periods.get(start) ?? []), point]);
  }
  return periods;
}

function merged(points: readonly Point[]): Point {
  return points.reduce((a, b) => ({
    atMs: a.atMs,
    sum: a.sum + b.sum,
    count: a.count + b.count,
    minimum: Math.min(a.minimum, b.minimum),
    maximum: Math.max(a.maximum, b.maximum),
  }));
}

const statistics: Readonly<Record<string, (point: Point) => number>> = {
  Average: ({ sum, count }) => sum / count,
  Sum: ({ sum }) => sum,
  Minimum: ({ minimum }) => minimum,
  Maximum: ({ maximum }) => maximum,
  SampleCount: ({ count }) => count,
};

function statisticOf(name: string | undefined): (point: Point) => number {
  const found = name === undefined ? undefined : statistics[name];
  if (found !== undefined) return found;
  throw badValue(`the lab knows ${Object.keys(statistics).join(", ")}, not ${name}`);
}

function badValue(message: string): AwsError {
  return new AwsError("InvalidParameterValueException", message);
}
