//! Goal: items go in and out as with DynamoDB, and what it refuses is refused with its errors.
//! Method: the real client against a table whose three sites are all there.

import * as DynamoDB from "@aws-sdk/client-dynamodb";
import { createMrscModel, type MrscModel } from "../../lab/aws/dynamodb.ts";
import {
  clientOptions,
  closeAll,
  cuttableNetwork,
  endpoint,
  opened,
  refusal,
} from "./aws-fixture.ts";
import { regionA, regionB, witness } from "./aws-fixture.ts";

const TableName = "arbiter";
const Key = { pk: { S: "group" }, sk: { S: "lease" } };

let model: MrscModel;
let client: DynamoDB.DynamoDBClient;

beforeEach(async () => {
  model = createMrscModel({ sites: [regionA, regionB, witness], network: cuttableNetwork(1) });
  model.createTable(TableName);
  const server = await endpoint({ services: { dynamodb: model.service(regionA) } });
  client = opened(new DynamoDB.DynamoDBClient(clientOptions(server)));
});
afterEach(closeAll);

const put = (Item: Record<string, DynamoDB.AttributeValue>, more = {}) =>
  client.send(new DynamoDB.PutItemCommand({ TableName, Item, ...more }));
const get = async () =>
  (await client.send(new DynamoDB.GetItemCommand({ TableName, Key, ConsistentRead: true }))).Item;
const update = (input: Omit<DynamoDB.UpdateItemCommandInput, "TableName" | "Key">) =>
  client.send(new DynamoDB.UpdateItemCommand({ TableName, Key, ...input }));

test("an item of every type comes back as it was put", async () => {
  const item = {
    ...Key,
    n: { N: "007.50" },
    bytes: { B: Buffer.from([0, 255]) },
    yes: { BOOL: true },
    none: { NULL: true },
    list: { L: [{ S: "a" }, { M: { x: { N: "1" } } }] },
    words: { SS: ["b", "a"] },
    numbers: { NS: ["1", "2.0"] },
    blobs: { BS: [Buffer.from("x")] },
  };
  await put(item);
  const found = await get();
  expect(found).toEqual({
    ...item,
    n: { N: "7.5" },
    numbers: { NS: ["1", "2"] },
    bytes: { B: new Uint8Array([0, 255]) },
    blobs: { BS: [new Uint8Array(Buffer.from("x"))] },
  });
  expect(model.peek(TableName, { pk: "group", sk: "lease" })?.n).toEqual({ N: "7.5" });
});

test("ReturnValues gives the old or the new, the whole or what was touched", async () => {
  expect(
    (await put({ ...Key, a: { N: "1" } }, { ReturnValues: "ALL_OLD" })).Attributes,
  ).toBeUndefined();
  const old = await put({ ...Key, a: { N: "2" }, b: { N: "9" } }, { ReturnValues: "ALL_OLD" });
  expect(old.Attributes).toEqual({ ...Key, a: { N: "1" } });
  const set = {
    UpdateExpression: "SET a = a + :one REMOVE c",
    ExpressionAttributeValues: { ":one": { N: "1" } },
  };
  const asked = async (ReturnValues: DynamoDB.ReturnValue) =>
    (await update({ ...set, ReturnValues })).Attributes;
  expect(await asked("UPDATED_NEW")).toEqual({ a: { N: "3" } });
  expect(await asked("UPDATED_OLD")).toEqual({ a: { N: "3" } });
  expect(await asked("ALL_NEW")).toEqual({ ...Key, a: { N: "5" }, b: { N: "9" } });
  expect(await asked("ALL_OLD")).toEqual({ ...Key, a: { N: "5" }, b: { N: "9" } });
  expect(await asked("NONE")).toBeUndefined();
  const removed = await client.send(
    new DynamoDB.DeleteItemCommand({ TableName, Key, ReturnValues: "ALL_OLD" }),
  );
  expect(removed.Attributes).toEqual({ ...Key, a: { N: "7" }, b: { N: "9" } });
  expect(await get()).toBeUndefined();
});

test("a condition that is not met changes nothing, and shows the item when asked to", async () => {
  await put({ ...Key, epoch: { N: "4" } });
  const condition = {
    ConditionExpression: "epoch = :seen",
    ExpressionAttributeValues: { ":seen": { N: "3" } },
  };
  const silent = await refusal(update({ ...condition, UpdateExpression: "REMOVE epoch" }));
  expect(silent).toBeInstanceOf(DynamoDB.ConditionalCheckFailedException);
  expect(silent.message).toBe("The conditional request failed");
  expect(silent.Item).toBeUndefined();
  const shown = { ...condition, ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const };
  const refused = await Promise.all([
    refusal(put({ ...Key }, shown)),
    refusal(update({ ...shown, UpdateExpression: "REMOVE epoch" })),
    refusal(client.send(new DynamoDB.DeleteItemCommand({ TableName, Key, ...shown }))),
  ]);
  for (const error of refused) expect(error.Item).toEqual({ ...Key, epoch: { N: "4" } });
  expect(await get()).toEqual({ ...Key, epoch: { N: "4" } });
  await update({
    ...condition,
    UpdateExpression: "SET x = :seen",
    ConditionExpression: "epoch > :seen",
  });
  expect((await get())?.x).toEqual({ N: "3" });
});

test("an update makes the item that is not there, unless a condition forbids it", async () => {
  const values = { ":n": { N: "1" } };
  const forbidden = await refusal(
    update({
      UpdateExpression: "SET n = :n",
      ConditionExpression: "attribute_exists(pk)",
      ExpressionAttributeValues: values,
    }),
  );
  expect(forbidden).toBeInstanceOf(DynamoDB.ConditionalCheckFailedException);
  await update({ UpdateExpression: "SET n = :n", ExpressionAttributeValues: values });
  expect(await get()).toEqual({ ...Key, n: { N: "1" } });
});

const query = (input: Partial<DynamoDB.QueryCommandInput>) =>
  client.send(
    new DynamoDB.QueryCommand({
      TableName,
      KeyConditionExpression: "pk = :p",
      ...input,
      ExpressionAttributeValues: { ":p": { S: "group" }, ...input.ExpressionAttributeValues },
    }),
  );
const keys = (output: DynamoDB.QueryCommandOutput) => output.Items?.map(({ sk }) => sk?.S);

describe("a query", () => {
  beforeEach(async () => {
    const sorted = ["journal#1", "journal#2", "journal#3", "lease", "é", "😀"];
    for (const [n, sk] of sorted.entries()) {
      await put({
        pk: { S: "group" },
        sk: { S: sk },
        n: { N: String(n) },
        m: { M: { x: { S: sk } } },
      });
    }
    await put({ pk: { S: "other" }, sk: { S: "journal#9" } });
  });

  test("gives a partition in the order of its sort keys, either way", async () => {
    const forward = await query({ ConsistentRead: true });
    expect(keys(forward)).toEqual(["journal#1", "journal#2", "journal#3", "lease", "é", "😀"]);
    expect([forward.Count, forward.ScannedCount, forward.LastEvaluatedKey]).toEqual([
      6,
      6,
      undefined,
    ]);
    const backward = await query({ ConsistentRead: true, ScanIndexForward: false, Limit: 2 });
    expect(keys(backward)).toEqual(["😀", "é"]);
  });

  test.each([
    ["begins_with(sk, :s)", "journal#", ["journal#1", "journal#2", "journal#3"]],
    ["sk = :s", "lease", ["lease"]],
    ["sk >= :s", "lease", ["lease", "é", "😀"]],
    ["sk BETWEEN :s AND :s", "journal#2", ["journal#2"]],
  ])(
    "takes %s beside the partition key, on either side of it",
    async (condition, value, expected) => {
      for (const text of [`pk = :p AND ${condition}`, `${condition} AND pk = :p`]) {
        // `a AND b BETWEEN x AND y` reads the same in both orders.
        const found = await query({
          ConsistentRead: true,
          KeyConditionExpression: text,
          ExpressionAttributeValues: { ":s": { S: value } },
        });
        expect(keys(found)).toEqual(expected);
      }
    },
  );

  test("goes on behind the last key of a page, without gaps", async () => {
    const seen: (string | undefined)[] = [];
    let ExclusiveStartKey: Record<string, DynamoDB.AttributeValue> | undefined;
    do {
      const page = await query({
        ConsistentRead: true,
        Limit: 2,
        ...(ExclusiveStartKey && { ExclusiveStartKey }),
      });
      expect(page.Items?.length).toBeLessThanOrEqual(2);
      seen.push(...(keys(page) ?? []));
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey !== undefined);
    expect(seen).toEqual(["journal#1", "journal#2", "journal#3", "lease", "é", "😀"]);
  });

  test("filters after the page is cut, projects and counts", async () => {
    const values = { ":n": { N: "1" } };
    const filtered = await query({
      ConsistentRead: true,
      Limit: 3,
      FilterExpression: "n >= :n",
      ProjectionExpression: "sk, m.x",
      ExpressionAttributeValues: values,
    });
    expect(filtered.Items).toEqual([
      { sk: { S: "journal#2" }, m: { M: { x: { S: "journal#2" } } } },
      { sk: { S: "journal#3" }, m: { M: { x: { S: "journal#3" } } } },
    ]);
    expect([filtered.Count, filtered.ScannedCount]).toEqual([2, 3]);
    const counted = await query({ ConsistentRead: true, Select: "COUNT" });
    expect([counted.Count, counted.Items]).toEqual([6, undefined]);
  });

  test.each([
    ["sk = :p", "Query condition missed key schema element: pk"],
    ["pk > :p", "Query key condition not supported"],
    ["pk = :p AND n = :p", "Query condition missed key schema element: sk"],
    ["pk = :p OR sk = :p", "Query condition missed key schema element: pk"],
    ["pk = :p AND contains(sk, :p)", "Query key condition not supported"],
    ["pk = :p AND sk <> :p", "Query key condition not supported"],
    ["pk = :p AND (sk = :p AND sk = :p)", "Query condition missed key schema element: sk"],
  ])("refuses %s", async (text, message) => {
    const refused = await refusal(query({ KeyConditionExpression: text }));
    expect([refused.name, refused.message]).toEqual(["ValidationException", message]);
  });
});

const send = (command: DynamoDB.GetItemCommand | DynamoDB.PutItemCommand) =>
  refusal(client.send(command as DynamoDB.GetItemCommand));

describe("refusals", () => {
  test("a table that is not there", async () => {
    const refused = await send(new DynamoDB.GetItemCommand({ TableName: "nope", Key }));
    expect(refused).toBeInstanceOf(DynamoDB.ResourceNotFoundException);
  });

  test.each<[string, DynamoDB.GetItemCommandInput["Key"]]>([
    ["a part is missing", { pk: { S: "a" } }],
    ["there is more", { ...Key, x: { S: "a" } }],
    ["a part is no string", { pk: { S: "a" }, sk: { N: "1" } }],
  ])("a key of which %s", async (_title, wrong) => {
    const refused = await send(new DynamoDB.GetItemCommand({ TableName, Key: wrong }));
    expect([refused.name, refused.message]).toEqual([
      "ValidationException",
      "The provided key element does not match the schema",
    ]);
  });

  test.each<[string, Record<string, DynamoDB.AttributeValue>]>([
    ["Missing the key sk in the item", { pk: { S: "a" } }],
    ["Type mismatch for key sk expected: S actual: N", { pk: { S: "a" }, sk: { N: "1" } }],
    ["cannot contain an empty string value. Key: pk", { pk: { S: "" }, sk: { S: "a" } }],
    ["Item size has exceeded the maximum allowed size", { ...Key, x: { S: "x".repeat(410_000) } }],
    ["cannot be converted to a numeric value: NaN", { ...Key, x: { N: "NaN" } }],
  ])("%s", async (message, Item) => {
    const refused = await send(new DynamoDB.PutItemCommand({ TableName, Item }));
    expect([refused.name, refused.message]).toEqual([
      "ValidationException",
      expect.stringContaining(message),
    ]);
  });

  test("values without an expression, and ReturnValues that make no sense", async () => {
    const values = { ExpressionAttributeValues: { ":x": { N: "1" } } };
    expect((await refusal(put({ ...Key }, values))).message).toBe(
      "ExpressionAttributeValues can only be specified when using expressions",
    );
    expect((await refusal(put({ ...Key }, { ReturnValues: "ALL_NEW" }))).message).toBe(
      "ReturnValues can only be ALL_OLD or NONE",
    );
  });

  test("parameters from before expressions", async () => {
    const refused = await refusal(put({ ...Key }, { Expected: { a: { Exists: false } } }));
    expect(refused.name).toBe("NotImplemented");
  });

  test("transactions and time to live, which such a table does not have", async () => {
    const transaction = [{ Put: { TableName, Item: { ...Key } } }];
    for (const command of [
      new DynamoDB.TransactWriteItemsCommand({ TransactItems: transaction }),
      new DynamoDB.TransactGetItemsCommand({ TransactItems: [{ Get: { TableName, Key } }] }),
      new DynamoDB.UpdateTimeToLiveCommand({
        TableName,
        TimeToLiveSpecification: { AttributeName: "t", Enabled: true },
      }),
    ]) {
      const refused = await refusal(client.send(command as DynamoDB.TransactWriteItemsCommand));
      expect([refused.name, refused.message]).toEqual([
        "ValidationException",
        expect.stringContaining("multi-Region strong consistency"),
      ]);
    }
    expect(await get()).toBeUndefined();
  });
});

test("the table describes itself as strongly consistent, with a witness", async () => {
  const { Table } = await client.send(new DynamoDB.DescribeTableCommand({ TableName }));
  expect(Table).toMatchObject({
    TableStatus: "ACTIVE",
    MultiRegionConsistency: "STRONG",
    Replicas: [{ RegionName: regionB, ReplicaStatus: "ACTIVE" }],
    GlobalTableWitnesses: [{ RegionName: witness, WitnessStatus: "ACTIVE" }],
    KeySchema: [
      { AttributeName: "pk", KeyType: "HASH" },
      { AttributeName: "sk", KeyType: "RANGE" },
    ],
  });
  const waited = await DynamoDB.waitUntilTableExists({ client, maxWaitTime: 30 }, { TableName });
  expect(waited.state).toBe("SUCCESS");
});
