//! Goal: the lab writes down what the arbiter applied, when it applied it, whatever the caller heard;
//! and stays within bounds.
//! Method: a witness at the DynamoDB model, written to as operators do; the bounds by hand.

import { createMrscModel, type AppliedWrite, type Item } from "../../lab/aws/dynamodb.ts";
import { startAwsEndpoint, type AwsEndpoint } from "../../lab/aws/endpoint.ts";
import { Witness } from "../../lab/world/witness.ts";
import { dynamoDb, type DynamoDb } from "../../operator/adapters/dynamodb.ts";
import type { LeaseItem } from "../../failover/lease-item.ts";
import type { JournalEntry } from "../../failover/journal.ts";

const [east, west] = ["us-east-1", "us-west-2"] as const;

// As the operator does, the adapter takes its credentials from the environment.
process.env["AWS_ACCESS_KEY_ID"] = "test";
process.env["AWS_SECRET_ACCESS_KEY"] = "test";

const word = { databaseMs: 1, database: "writable", app: "serving" } as const;

let witness: Witness;
let endpoint: AwsEndpoint;
let operator: DynamoDb;

beforeEach(async () => {
  witness = new Witness();
  const network = { reachable: () => true, oneWayMs: () => 1 };
  const model = createMrscModel({
    sites: [east, west, "us-east-2"],
    network,
    onApplied: (write) => witness.seeWrite(write),
    onShown: (shown) => witness.seeAnswer(shown),
  });
  model.createTable("arbiter");
  endpoint = await startAwsEndpoint({
    region: west,
    host: "127.0.0.1",
    port: 0,
    services: { dynamodb: model.service(west) },
  });
  const replica = { region: west, endpoint: endpoint.url };
  operator = dynamoDb({ table: "arbiter", group: "orders", replicas: [replica], timeoutMs: 5_000 });
});

afterEach(async () => {
  operator.close();
  await endpoint.close();
});

async function opened(): Promise<LeaseItem> {
  const item = await operator.arbiter.open(east, 5);
  if (!item.ok) throw new Error(item.detail);
  return item.value;
}

test("sees each write of the lease that was applied, and none that was refused", async () => {
  const fromMs = Date.now();
  const held = await opened();
  const renewed = await operator.arbiter.renew(held, word);
  if (!renewed.ok) throw new Error(renewed.detail);
  expect((await operator.arbiter.takeOver(held, west, 7)).ok).toBe(false);
  expect((await operator.arbiter.takeOver(renewed.value, west, 7)).ok).toBe(true);
  const { leaseWrites } = witness.witnessed;
  expect(leaseWrites.map(({ atMs: _atMs, ...write }) => write)).toEqual([
    { epoch: 1, holder: east, renewals: 0 },
    { epoch: 1, holder: east, renewals: 1 },
    { epoch: 2, holder: west, renewals: 0 },
  ]);
  expect(leaseWrites.every(({ atMs }) => atMs >= fromMs && atMs <= Date.now())).toBe(true);
});

test("sees when an operator first hears of a renewal, and not when it hears of it again", async () => {
  const held = await opened();
  await operator.arbiter.read();
  await operator.arbiter.read();
  await operator.arbiter.renew(held, word);
  await operator.arbiter.read();
  const { leaseWrites, leasesShown } = witness.witnessed;
  expect(leasesShown.map(({ atMs: _atMs, ...shown }) => shown)).toEqual([
    { to: "test", epoch: 1, holder: east, renewals: 0 },
    { to: "test", epoch: 1, holder: east, renewals: 1 },
  ]);
  const [, renewal] = leaseWrites;
  expect(leasesShown[1]?.atMs).toBeGreaterThanOrEqual(renewal?.atMs ?? Infinity);
});

test("sees a plan when it is written down, and no other entry", async () => {
  const plan = { id: "failover-2", kind: "failover", from: east, to: west, epoch: 2, stages: [] };
  const planId = plan.id;
  const entries = [
    { kind: "plan-started", atMs: 1, planId, plan, because: [], suspectedAtMs: 1 },
    { kind: "step-intended", atMs: 1, planId, step: "take-lease" },
  ] as unknown as readonly JournalEntry[];
  expect((await operator.journal.append(entries)).ok).toBe(true);
  expect((await operator.journal.append(entries.slice(1))).ok).toBe(true);
  const { leaseWrites, plansBegun } = witness.witnessed;
  expect(plansBegun.map((begun) => begun.planId)).toEqual([planId]);
  expect(leaseWrites).toEqual([]);
});

test("passes over what is not written as a lease or a journal is", () => {
  const items: readonly (Item | undefined)[] = [
    undefined,
    {},
    { epoch: { N: "1" }, holder: { S: east } },
    { entries: { S: "{" } },
    { entries: { S: "7" } },
    { entries: { S: '[7, null, {"kind":"plan-started"}]' } },
  ];
  for (const item of items) {
    for (const sk of ["lease", "journal#0000000001", "else"]) {
      witness.seeWrite({ key: { pk: "orders", sk }, item });
    }
  }
  witness.seePromotion(west);
  expect(witness.witnessed).toEqual({
    leaseWrites: [],
    leasesShown: [],
    plansBegun: [],
    promotions: [{ atMs: expect.any(Number) as number, region: west }],
  });
});

function renewal(renewals: number): AppliedWrite {
  const item = { epoch: { N: "1" }, holder: { S: east }, renewals: { N: String(renewals) } };
  return { key: { pk: "orders", sk: "lease" }, item };
}

test("keeps the newest ten thousand", () => {
  for (let renewals = 0; renewals < 10_003; renewals += 1) witness.seeWrite(renewal(renewals));
  const { leaseWrites } = witness.witnessed;
  expect(leaseWrites).toHaveLength(10_000);
  expect(leaseWrites.at(0)?.renewals).toBe(3);
  expect(leaseWrites.at(-1)?.renewals).toBe(10_002);
});
