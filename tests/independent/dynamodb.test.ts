//! Goal: the arbiter's DynamoDB refuses and answers as another implementation of DynamoDB does.
//! Method: the same calls by the official client against the lab and against moto.

import * as DynamoDB from "@aws-sdk/client-dynamodb";
import { compare } from "./scenario.ts";
import { tableName as TableName, type Target } from "./targets.ts";

const Key = { pk: { S: "group" }, sk: { S: "lease" } };
const failed = "ConditionalCheckFailedException";
const invalid = "ValidationException";

const left = "the lab leaves out what nobody reads";

type Item = Record<string, DynamoDB.AttributeValue>;

const callsTo = ({ dynamodb }: Target) => ({
  put: (Item: Item, more: Partial<DynamoDB.PutItemCommandInput> = {}) =>
    dynamodb.send(new DynamoDB.PutItemCommand({ TableName, Item, ...more })),
  get: (more: Partial<DynamoDB.GetItemCommandInput> = {}) =>
    dynamodb.send(new DynamoDB.GetItemCommand({ TableName, Key, ConsistentRead: true, ...more })),
  update: (more: Omit<DynamoDB.UpdateItemCommandInput, "TableName" | "Key">) =>
    dynamodb.send(new DynamoDB.UpdateItemCommand({ TableName, Key, ...more })),
  remove: (more: Partial<DynamoDB.DeleteItemCommandInput> = {}) =>
    dynamodb.send(new DynamoDB.DeleteItemCommand({ TableName, Key, ...more })),
  query: (more: Partial<DynamoDB.QueryCommandInput>) =>
    dynamodb.send(new DynamoDB.QueryCommand({ TableName, ConsistentRead: true, ...more })),
});

const number = (n: number) => ({ N: String(n) });
const numbers = ({ Items }: Partial<DynamoDB.QueryCommandOutput>) =>
  Items?.map(({ n }) => Number(n?.N));

compare({
  title: "the lease item, written on conditions",
  async run(target, notes) {
    const { get, put, remove, update } = callsTo(target);
    const absent = { ConditionExpression: "attribute_not_exists(pk)" };
    const lease = { ...Key, epoch: number(1), holder: { S: "a" }, renewals: number(0) };
    await notes.answered("open", put(lease, absent));
    await notes.refused("open twice", put(lease, absent), failed, 400);

    const held = {
      ConditionExpression: "epoch = :epoch AND holder = :holder AND renewals = :seen",
      ExpressionAttributeValues: { ":epoch": number(1), ":holder": { S: "a" }, ":seen": number(0) },
    };
    const { ConditionExpression, ExpressionAttributeValues } = held;
    const renewal: Omit<DynamoDB.UpdateItemCommandInput, "TableName" | "Key"> = {
      UpdateExpression: "SET renewals = renewals + :one",
      ConditionExpression,
      ExpressionAttributeValues: { ...ExpressionAttributeValues, ":one": number(1) },
      ReturnValues: "ALL_NEW",
    };
    const renewed = await notes.answered("renew", update(renewal));
    notes.is("renew > Attributes", renewed.Attributes?.renewals, number(1));
    await notes.refused("renew on what was seen before", update(renewal), failed, 400);
    const shown = await update({
      ...renewal,
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    }).catch((error: DynamoDB.ConditionalCheckFailedException) => error.Item);
    notes.is("the item with the refusal", shown, { ...lease, renewals: number(1) });

    const took = await notes.answered("read", get());
    notes.is("read > Item", took.Item, { ...lease, renewals: number(1) });
    await notes.refused("remove on a condition", remove(held), failed, 400);
    const removed = await notes.answered("remove", remove({ ReturnValues: "ALL_OLD" }));
    notes.is("remove > Attributes", removed.Attributes?.holder, { S: "a" });
    const gone = await notes.answered("read what is gone", get());
    notes.is("read what is gone > Item", gone.Item, undefined);
    await notes.answered("remove what is gone", remove());
    await notes.refused(
      "update what is gone",
      update({ UpdateExpression: "REMOVE x", ConditionExpression: "attribute_exists(pk)" }),
      failed,
      400,
    );
  },
  onlyInMoto: { ConsumedCapacity: "DynamoDB counts it when it is asked to; nobody did" },
});

compare({
  title: "a race for one item",
  async run(target, notes) {
    const { get, put } = callsTo(target);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, (_, n) =>
        put({ ...Key, n: number(n) }, { ConditionExpression: "attribute_not_exists(pk)" }),
      ),
    );
    notes.is("winners", outcomes.filter(({ status }) => status === "fulfilled").length, 1);
    await notes.answered("what is there", get());
  },
});

compare({
  title: "requests that make no sense",
  async run(target, notes) {
    const { get, put, query, update } = callsTo(target);
    await notes.answered("put", put({ ...Key, a: number(1) }));
    const one = { ":x": number(1) };
    const values = { ExpressionAttributeValues: one };
    const refuse = (step: string, call: Promise<unknown>) =>
      notes.refused(step, call, invalid, 400);
    await refuse(
      "a reserved word",
      update({ UpdateExpression: "SET holder = :x, region = :x", ...values }),
    );
    await refuse(
      "a reserved word, alone",
      update({ UpdateExpression: "SET region = :x", ...values }),
    );
    await refuse("an update of a key", update({ UpdateExpression: "SET pk = :x", ...values }));
    await refuse(
      "a value that is not given",
      update({ UpdateExpression: "SET a = :y", ...values }),
    );
    await refuse(
      "a value that is not used",
      update({
        UpdateExpression: "SET a = :x",
        ExpressionAttributeValues: { ...one, ":y": number(2) },
      }),
    );
    await refuse(
      "a name that is not used",
      update({
        UpdateExpression: "SET a = :x",
        ...values,
        ExpressionAttributeNames: { "#b": "b" },
      }),
    );
    await refuse(
      "one attribute twice",
      update({ UpdateExpression: "SET a = :x, a = :x", ...values }),
    );
    await refuse(
      "a sum of an attribute that is absent",
      update({ UpdateExpression: "SET a = b + :x", ...values }),
    );
    await refuse(
      "an expression that cannot be read",
      update({ UpdateExpression: "SET a :x", ...values }),
    );
    await refuse(
      "a condition that cannot be read",
      put({ ...Key }, { ConditionExpression: "a = " }),
    );
    await refuse("values without an expression", put({ ...Key }, values));
    await refuse("return values of another call", put({ ...Key }, { ReturnValues: "ALL_NEW" }));
    await refuse("an item without its sort key", put({ pk: { S: "a" } }));
    await refuse("a key of another type", put({ pk: { S: "a" }, sk: number(1) }));
    await refuse("an empty key", put({ pk: { S: "" }, sk: { S: "a" } }));
    await refuse("a number that is none", put({ ...Key, x: { N: "NaN" } }));
    await refuse("a part of the key only", get({ Key: { pk: { S: "a" } } }));
    await refuse("an item of more than 400 kB", put({ ...Key, x: { S: "x".repeat(410_000) } }));
    await refuse(
      "a query without its partition",
      query({ KeyConditionExpression: "sk = :x", ExpressionAttributeValues: { ":x": { S: "a" } } }),
    );
    await refuse(
      "a query of a range of partitions",
      query({ KeyConditionExpression: "pk > :x", ExpressionAttributeValues: { ":x": { S: "a" } } }),
    );
    await refuse("a query without a condition", query({}));
    await notes.refused(
      "a table that is not there",
      target.dynamodb.send(new DynamoDB.GetItemCommand({ TableName: "nope", Key })),
      "ResourceNotFoundException",
      400,
    );
  },
  motoDiffers: {
    "a condition that cannot be read: is refused, SyntaxError 500": "moto's parser fails itself",
    "values without an expression: is answered": "moto looks at values through expressions only",
  },
});

compare({
  title: "the journal, read in order",
  async run(target, notes) {
    const { put, query } = callsTo(target);
    for (const n of [2, 10, 1, 3]) {
      const sk = `journal#${String(n).padStart(3, "0")}`;
      await put({ pk: { S: "group" }, sk: { S: sk }, n: number(n) });
    }
    await put({ ...Key, n: number(0) });
    await put({ pk: { S: "other" }, sk: { S: "journal#002" }, n: number(9) });
    const prefix = {
      KeyConditionExpression: "pk = :pk AND begins_with(sk, :sk)",
      ExpressionAttributeValues: { ":pk": { S: "group" }, ":sk": { S: "journal#" } },
    };
    notes.is("forwards", numbers(await notes.answered("query", query(prefix))), [1, 2, 3, 10]);
    const backwards = await notes.answered(
      "backwards",
      query({ ...prefix, ScanIndexForward: false }),
    );
    notes.is("backwards > n", numbers(backwards), [10, 3, 2, 1]);
    const page = await notes.answered("a page", query({ ...prefix, Limit: 3 }));
    notes.is("a page > n", [numbers(page), page.Count, page.ScannedCount], [[1, 2, 3], 3, 3]);
    const rest = await notes.answered(
      "the rest",
      query({ ...prefix, Limit: 3, ExclusiveStartKey: page.LastEvaluatedKey }),
    );
    notes.is("the rest > n", [numbers(rest), rest.LastEvaluatedKey], [[10], undefined]);
    const none = await notes.answered(
      "nothing found",
      query({ ...prefix, ExpressionAttributeValues: { ":pk": { S: "x" }, ":sk": { S: "j" } } }),
    );
    notes.is("nothing found > Items", [none.Items, none.Count], [[], 0]);
    const counted = await notes.answered("counted", query({ ...prefix, Select: "COUNT" }));
    notes.is("counted > Items", [counted.Items, counted.Count], [undefined, 4]);
    const filtered = await notes.answered(
      "filtered",
      query({
        ...prefix,
        FilterExpression: "n > :two",
        ProjectionExpression: "sk",
        ExpressionAttributeValues: { ...prefix.ExpressionAttributeValues, ":two": number(2) },
      }),
    );
    notes.is("filtered > Items", [filtered.Items?.length, filtered.ScannedCount], [2, 4]);
    notes.is("filtered > members", Object.keys(filtered.Items?.[0] ?? {}), ["sk"]);
  },
});

compare({
  title: "the table, described",
  async run(target, notes) {
    const { dynamodb } = target;
    const described = await notes.answered(
      "describe",
      dynamodb.send(new DynamoDB.DescribeTableCommand({ TableName })),
    );
    notes.is("status", described.Table?.TableStatus, "ACTIVE");
    notes.is("consistency", described.Table?.MultiRegionConsistency, "STRONG");
    await notes.refused(
      "a table that is not there",
      dynamodb.send(new DynamoDB.DescribeTableCommand({ TableName: "nope" })),
      "ResourceNotFoundException",
      400,
    );
  },
  motoDiffers: { "consistency: is nothing": "moto has no tables with strong consistency" },
  onlyInMoto: {
    "Table > ProvisionedThroughput": left,
    "Table > TableSizeBytes": left,
    "Table > ItemCount": left,
    "Table > LocalSecondaryIndexes": "DynamoDB lists indexes where there are some; moto lists none",
    "Table > GlobalSecondaryIndexes": "as the local ones",
    "Table > DeletionProtectionEnabled": left,
    "Table > WarmThroughput": left,
  },
  onlyInLab: {
    "Table > GlobalTableVersion": "of global tables only",
    "Table > Replicas": "of global tables only",
    "Table > GlobalTableWitnesses": "of global tables only",
    "Table > MultiRegionConsistency": "of global tables only",
  },
});
