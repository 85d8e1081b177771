//! Goal: RDS renames, snapshots and replicates instances, and refuses, as RDS does.
//! Method: the real client; fake instances whose work the test ends.

import * as RDS from "@aws-sdk/client-rds";
import { closeAll, refusal, regionA, regionB } from "./aws-fixture.ts";
import { FakeInstances } from "./rds-instances.ts";

afterEach(closeAll);

const arnB = `arn:aws:rds:${regionB}:000000000000:db:orders-b`;

/** The other region has taken over; this is RDS of the old primary's region. */
async function lab() {
  const instances = new FakeInstances();
  instances.failOver();
  return { instances, client: await instances.clientIn(regionA) };
}

async function shown(client: RDS.RDSClient) {
  const { DBInstances = [] } = await client.send(new RDS.DescribeDBInstancesCommand({}));
  return DBInstances.map((one) => [one.DBInstanceIdentifier, one.DBInstanceStatus]);
}

const rename = (client: RDS.RDSClient, from: string, to: string) =>
  client.send(
    new RDS.ModifyDBInstanceCommand({
      DBInstanceIdentifier: from,
      NewDBInstanceIdentifier: to,
      ApplyImmediately: true,
    }),
  );
const snapshot = (client: RDS.RDSClient, of: string, name: string) =>
  client.send(
    new RDS.CreateDBSnapshotCommand({ DBInstanceIdentifier: of, DBSnapshotIdentifier: name }),
  );
const replicate = (client: RDS.RDSClient, name: string, source: string) =>
  client.send(
    new RDS.CreateDBInstanceReadReplicaCommand({
      DBInstanceIdentifier: name,
      SourceDBInstanceIdentifier: source,
    }),
  );

test("a renamed instance keeps its old name until the work is done, and its resource for good", async () => {
  const { client, instances } = await lab();
  const begun = await rename(client, "orders-a", "Orders-A-Kept");
  expect(begun.DBInstance).toMatchObject({
    DBInstanceIdentifier: "orders-a",
    DBInstanceStatus: "renaming",
    PendingModifiedValues: { DBInstanceIdentifier: "orders-a-kept" },
  });
  const again = await refusal(rename(client, "orders-a", "other"));
  expect(again).toBeInstanceOf(RDS.InvalidDBInstanceStateFault);
  expect(await shown(client)).toEqual([["orders-a", "renaming"]]);
  instances.finish();
  expect(await shown(client)).toEqual([["orders-a-kept", "available"]]);
  const { DBInstances } = await client.send(new RDS.DescribeDBInstancesCommand({}));
  expect(DBInstances?.[0]?.DbiResourceId).toBe(begun.DBInstance?.DbiResourceId);
  expect(DBInstances?.[0]?.PendingModifiedValues).toBeUndefined();
});

test("a name that is taken, being given, or malformed is refused", async () => {
  const { client, instances } = await lab();
  instances.all.push({
    identifier: "kept",
    region: regionA,
    role: "primary",
    status: "renaming",
    pending: "soon",
  });
  for (const name of ["kept", "soon", "orders-a"]) {
    expect(await refusal(rename(client, "orders-a", name))).toBeInstanceOf(
      RDS.DBInstanceAlreadyExistsFault,
    );
  }
  for (const name of ["1st", "a--b", "a-", "a_b", "a".repeat(64)]) {
    expect((await refusal(rename(client, "orders-a", name))).name).toBe("InvalidParameterValue");
  }
  expect(await refusal(rename(client, "orders-x", "y"))).toBeInstanceOf(
    RDS.DBInstanceNotFoundFault,
  );
});

test("a snapshot takes its time, keeps the instance busy, and has its name once", async () => {
  const { client, instances } = await lab();
  const look = async (name: string) => {
    const command = new RDS.DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: name });
    return (await client.send(command)).DBSnapshots?.[0];
  };
  expect(await refusal(look("before"))).toBeInstanceOf(RDS.DBSnapshotNotFoundFault);
  const begun = await snapshot(client, "orders-a", "before");
  expect(begun.DBSnapshot).toMatchObject({ Status: "creating", DBInstanceIdentifier: "orders-a" });
  expect(await shown(client)).toEqual([["orders-a", "backing-up"]]);
  expect(await refusal(rename(client, "orders-a", "kept"))).toBeInstanceOf(
    RDS.InvalidDBInstanceStateFault,
  );
  expect(await refusal(snapshot(client, "orders-a", "before"))).toBeInstanceOf(
    RDS.DBSnapshotAlreadyExistsFault,
  );
  expect(await refusal(snapshot(client, "orders-a", "second"))).toBeInstanceOf(
    RDS.InvalidDBInstanceStateFault,
  );
  instances.finish();
  expect(await look("before")).toMatchObject({ Status: "available", PercentProgress: 100 });
});

test("a replica is made of another region's primary, once its name is free", async () => {
  const { client, instances } = await lab();
  const taken = await refusal(replicate(client, "orders-a", arnB));
  expect(taken).toBeInstanceOf(RDS.DBInstanceAlreadyExistsFault);
  await rename(client, "orders-a", "orders-a-kept");
  instances.finish();
  const begun = await replicate(client, "orders-a", arnB);
  expect(begun.DBInstance).toMatchObject({
    DBInstanceIdentifier: "orders-a",
    DBInstanceStatus: "creating",
    ReadReplicaSourceDBInstanceIdentifier: arnB,
  });
  instances.finish();
  expect(await shown(client)).toEqual([
    ["orders-a-kept", "available"],
    ["orders-a", "available"],
  ]);
  const inB = await instances.clientIn(regionB);
  const source = (await inB.send(new RDS.DescribeDBInstancesCommand({}))).DBInstances?.[0];
  expect(source?.ReadReplicaDBInstanceIdentifiers).toEqual([
    `arn:aws:rds:${regionA}:000000000000:db:orders-a`,
  ]);
});

test("no replica is made of what is absent, busy, or a replica itself", async () => {
  const { client, instances } = await lab();
  const source = (name: string) => refusal(replicate(client, "orders-new", name));
  const { b } = instances;
  expect(await source(arnB.replace("orders-b", "x"))).toBeInstanceOf(RDS.DBInstanceNotFoundFault);
  // Without an ARN it is looked for in this region.
  expect(await source("orders-b")).toBeInstanceOf(RDS.DBInstanceNotFoundFault);
  b.status = "modifying";
  expect(await source(arnB)).toBeInstanceOf(RDS.InvalidDBInstanceStateFault);
  b.status = "available";
  b.role = "replica";
  expect((await source(arnB)).message).toMatch(/is a read replica/);
  expect(instances.all).toHaveLength(2);
});
