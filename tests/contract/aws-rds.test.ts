//! Goal: RDS describes the lab's databases and promotes one, as slowly as it is promoted.
//! Method: the real client; a fake of the lab's port whose promotions the test finishes.

import * as RDS from "@aws-sdk/client-rds";
import { closeAll, refusal, regionA, regionB } from "./aws-fixture.ts";
import { FakeInstances, statusLagMs } from "./rds-instances.ts";

afterEach(closeAll);

const primaryArn = `arn:aws:rds:${regionA}:000000000000:db:orders-a`;
const replicaArn = `arn:aws:rds:${regionB}:000000000000:db:orders-b`;

async function lab() {
  const instances = new FakeInstances();
  const inA = await instances.clientIn(regionA);
  const inB = await instances.clientIn(regionB);
  const { clock, failures, promotions, replication } = instances;
  return { clock, promotions, failures, replication, inA, inB };
}

const instancesOf = (client: RDS.RDSClient, input: RDS.DescribeDBInstancesCommandInput = {}) =>
  client.send(new RDS.DescribeDBInstancesCommand(input));
const filter = (Name: string, ...Values: string[]) => ({ Filters: [{ Name, Values }] });
const stop = (client: RDS.RDSClient, DBInstanceIdentifier: string) =>
  refusal(client.send(new RDS.StopDBInstanceCommand({ DBInstanceIdentifier })));
const promote = (client: RDS.RDSClient, DBInstanceIdentifier: string) =>
  client.send(new RDS.PromoteReadReplicaCommand({ DBInstanceIdentifier }));

test("each region shows its own instances, and names the other region's by ARN", async () => {
  const { inA, inB, replication } = await lab();
  const primary = await instancesOf(inA);
  expect(primary.DBInstances).toHaveLength(1);
  expect(primary.DBInstances?.[0]).toMatchObject({
    DBInstanceIdentifier: "orders-a",
    DBInstanceArn: primaryArn,
    DBInstanceStatus: "available",
    Endpoint: { Address: "127.0.0.1", Port: 5432 },
    ReadReplicaDBInstanceIdentifiers: [replicaArn],
  });
  expect(primary.DBInstances?.[0]?.ReadReplicaSourceDBInstanceIdentifier).toBeUndefined();
  const replica = (await instancesOf(inB)).DBInstances?.[0];
  expect(replica?.ReadReplicaSourceDBInstanceIdentifier).toBe(primaryArn);
  expect(replica?.StatusInfos).toEqual([
    { StatusType: "read replication", Normal: true, Status: "replicating" },
  ]);
  replication.up = false;
  const broken = (await instancesOf(inB)).DBInstances?.[0]?.StatusInfos?.[0];
  expect(broken).toMatchObject({ Normal: false, Status: "error" });
});

test("instances are found by identifier, by ARN and by filter", async () => {
  const { inA } = await lab();
  const names = async (input: RDS.DescribeDBInstancesCommandInput) =>
    (await instancesOf(inA, input)).DBInstances?.map(({ DBInstanceIdentifier: name }) => name);
  expect(await names({ DBInstanceIdentifier: "Orders-A" })).toEqual(["orders-a"]);
  expect(await names({ DBInstanceIdentifier: primaryArn })).toEqual(["orders-a"]);
  expect(await names(filter("db-instance-id", "x", "orders-a"))).toEqual(["orders-a"]);
  expect(await names(filter("db-instance-id", "orders-b"))).toEqual([]);
  expect(await names(filter("engine", "postgres"))).toEqual(["orders-a"]);
  expect(await names(filter("engine", "mysql"))).toEqual([]);
  const unknown = await refusal(names(filter("colour", "blue")));
  expect([unknown.name, unknown.message]).toEqual([
    "InvalidParameterValue",
    "Unrecognized filter name: colour",
  ]);
});

test("a promotion lasts until the database is promoted, then the source is gone", async () => {
  const { clock, inA, inB, promotions } = await lab();
  const status = async () => (await instancesOf(inB)).DBInstances?.[0]?.DBInstanceStatus;
  const started = await promote(inB, "orders-b");
  // RDS begins with what it has shown all along.
  expect([started.DBInstance?.DBInstanceStatus, await status()]).toEqual([
    "available",
    "available",
  ]);
  clock.nowMs += statusLagMs;
  expect(await status()).toBe("modifying");
  const again = await refusal(promote(inB, "orders-b"));
  expect(again).toBeInstanceOf(RDS.InvalidDBInstanceStateFault);
  expect(promotions).toHaveLength(1);
  promotions[0]?.finish();
  const waited = await RDS.waitUntilDBInstanceAvailable(
    { client: inB, maxWaitTime: 30, minDelay: 1, maxDelay: 1 },
    { DBInstanceIdentifier: "orders-b" },
  );
  expect(waited.state).toBe("SUCCESS");
  const promoted = (await instancesOf(inB)).DBInstances?.[0];
  expect(promoted?.ReadReplicaSourceDBInstanceIdentifier).toBeUndefined();
  expect(promoted?.StatusInfos).toBeUndefined();
  expect((await instancesOf(inA)).DBInstances?.[0]?.ReadReplicaDBInstanceIdentifiers).toEqual([]);
});

test("a promotion that fails leaves a replica and is told", async () => {
  const { inB, promotions, failures } = await lab();
  await promote(inB, "orders-b");
  const error = new Error("no such process");
  promotions[0]?.fail(error);
  const status = async () => (await instancesOf(inB)).DBInstances?.[0];
  expect(await status()).toMatchObject({
    DBInstanceStatus: "available",
    ReadReplicaSourceDBInstanceIdentifier: primaryArn,
  });
  expect(failures).toEqual([["orders-b", error]]);
});

test("only a replica of this region can be promoted", async () => {
  const { inA, inB } = await lab();
  const primary = await refusal(promote(inA, "orders-a"));
  expect(primary).toBeInstanceOf(RDS.InvalidDBInstanceStateFault);
  expect(primary.message).toMatch(/not a read replica/);
  for (const refused of [
    await refusal(promote(inA, "orders-b")),
    await refusal(promote(inB, "x")),
  ]) {
    expect(refused).toBeInstanceOf(RDS.DBInstanceNotFoundFault);
    expect(refused.$metadata).toMatchObject({ httpStatusCode: 404 });
  }
});

test("a database with a replica cannot be stopped, as in RDS", async () => {
  const { inA, inB, promotions } = await lab();
  expect(await stop(inA, "orders-a")).toBeInstanceOf(RDS.InvalidDBInstanceStateFault);
  expect(await stop(inB, "orders-b")).toBeInstanceOf(RDS.InvalidDBInstanceStateFault);
  expect(await stop(inB, "x")).toBeInstanceOf(RDS.DBInstanceNotFoundFault);
  await promote(inB, "orders-b");
  promotions[0]?.finish();
  await instancesOf(inB);
  expect((await stop(inA, "orders-a")).name).toBe("NotImplemented");
});
