// Goal: node groups change their size within bounds and in time, metrics come back, and the caller
// learns who it is. Method: the real clients of EKS, CloudWatch and STS.

import * as CloudWatch from "@aws-sdk/client-cloudwatch";
import * as EKS from "@aws-sdk/client-eks";
import * as STS from "@aws-sdk/client-sts";
import { cloudwatchService } from "../../lab/aws/cloudwatch.ts";
import { eksService } from "../../lab/aws/eks.ts";
import { stsService } from "../../lab/aws/sts.ts";
import { clientOptions, closeAll, endpoint, opened, refusal } from "./aws-fixture.ts";

afterEach(closeAll);

describe("EKS", () => {
  async function lab() {
    const scalings: {
      readonly size: number;
      readonly finish: () => void;
      readonly fail: (error: Error) => void;
    }[] = [];
    const eks = eksService({
      cluster: { name: "orders", version: "1.34", endpoint: "http://127.0.0.1:6443" },
      nodegroups: [{ name: "app", minSize: 0, maxSize: 4, desiredSize: 1 }],
      scale: (_name, size) =>
        new Promise((finish, fail) => {
          scalings.push({ size, finish, fail });
        }),
    });
    const server = await endpoint({ services: { eks } });
    return { scalings, client: opened(new EKS.EKSClient(clientOptions(server))) };
  }

  const app = { clusterName: "orders", nodegroupName: "app" };
  const resize = (client: EKS.EKSClient, scalingConfig: EKS.NodegroupScalingConfig) =>
    client.send(new EKS.UpdateNodegroupConfigCommand({ ...app, scalingConfig }));
  const nodegroup = async (client: EKS.EKSClient) =>
    (await client.send(new EKS.DescribeNodegroupCommand(app))).nodegroup;
  const updateStatus = async (client: EKS.EKSClient, updateId?: string) => {
    const input = { name: "orders", nodegroupName: "app", updateId };
    return (await client.send(new EKS.DescribeUpdateCommand(input))).update?.status;
  };

  test("the cluster and its node groups are described", async () => {
    const { client } = await lab();
    const { cluster } = await client.send(new EKS.DescribeClusterCommand({ name: "orders" }));
    expect(cluster).toMatchObject({
      name: "orders",
      status: "ACTIVE",
      version: "1.34",
      endpoint: "http://127.0.0.1:6443",
    });
    expect(cluster?.createdAt).toBeInstanceOf(Date);
    const listed = await client.send(new EKS.ListNodegroupsCommand({ clusterName: "orders" }));
    expect(listed.nodegroups).toEqual(["app"]);
    expect(await nodegroup(client)).toMatchObject({
      status: "ACTIVE",
      scalingConfig: { minSize: 0, maxSize: 4, desiredSize: 1 },
    });
  });

  test("a change of size is in progress until the nodes are there", async () => {
    const { client, scalings } = await lab();
    const { update } = await resize(client, { desiredSize: 3 });
    expect(update?.status).toBe("InProgress");
    expect(scalings.map(({ size }) => size)).toEqual([3]);
    expect(await nodegroup(client)).toMatchObject({
      status: "UPDATING",
      scalingConfig: { desiredSize: 3 },
    });
    expect(await updateStatus(client, update?.id)).toBe("InProgress");
    const second = await refusal(resize(client, { desiredSize: 2 }));
    expect(second).toBeInstanceOf(EKS.ResourceInUseException);
    scalings[0]?.finish();
    const waited = await EKS.waitUntilNodegroupActive(
      { client, maxWaitTime: 30, minDelay: 1, maxDelay: 1 },
      app,
    );
    expect(waited.state).toBe("SUCCESS");
    expect(await updateStatus(client, update?.id)).toBe("Successful");
  });

  test("nodes that do not come make the update fail, and the next one may try", async () => {
    const { client, scalings } = await lab();
    const { update } = await resize(client, { desiredSize: 2 });
    scalings[0]?.fail(new Error("no capacity"));
    expect(await updateStatus(client, update?.id)).toBe("Failed");
    await resize(client, { desiredSize: 1 });
  });

  test("sizes outside the bounds are refused, and bounds can be moved", async () => {
    const { client, scalings } = await lab();
    const over = await refusal(resize(client, { desiredSize: 5 }));
    expect(over).toBeInstanceOf(EKS.InvalidParameterException);
    expect(over.message).toBe("desired capacity 5 can't be greater than max size 4");
    const under = await refusal(resize(client, { minSize: 2 }));
    expect(under.message).toBe("desired capacity 1 can't be less than min size 2");
    expect(scalings).toEqual([]);
    await resize(client, { desiredSize: 5, maxSize: 5 });
  });

  test("what is not there is not found", async () => {
    const { client } = await lab();
    const nothing = { clusterName: "nope", nodegroupName: "app" };
    for (const refused of [
      await refusal(client.send(new EKS.DescribeClusterCommand({ name: "nope" }))),
      await refusal(client.send(new EKS.ListNodegroupsCommand({ clusterName: "nope" }))),
      await refusal(client.send(new EKS.DescribeNodegroupCommand(nothing))),
      await refusal(client.send(new EKS.DescribeNodegroupCommand({ ...app, nodegroupName: "x" }))),
      await refusal(updateStatus(client, "x")),
    ]) {
      expect(refused).toBeInstanceOf(EKS.ResourceNotFoundException);
    }
  });
});

describe("CloudWatch", () => {
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
