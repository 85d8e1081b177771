//! Goal: metrics come back as they were put, aggregated, and the caller learns who it is.
//! Method: the real clients of CloudWatch and STS.

import * as CloudWatch from "@aws-sdk/client-cloudwatch";
import * as STS from "@aws-sdk/client-sts";
import { cloudwatchService } from "../../lab/aws/cloudwatch.ts";
import { stsService } from "../../lab/aws/sts.ts";
import { clientOptions, closeAll, endpoint, opened, refusal } from "./aws-fixture.ts";

afterEach(closeAll);

async function lab() {
  const server = await endpoint({ services: { monitoring: cloudwatchService() } });
  return opened(new CloudWatch.CloudWatchClient(clientOptions(server)));
}

const Namespace = "Switchback";
const put = (client: CloudWatch.CloudWatchClient, MetricData: CloudWatch.MetricDatum[]) =>
  client.send(new CloudWatch.PutMetricDataCommand({ Namespace, MetricData }));
const get = async (
  client: CloudWatch.CloudWatchClient,
  Stat: string,
  more: Partial<CloudWatch.Metric> = {},
) => {
  const Metric = { Namespace, MetricName: "Lag", ...more };
  const output = await client.send(
    new CloudWatch.GetMetricDataCommand({
      StartTime: new Date(0),
      EndTime: new Date(600_000),
      MetricDataQueries: [{ Id: "m", MetricStat: { Metric, Period: 60, Stat } }],
    }),
  );
  return output.MetricDataResults?.[0];
};
const datum = (atMs: number, Value: number) => ({
  MetricName: "Lag",
  Timestamp: new Date(atMs),
  Value,
});

test("values are aggregated by period, the latest first", async () => {
  const client = await lab();
  await put(client, [datum(1_000, 1), datum(2_000, 4), datum(61_000, 9)]);
  await put(client, [
    { MetricName: "Lag", Timestamp: new Date(62_000), Values: [3, 5], Counts: [2, 1] },
  ]);
  const maximum = await get(client, "Maximum");
  expect(maximum).toMatchObject({
    Id: "m",
    Label: "Lag",
    StatusCode: "Complete",
    Values: [9, 4],
  });
  expect(maximum?.Timestamps).toEqual([new Date(60_000), new Date(0)]);
  expect((await get(client, "Average"))?.Values).toEqual([5, 2.5]);
  expect((await get(client, "Sum"))?.Values).toEqual([20, 5]);
  expect((await get(client, "SampleCount"))?.Values).toEqual([4, 2]);
  expect((await get(client, "Minimum"))?.Values).toEqual([3, 1]);
  expect((await get(client, "Sum", { MetricName: "Other" }))?.Values).toEqual([]);
});

test("dimensions tell metrics apart, in any order", async () => {
  const client = await lab();
  const [a, b] = [
    { Name: "a", Value: "1" },
    { Name: "b", Value: "2" },
  ];
  await put(client, [{ ...datum(1_000, 7), Dimensions: [a, b] }]);
  expect((await get(client, "Sum", { Dimensions: [b, a] }))?.Values).toEqual([7]);
  expect((await get(client, "Sum"))?.Values).toEqual([]);
});

test("a large put arrives zipped", async () => {
  const client = await lab();
  const padding = "x".repeat(60);
  await put(
    client,
    Array.from({ length: 400 }, (_, n) => ({
      MetricName: `Metric${padding}${n}`,
      Value: n,
      Timestamp: new Date(0),
    })),
  );
  const found = await get(client, "Sum", { MetricName: `Metric${padding}399` });
  expect(found?.Values).toEqual([399]);
});

test("what cannot be answered is refused", async () => {
  const client = await lab();
  const empty = await refusal(put(client, [{ MetricName: "Lag" }]));
  expect(empty).toBeInstanceOf(CloudWatch.InvalidParameterValueException);
  expect((await refusal(get(client, "p99"))).message).toMatch(/not p99/);
  const math = new CloudWatch.GetMetricDataCommand({
    StartTime: new Date(0),
    EndTime: new Date(1),
    MetricDataQueries: [{ Id: "e", Expression: "m*2" }],
  });
  expect((await refusal(client.send(math))).name).toBe("NotImplemented");
  const alarms = await client.send(new CloudWatch.DescribeAlarmsCommand({}));
  expect([alarms.MetricAlarms, alarms.CompositeAlarms]).toEqual([[], []]);
});

test("STS says that everyone is the lab", async () => {
  const server = await endpoint({ services: { sts: stsService() } });
  const client = opened(new STS.STSClient(clientOptions(server)));
  const identity = await client.send(new STS.GetCallerIdentityCommand({}));
  expect(identity).toMatchObject({
    Account: "000000000000",
    Arn: "arn:aws:iam::000000000000:user/switchback-lab",
  });
});
