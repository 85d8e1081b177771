//! Goal: the arbiter's adapter behaves when DynamoDB does not: lost replicas, no quorum, items that
//! nobody can read. Method: the adapter over HTTP on a modelled global table, whose sites are cut off.

import { createMrscModel } from "../../lab/aws/dynamodb.ts";
import { startAwsEndpoint } from "../../lab/aws/endpoint.ts";
import { dynamoDb } from "../../operator/adapters/dynamodb.ts";
import type { JournalEntry } from "../../failover/journal.ts";
import { east, type GlobalTable, onDynamoDb, west } from "./arbiters.ts";

const word = { databaseMs: 1, database: "closed", app: "silent" } as const;
const timeoutMs = 400;
let table: GlobalTable;

beforeEach(async () => {
  table = await onDynamoDb(timeoutMs);
});
afterEach(() => table.close());

async function open() {
  const opened = await table.seat(east).arbiter.open(east, 1);
  if (!opened.ok) throw new Error(opened.detail);
  return opened.value;
}

test("every read is strong", async () => {
  const opened = await open();
  const { arbiter } = table.seat(west);
  for (let renewals = 0; renewals < 5; renewals += 1) {
    await table.seat(east).arbiter.renew({ ...opened, renewals }, word);
    expect(await arbiter.read()).toMatchObject({ value: { renewals: renewals + 1 } });
  }
});

test("when the own replica is lost the next call goes to the peer's, and stays there", async () => {
  await open();
  const { arbiter } = table.seat(east);
  table.dropEndpoint(east);
  table.calls.length = 0;
  expect(await arbiter.read()).toMatchObject({ ok: false, fault: "unreachable" });
  expect(await arbiter.read()).toMatchObject({ ok: true, value: { holder: east } });
  expect(await arbiter.read()).toMatchObject({ ok: true });
  expect(table.calls).toEqual([`${east} GetItem`, `${west} GetItem`, `${west} GetItem`]);
});

test("a write whose answer is lost is sent once", async () => {
  const opened = await open();
  const { arbiter } = table.seat(west);
  table.loseAnswers(west);
  table.calls.length = 0;
  const taken = await arbiter.takeOver(opened, west, 5);
  expect(taken).toMatchObject({ ok: false, fault: "unreachable" });
  await new Promise((resolve) => setTimeout(resolve, 2 * timeoutMs));
  expect(table.calls).toEqual([`${west} UpdateItem`]);
  expect(await arbiter.read()).toMatchObject({ ok: true, value: { epoch: 2, holder: west } });
});

test("a call that the service fails is not sent again by itself, and the next goes to the peer", async () => {
  const opened = await open();
  const { arbiter } = table.seat(east);
  table.breakEndpoint(east);
  table.calls.length = 0;
  expect(await arbiter.renew(opened, word)).toMatchObject({ ok: false, fault: "unreachable" });
  expect(table.calls).toEqual([`${east} UpdateItem`]);
  expect(await arbiter.renew(opened, word)).toMatchObject({ ok: true });
});

test("a refusal of the condition does not change the replica", async () => {
  const opened = await open();
  const { arbiter } = table.seat(east);
  table.calls.length = 0;
  expect(await arbiter.renew({ ...opened, epoch: 9 }, word)).toMatchObject({ fault: "conflict" });
  await arbiter.read();
  expect(table.calls).toEqual([`${east} UpdateItem`, `${east} GetItem`]);
});

test("a look at the journal that is lost does not move the lease to the other replica", async () => {
  await open();
  const { arbiter, journal } = table.seat(east);
  table.breakEndpoint(east);
  expect(await journal.read("fresh")).toMatchObject({ ok: false, fault: "unreachable" });
  table.calls.length = 0;
  await arbiter.read();
  expect(table.calls).toEqual([`${east} GetItem`]);
});

test("a site without quorum refuses reads and writes instead of hanging", async () => {
  const opened = await open();
  const { arbiter, journal } = table.seat(east);
  table.isolate(east);
  table.dropEndpoint(west);
  expect(await arbiter.read()).toMatchObject({ ok: false, fault: "unreachable" });
  expect(await arbiter.renew(opened, word)).toMatchObject({ ok: false, fault: "unreachable" });
  expect(await journal.read()).toMatchObject({ ok: false, fault: "unreachable" });
});

test("with one region cut off the other one and the witness go on", async () => {
  const opened = await open();
  table.isolate(east);
  const { arbiter } = table.seat(west);
  expect(await arbiter.takeOver(opened, west, 5)).toMatchObject({ ok: true, value: { epoch: 2 } });
});

test.each(["epoch", "renewals", "sinceMs", "word", "token", "version", "request", "control"])(
  "an item whose %s cannot be read is refused and named, never guessed",
  async (attribute) => {
    await table.damage(attribute);
    const read = await table.seat(west).arbiter.read();
    expect(read).toMatchObject({ ok: false, fault: "refused" });
    expect(read.ok ? "" : read.detail).toContain(attribute);
  },
);

test("a table that is not there is refused, not taken for an empty one", async () => {
  const network = { reachable: () => true, oneWayMs: () => 0 };
  const model = createMrscModel({ sites: [east, west, "us-east-2"], network });
  const services = { dynamodb: model.service(east) };
  const server = await startAwsEndpoint({
    region: east,
    host: "127.0.0.1",
    port: 0,
    services,
  });
  const store = dynamoDb({
    table: "nowhere",
    group: "orders",
    timeoutMs,
    replicas: [{ region: east, endpoint: server.url }],
  });
  expect(await store.arbiter.read()).toMatchObject({ ok: false, fault: "refused" });
  store.close();
  await server.close();
});

test("an append whose answer is lost is found when the journal is read again", async () => {
  const { journal } = table.seat(west);
  const entry: JournalEntry = { kind: "plan-finished", atMs: 1, planId: "a", because: [] };
  await journal.read();
  table.loseAnswers(west);
  expect(await journal.append([entry])).toMatchObject({ ok: false, fault: "unreachable" });
  expect(await journal.read()).toEqual({ ok: true, value: [entry] });
  expect(await journal.append([{ ...entry, planId: "b" }])).toMatchObject({ ok: true });
  expect(await table.seat(east).journal.read()).toMatchObject({
    value: [{ planId: "a" }, { planId: "b" }],
  });
});

test("a new process sees the newest fifty appends, in their order", async () => {
  const { journal } = table.seat(east);
  for (let number = 1; number <= 60; number += 1) {
    const planId = `${number}`;
    await journal.append([{ kind: "plan-finished", atMs: 1, planId, because: [] }]);
  }
  const read = await table.seat(east).journal.read();
  expect(read.ok ? read.value.map(({ planId }) => planId) : []).toEqual(
    Array.from({ length: 50 }, (_, index) => `${index + 11}`),
  );
});
