//! The arbiter, once in memory and once as production has it: the DynamoDB adapter over HTTP on a
//! modelled global table of three sites, whose links can be cut. The same tests run on both.

import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import type { AwsEndpoint } from "../../lab/aws/endpoint.ts";
import { createMrscModel } from "../../lab/aws/dynamodb.ts";
import { AwsError, startAwsEndpoint } from "../../lab/aws/endpoint.ts";
import { noControl } from "../../failover/lease-item.ts";
import type { Arbiter, Journal } from "../../failover/ports.ts";
import { dynamoDb } from "../../operator/adapters/dynamodb.ts";
import { ArbiterTable, FakeArbiter, FakeJournal } from "../fakes/arbiter.ts";
import { FakeClock } from "../fakes/clock.ts";
import { Wire } from "../fakes/wire.ts";

export const east = "us-east-1";
export const west = "us-west-2";
const witness = "us-east-2";
const host = "127.0.0.1";
const TableName = "switchback-arbiter";

// As the operator does, the adapter takes its credentials from the environment.
process.env["AWS_ACCESS_KEY_ID"] = "test";
process.env["AWS_SECRET_ACCESS_KEY"] = "test";

/** One region's way to the arbiter. */
export interface Seat {
  readonly arbiter: Arbiter;
  readonly journal: Journal;
  /** The next write is applied and its answer is lost. */
  loseNextAnswer(): void;
  /** Nothing gets through from here any more. */
  cut(): void;
}

export interface Arbiters {
  /** A new process in that region. */
  seat(region: string): Seat;
  /** Overwrites an attribute of the lease item with a text that has no place there. */
  damage(attribute: string): Promise<void>;
  close(): Promise<void>;
}

export function inMemory(): Promise<Arbiters> {
  const clock = new FakeClock();
  const table = new ArbiterTable();
  return Promise.resolve({
    seat() {
      const wire = new Wire(clock);
      return {
        arbiter: new FakeArbiter(table, wire),
        journal: new FakeJournal(table, wire),
        loseNextAnswer: () => {
          for (const call of ["renew", "takeOver", "release", "ask", "instruct"]) {
            wire.failAfter(call);
          }
        },
        cut: () => (wire.isDown = true),
      };
    },
    damage: () => Promise.reject(new Error("values in memory have their types")),
    close: () => Promise.resolve(),
  });
}

export interface GlobalTable extends Arbiters {
  readonly calls: string[];
  /** The region's endpoint answers nobody any more. */
  dropEndpoint(region: string): void;
  /** No answer from this region's replica finds back, whatever was done. */
  loseAnswers(region: string): void;
  /** The region's endpoint answers every call with an error of its own. */
  breakEndpoint(region: string): void;
  /** The site is cut off from the two others. */
  isolate(site: string): void;
}

export async function onDynamoDb(timeoutMs = 2_000): Promise<GlobalTable> {
  const isolated = new Set<string>();
  const dropped = new Set<string>();
  const broken = new Set<string>();
  const answersLost = new Set<string>();
  const calls: string[] = [];
  const network = {
    reachable: (from: string, to: string) => !isolated.has(from) && !isolated.has(to),
    oneWayMs: () => 2,
  };
  const model = createMrscModel({ sites: [east, west, witness], network, noQuorumMs: 200 });
  model.createTable(TableName);
  const endpoints = new Map<string, AwsEndpoint>();
  for (const region of [east, west]) {
    const service = model.service(region);
    const handlers = Object.fromEntries(
      Object.entries(service.handlers).map(([name, handler]) => [
        name,
        async (input: never, context: Parameters<typeof handler>[1]) => {
          const answer = await handler(input, context);
          // Longer than anybody waits: the caller never hears.
          if (answersLost.has(region)) await new Promise(() => undefined);
          return answer;
        },
      ]),
    );
    const started = await startAwsEndpoint({
      region,
      host,
      port: 0,
      services: { dynamodb: { ...service, handlers } },
      gate: async () => {
        if (broken.has(region))
          return new AwsError("InternalServerError", "broken", { status: 500 });
        return dropped.has(region) ? "drop" : "ok";
      },
      onCall: ({ operation }) => calls.push(`${region} ${operation}`),
    });
    endpoints.set(region, started);
  }

  const opened: { close(): void }[] = [];
  const access = (region: string) => ({ region, endpoint: endpoints.get(region)?.url ?? "" });
  return {
    calls,
    seat(region) {
      const peer = region === east ? west : east;
      const replicas = [access(region), access(peer)];
      const store = dynamoDb({ table: TableName, group: "orders", replicas, timeoutMs });
      opened.push(store);
      return {
        ...store,
        loseNextAnswer: () => answersLost.add(region),
        cut: () => {
          dropped.add(east);
          dropped.add(west);
        },
      };
    },
    dropEndpoint: (region) => dropped.add(region),
    breakEndpoint: (region) => broken.add(region),
    loseAnswers: (region) => answersLost.add(region),
    isolate: (site) => isolated.add(site),
    async damage(attribute) {
      const client = new DynamoDBClient(access(east));
      const Item = {
        pk: { S: "orders" },
        sk: { S: "lease" },
        epoch: { N: "1" },
        holder: { S: east },
        renewals: { N: "0" },
        sinceMs: { N: "1" },
        word: { S: "none" },
        token: { S: "none" },
        version: { N: "0" },
        request: { S: "none" },
        control: { S: JSON.stringify(noControl) },
        [attribute]: { S: "{not what it should be" },
      };
      await client.send(new PutItemCommand({ TableName, Item }));
      client.destroy();
    },
    async close() {
      for (const store of opened) store.close();
      await Promise.all([...endpoints.values()].map((endpoint) => endpoint.close()));
    },
  };
}
