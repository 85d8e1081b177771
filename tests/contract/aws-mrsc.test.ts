//! Goal: the arbiter's table keeps its promises across three sites: one order of changes, refusal
//! without a quorum, honest doubt when an answer is lost, stale reads where reads may be stale.
//! Method: real clients in two regions over a network whose links the test cuts.

import * as DynamoDB from "@aws-sdk/client-dynamodb";
import * as fc from "fast-check";
import { createMrscModel, type MrscModel, type MrscOptions } from "../../lab/aws/dynamodb.ts";
import { AwsError, NoAnswer, type Handler } from "../../lab/aws/endpoint.ts";
import {
  clientOptions,
  closeAll,
  cuttableNetwork,
  endpoint,
  opened,
  pause,
} from "./aws-fixture.ts";
import { refusal, regionA, regionB, witness } from "./aws-fixture.ts";

afterEach(closeAll);

const TableName = "arbiter";
const Key = { pk: { S: "group" }, sk: { S: "lease" } };
const key = { pk: "group", sk: "lease" };

interface Arbiter {
  readonly model: MrscModel;
  readonly network: ReturnType<typeof cuttableNetwork>;
  readonly inA: DynamoDB.DynamoDBClient;
  readonly inB: DynamoDB.DynamoDBClient;
}

async function arbiter(oneWayMs: number, options: Partial<MrscOptions> = {}): Promise<Arbiter> {
  const network = cuttableNetwork(oneWayMs);
  const sites = [regionA, regionB, witness] as const;
  const model = createMrscModel({ sites, network, ...options });
  model.createTable(TableName);
  const clientIn = async (region: string) => {
    const server = await endpoint({ region, services: { dynamodb: model.service(region) } });
    return opened(new DynamoDB.DynamoDBClient(clientOptions(server, region)));
  };
  return { model, network, inA: await clientIn(regionA), inB: await clientIn(regionB) };
}

const put = (client: DynamoDB.DynamoDBClient, n: number, abortSignal?: AbortSignal) =>
  client.send(
    new DynamoDB.PutItemCommand({ TableName, Item: { ...Key, n: { N: String(n) } } }),
    abortSignal === undefined ? {} : { abortSignal },
  );

async function read(client: DynamoDB.DynamoDBClient, ConsistentRead: boolean) {
  const { Item } = await client.send(
    new DynamoDB.GetItemCommand({ TableName, Key, ConsistentRead }),
  );
  return Item?.n?.N;
}

test("of twenty conditional writes from two regions exactly one wins", async () => {
  const { inA, inB } = await arbiter(5);
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, async (_, n) => {
      const take = new DynamoDB.PutItemCommand({
        TableName,
        Item: { ...Key, n: { N: String(n) } },
        ConditionExpression: "attribute_not_exists(pk)",
      });
      try {
        await (n % 2 === 0 ? inA : inB).send(take);
        return { won: n };
      } catch (error) {
        return { won: undefined, error };
      }
    }),
  );
  const winners = outcomes.filter(({ won }) => won !== undefined);
  expect(winners).toHaveLength(1);
  for (const { error } of outcomes.filter(({ won }) => won === undefined)) {
    expect(error).toBeInstanceOf(DynamoDB.ConditionalCheckFailedException);
  }
  expect(await read(inB, true)).toBe(String(winners[0]?.won));
});

test("a strong read sees in one region what was just acknowledged in the other", async () => {
  const { inA, inB } = await arbiter(20);
  for (const n of [1, 2, 3]) {
    await put(n % 2 === 0 ? inA : inB, n);
    expect(await read(n % 2 === 0 ? inB : inA, true)).toBe(String(n));
  }
});

test("an eventual read is local and may be stale, and catches up when the link heals", async () => {
  const { inA, inB, network } = await arbiter(1);
  await put(inA, 1);
  expect(await read(inB, true)).toBe("1");
  network.isolate(regionB);
  await put(inA, 2);
  expect(await read(inB, false)).toBe("1");
  expect(await read(inA, false)).toBe("2");
  network.heal();
  await pause(20);
  expect(await read(inB, false)).toBe("2");
});

test("a strong call costs a round trip to the nearest site that answers", async () => {
  const { inA, network } = await arbiter(100);
  await put(inA, 1);
  const started = performance.now();
  await put(inA, 2);
  expect(performance.now() - started).toBeGreaterThanOrEqual(195);
  const local = await read(inA, false);
  expect(local).toBe("2");
  network.cutBoth(regionA, regionB);
  await put(inA, 3);
  expect(await read(inA, true)).toBe("3");
});

describe("without a quorum", () => {
  test("writes and strong reads hang, then are refused, and nothing has changed", async () => {
    const { inA, inB, network, model } = await arbiter(1, { noQuorumMs: 300 });
    await put(inA, 1);
    network.isolate(regionA);
    const started = performance.now();
    const [write, strong] = await Promise.all([refusal(put(inA, 2)), refusal(read(inA, true))]);
    expect(performance.now() - started).toBeGreaterThanOrEqual(295);
    for (const refused of [write, strong]) {
      expect(refused).toBeInstanceOf(DynamoDB.InternalServerError);
      expect(refused.$metadata).toMatchObject({ httpStatusCode: 500 });
    }
    expect(model.peek(TableName, key)?.n).toEqual({ N: "1" });
    expect(await read(inA, false)).toBe("1");
    await put(inB, 3);
    expect(await read(inB, true)).toBe("3");
  });

  test("one direction is not enough", async () => {
    const { inA, network } = await arbiter(1, { noQuorumMs: 100 });
    network.cut(regionA, regionB);
    network.cut(witness, regionA);
    expect(await refusal(put(inA, 1))).toBeInstanceOf(DynamoDB.InternalServerError);
  });

  test("a call that waits goes on when the quorum is back", async () => {
    const { inA, network } = await arbiter(1, { noQuorumMs: 20_000 });
    network.isolate(regionA);
    const waiting = put(inA, 1);
    await pause(100);
    network.heal();
    await waiting;
    expect(await read(inA, true)).toBe("1");
  });

  test("the table still describes itself, and validation still answers", async () => {
    const { inA, network } = await arbiter(1, { noQuorumMs: 20_000 });
    network.isolate(regionA);
    const described = await inA.send(new DynamoDB.DescribeTableCommand({ TableName }));
    expect(described.Table?.TableStatus).toBe("ACTIVE");
    const refused = await refusal(
      inA.send(new DynamoDB.UpdateItemCommand({ TableName, Key, UpdateExpression: "SET" })),
    );
    expect(refused.name).toBe("ValidationException");
  });
});

describe("when a link breaks while a write is under way", () => {
  test("on the way back, the write has happened and nobody answers", async () => {
    const { inA, inB, network, model } = await arbiter(400);
    const abort = new AbortController();
    const sent = put(inA, 1, abort.signal);
    while (model.peek(TableName, key) === undefined) await pause(5);
    network.isolate(regionA);
    const outcome = await Promise.race([sent.then(() => "answered"), pause(1_000)]);
    expect(outcome).toBeUndefined();
    abort.abort();
    expect((await refusal(sent)).name).toBe("AbortError");
    expect(await read(inB, true)).toBe("1");
  });

  test("on the way there, the write has not happened and is refused in time", async () => {
    const { inA, network, model } = await arbiter(1_000, { noQuorumMs: 1_200 });
    const sent = refusal(put(inA, 1));
    await pause(50);
    network.isolate(regionA);
    expect(await sent).toBeInstanceOf(DynamoDB.InternalServerError);
    expect(model.peek(TableName, key)).toBeUndefined();
  });
});

test("writes of two regions within one round trip conflict when the model is told so", async () => {
  const { inA, inB } = await arbiter(300, { writeConflicts: true });
  const [a, b] = await Promise.allSettled([put(inA, 1), put(inB, 2)]);
  const refused = [a, b].filter((outcome) => outcome.status === "rejected");
  expect(refused).toHaveLength(1);
  expect(refused[0]?.reason).toBeInstanceOf(DynamoDB.ReplicatedWriteConflictException);
  await pause(650);
  await put(inB, 3);
});

test("the witness serves nobody, and a table has one name", async () => {
  const { model } = await arbiter(1);
  expect(() => model.service(witness)).toThrow("has no replica");
  expect(() => model.createTable(TableName)).toThrow("exists");
});

// A counter that both regions raise by compare-and-set, while links go down and up. Every write
// that was acknowledged is in the count once, in an order that respects who finished before whom.
test("no acknowledged increment is lost or counted twice, whatever the links do", async () => {
  const step = fc.record({
    region: fc.constantFrom(regionA, regionB),
    reads: fc.constantFrom("strong", "eventual"),
    delayMs: fc.integer({ min: 0, max: 12 }),
  });
  const fault = fc.record({
    atMs: fc.integer({ min: 0, max: 20 }),
    site: fc.constantFrom(regionA, regionB, witness),
    lastsMs: fc.integer({ min: 1, max: 12 }),
  });
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 2, maxLength: 14 }),
    fc.array(fault, { maxLength: 2 }),
    async (steps, faults) => {
      const network = cuttableNetwork(2);
      const model = createMrscModel({
        sites: [regionA, regionB, witness],
        network,
        noQuorumMs: 40,
      });
      model.createTable(TableName);
      const breaking = faults.map(async ({ atMs, site, lastsMs }) => {
        await pause(atMs);
        network.isolate(site);
        await pause(lastsMs);
        network.heal();
      });
      const outcomes = await Promise.all(
        steps.map(async ({ region, reads, delayMs }) => {
          await pause(delayMs);
          return increment(model, region, reads === "strong");
        }),
      );
      await Promise.all(breaking);
      assertLinearizable(outcomes, Number(model.peek(TableName, key)?.n?.N ?? 0));
    },
  );
  await expect(fc.assert(property, { numRuns: 25 })).resolves.toBeUndefined();
});

interface Increment {
  readonly outcome: "applied" | "refused" | "unknown";
  /** What the counter was after it, when it was applied. */
  readonly count: number;
  readonly startedMs: number;
  readonly endedMs: number;
}

async function increment(model: MrscModel, region: string, strong: boolean): Promise<Increment> {
  const startedMs = performance.now();
  const ended = (outcome: Increment["outcome"], count = 0): Increment => {
    return { outcome, count, startedMs, endedMs: performance.now() };
  };
  try {
    return ended("applied", await compareAndSet(model, region, strong));
  } catch (error) {
    if (error instanceof NoAnswer) return ended("unknown");
    if (error instanceof AwsError) return ended("refused");
    throw error;
  }
}

async function compareAndSet(model: MrscModel, region: string, strong: boolean): Promise<number> {
  const found: DynamoDB.GetItemOutput = await call(model, region, "GetItem", {
    TableName,
    Key,
    ConsistentRead: strong,
  });
  const seen = found.Item?.n;
  const written: DynamoDB.UpdateItemOutput = await call(model, region, "UpdateItem", {
    TableName,
    Key,
    UpdateExpression: "SET n = :next",
    ConditionExpression: seen === undefined ? "attribute_not_exists(n)" : "n = :seen",
    ExpressionAttributeValues: {
      ":next": { N: String(Number(seen?.N ?? 0) + 1) },
      ...(seen === undefined ? {} : { ":seen": seen }),
    },
    ReturnValues: "UPDATED_NEW",
  });
  return Number(written.Attributes?.n?.N);
}

/** The handlers themselves: an answer that never comes is `NoAnswer` here, not a timeout. */
async function call(model: MrscModel, region: string, operation: string, input: object) {
  const handler = model.service(region).handlers[operation] as (
    input: object,
    context: Parameters<Handler>[1],
  ) => ReturnType<Handler>;
  return (await handler(input, { region, requestId: "test", accessKeyId: "test" })) ?? {};
}

function assertLinearizable(outcomes: readonly Increment[], final: number): void {
  const applied = outcomes.filter(({ outcome }) => outcome === "applied");
  const unknown = outcomes.filter(({ outcome }) => outcome === "unknown").length;
  expect(final).toBeGreaterThanOrEqual(applied.length);
  expect(final).toBeLessThanOrEqual(applied.length + unknown);
  const counts = applied.map(({ count }) => count);
  expect(new Set(counts).size).toBe(counts.length);
  for (const count of counts) expect(count).toBeLessThanOrEqual(final);
  for (const earlier of applied) {
    for (const later of applied.filter(({ startedMs }) => startedMs > earlier.endedMs)) {
      expect(earlier.count).toBeLessThan(later.count);
    }
  }
}
