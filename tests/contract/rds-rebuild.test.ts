//! Goal: the adapter makes a replica of an old primary through the RDS API, however often it is told.
//! Method: the operator's adapter against the lab's endpoints; fake instances whose work the test ends.

import { rdsRebuild } from "../../operator/adapters/rds-rebuild.ts";
import { newestKept, replicaSettings } from "../../operator/adapters/rds-replica.ts";
import { closeAll, opened, regionA, regionB } from "./aws-fixture.ts";
import { FakeInstances } from "./rds-instances.ts";

const credentials = { AWS_ACCESS_KEY_ID: "lab", AWS_SECRET_ACCESS_KEY: "lab" };
const before = { ...process.env };
beforeAll(() => Object.assign(process.env, credentials));
afterAll(() => {
  process.env = before;
});
afterEach(closeAll);

const done = { ok: true, value: undefined };

/** Region B has taken over; its operator rebuilds region A. */
async function lab() {
  const instances = new FakeInstances();
  instances.failOver();
  const [inA, inB] = [await instances.endpointIn(regionA), await instances.endpointIn(regionB)];
  const rebuild = rdsRebuild({
    access: { region: regionA, endpoint: inA.url },
    peerIdentifier: "orders-a",
    ownAccess: { region: regionB, endpoint: inB.url },
    ownIdentifier: "orders-b",
    timeoutMs: 10_000,
  });
  opened({ destroy: () => rebuild.close() });
  return { instances, rebuild, silenceA: () => inA.close() };
}

/** Told so often that the repeat meets every moment: under way, and done. */
async function twice(told: () => Promise<unknown>, instances: FakeInstances): Promise<void> {
  expect(await told()).toEqual(done);
  expect(await told()).toEqual(done);
  instances.finish();
  expect(await told()).toEqual(done);
}

test("an old primary becomes a replica, and every step may be told again", async () => {
  const { instances, rebuild } = await lab();
  const old = { kind: "primary", status: "available", followsThisRegion: false };
  expect(await rebuild.state()).toEqual({ ok: true, value: old });

  expect(await rebuild.snapshotState("epoch-2")).toEqual({ ok: true, value: "absent" });
  expect(await rebuild.snapshot("epoch-2")).toEqual(done);
  expect(await rebuild.snapshotState("epoch-2")).toEqual({ ok: true, value: "creating" });
  await twice(() => rebuild.snapshot("epoch-2"), instances);
  expect(await rebuild.snapshotState("orders-a-epoch-2")).toEqual({ ok: true, value: "available" });
  expect(instances.taken).toHaveLength(1);

  expect(await rebuild.isRetired("epoch-2")).toEqual({ ok: true, value: false });
  await twice(() => rebuild.retire("epoch-2"), instances);
  expect(await rebuild.isRetired("epoch-2")).toEqual({ ok: true, value: true });
  expect(await rebuild.state()).toEqual({ ok: true, value: { kind: "absent" } });
  expect(instances.a.identifier).toBe("orders-a-epoch-2");

  await twice(() => rebuild.createReplica(), instances);
  const replica = { kind: "replica", status: "available", followsThisRegion: true };
  expect(await rebuild.state()).toEqual({ ok: true, value: replica });
  expect(instances.all).toHaveLength(3);
});

test("a retirement that is told late never renames the replica that was made since", async () => {
  const { instances, rebuild } = await lab();
  await twice(() => rebuild.retire("epoch-2"), instances);
  await twice(() => rebuild.createReplica(), instances);
  expect(await rebuild.retire("epoch-2")).toEqual(done);
  expect(await rebuild.retire("epoch-3")).toMatchObject({ ok: false, fault: "refused" });
  expect(instances.all.map(({ identifier }) => identifier)).toEqual([
    "orders-a-epoch-2",
    "orders-b",
    "orders-a",
  ]);
});

test("what exists but is not what was wanted is no success", async () => {
  const { instances, rebuild } = await lab();
  instances.all.push({
    identifier: "orders-a-epoch-2",
    region: regionA,
    role: "primary",
    status: "available",
  });
  expect(await rebuild.retire("epoch-2")).toMatchObject({ ok: false, fault: "refused" });
  expect(await rebuild.createReplica()).toMatchObject({ ok: false, fault: "refused" });
  expect(instances.a.identifier).toBe("orders-a");
  instances.a.status = "failed";
  const snapshot = await rebuild.snapshot("epoch-2");
  expect(snapshot).toMatchObject({ ok: false, fault: "refused" });
  expect(instances.taken).toEqual([]);
});

test("no replica is begun while this region's own instance counts as one, or without a predecessor", async () => {
  const { instances, rebuild } = await lab();
  instances.all.splice(0, 1);
  expect(await rebuild.state()).toEqual({ ok: true, value: { kind: "absent" } });
  expect(await rebuild.createReplica()).toMatchObject({
    ok: false,
    detail: expect.stringMatching(/no retired instance/),
  });
  instances.b.role = "replica";
  expect(await rebuild.createReplica()).toMatchObject({
    ok: false,
    detail: expect.stringMatching(/still a replica/),
  });
  expect(instances.all).toHaveLength(1);
});

test("a replica of something else does not follow this region, and silence is no absence", async () => {
  const { instances, rebuild, silenceA } = await lab();
  instances.a.role = "replica";
  instances.a.source = { ...instances.b, identifier: "orders-other" };
  const other = { kind: "replica", status: "available", followsThisRegion: false };
  expect(await rebuild.state()).toEqual({ ok: true, value: other });
  await silenceA();
  expect(await rebuild.state()).toMatchObject({ ok: false, fault: "unreachable" });
  expect(await rebuild.isRetired("epoch-2")).toMatchObject({ ok: false, fault: "unreachable" });
});

const kept = {
  DBInstanceIdentifier: "orders-a-epoch-2",
  DBInstanceClass: "db.r7g.large",
  StorageType: "gp3",
  Iops: 3_000,
  DBSubnetGroup: { DBSubnetGroupName: "orders" },
  VpcSecurityGroups: [{ VpcSecurityGroupId: "sg-1", Status: "active" }],
  DBParameterGroups: [{ DBParameterGroupName: "orders-18" }],
  StorageEncrypted: true,
  KmsKeyId: "arn:aws:kms:r:1:key/old",
  TagList: [
    { Key: "aws:cloudformation:stack-name", Value: "orders" },
    { Key: "service", Value: "orders" },
  ],
};

test("a replica gets the network, parameters and key of the instance whose place it takes", () => {
  expect(replicaSettings(kept)).toEqual({
    DBInstanceClass: "db.r7g.large",
    StorageType: "gp3",
    DBSubnetGroupName: "orders",
    VpcSecurityGroupIds: ["sg-1"],
    DBParameterGroupName: "orders-18",
    KmsKeyId: "arn:aws:kms:r:1:key/old",
    Tags: [{ Key: "service", Value: "orders" }],
  });
  expect(replicaSettings(kept, "given").KmsKeyId).toBe("given");
  expect(replicaSettings({ ...kept, StorageEncrypted: false })).not.toHaveProperty("KmsKeyId");
  expect(replicaSettings({ ...kept, StorageType: "io2", Iops: 8_000 }).Iops).toBe(8_000);
});

const named = (DBInstanceIdentifier: string, createdAtMs: number, source?: string) => ({
  DBInstanceIdentifier,
  InstanceCreateTime: new Date(createdAtMs),
  ReadReplicaSourceDBInstanceIdentifier: source,
});

test("the newest retired instance is the one that is replaced, and no replica is", () => {
  const all = [
    named("orders-a", 9),
    named("orders-a-epoch-2", 1),
    named("orders-a-epoch-4", 5),
    named("orders-a-reports", 8, "orders-a"),
    named("orders-b-epoch-3", 7),
  ];
  expect(newestKept(all, "orders-a-")?.DBInstanceIdentifier).toBe("orders-a-epoch-4");
  expect(newestKept(all, "orders-c-")).toBeUndefined();
});
