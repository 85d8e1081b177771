//! Goal: node groups change their size within bounds, and in the time that nodes take.
//! Method: the real client; scalings that the test finishes.

import * as EKS from "@aws-sdk/client-eks";
import { eksService } from "../../lab/aws/eks.ts";
import { clientOptions, closeAll, endpoint, opened, refusal } from "./aws-fixture.ts";

afterEach(closeAll);

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
