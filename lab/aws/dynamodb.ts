//! The arbiter's DynamoDB: a global table with multi-region strong consistency over two regions and
//! a witness. Strong reads and all writes need two of the three sites, and take a round trip.

import * as DynamoDB from "@aws-sdk/client-dynamodb";
import { itemOperations, type FindTable, type ShownItem } from "./dynamodb/item-operations.ts";
import type { Item } from "./dynamodb/attributes.ts";
import { partitionKey, sortKey, type ItemKey } from "./dynamodb/keys.ts";
import { queryOperation } from "./dynamodb/query.ts";
import type { MrscNetwork, QuorumOptions } from "./dynamodb/quorum.ts";
import { notOnStrongTables, tableNotFound } from "./dynamodb/refusals.ts";
import { type AppliedWrite, StrongTable } from "./dynamodb/table.ts";
import { describeService } from "./model.ts";
import type { AwsService, Handlers } from "./service.ts";

export type { MrscNetwork } from "./dynamodb/quorum.ts";
export type { ItemKey } from "./dynamodb/keys.ts";
export type { Item } from "./dynamodb/attributes.ts";
export type { AppliedWrite } from "./dynamodb/table.ts";
export type { ShownItem } from "./dynamodb/item-operations.ts";

export interface MrscOptions {
  /** Two regions with a replica each, and the witness. */
  readonly sites: readonly [regionA: string, regionB: string, witness: string];
  /** Asked at every step of every call, so it may change while calls are under way. */
  readonly network: MrscNetwork;
  /** How long a call without a quorum waits before it is refused. @default 2000 */
  readonly noQuorumMs?: number;
  /** Refuse the later of two regions' writes within one round trip. @default false */
  readonly writeConflicts?: boolean;
  /** Told of each write at the instant it is applied; it must not throw. @default nobody is */
  readonly onApplied?: (write: AppliedWrite) => void;
  /** Told of each whole item in an answer, when it is sent; it must not throw. @default nobody is */
  readonly onShown?: (shown: ShownItem) => void;
  /** Milliseconds of a clock that never steps. @default `performance.now` */
  readonly now?: () => number;
}

export interface MrscModel {
  /** Keys are the strings `pk` and `sk`. */
  createTable(name: string): void;
  /** The DynamoDB of one of the two regions; the witness serves nobody. */
  service(region: string): AwsService;
  /** The item as the last applied write left it; no call, no quorum. */
  peek(table: string, key: ItemKey): Item | undefined;
}

export function createMrscModel(options: MrscOptions): MrscModel {
  const [regionA, regionB, witness] = options.sites;
  const regions = [regionA, regionB];
  const tables = new Map<string, StrongTable>();
  const quorum: QuorumOptions = {
    sites: options.sites,
    network: options.network,
    noQuorumMs: options.noQuorumMs ?? 2_000,
    now: options.now ?? (() => performance.now()),
  };
  const find: FindTable = (name = "") => {
    // A table may be named by its ARN.
    const found = tables.get(name.slice(name.lastIndexOf("/") + 1));
    if (found === undefined) throw tableNotFound(name);
    return found;
  };
  const { onApplied = () => undefined, onShown = () => undefined } = options;
  const { writeConflicts = false } = options;
  const client = new DynamoDB.DynamoDBClient({ region: "none" });
  const model = describeService(DynamoDB, client);
  client.destroy();
  return {
    createTable: (name) => {
      if (tables.has(name)) throw new Error(`table ${name} exists`);
      tables.set(name, new StrongTable({ name, regions, quorum, writeConflicts, onApplied }));
    },
    peek: (table, key) => find(table).peek(key),
    service: (region) => {
      if (!regions.includes(region)) throw new Error(`${region} has no replica`);
      const peers = regions.filter((name) => name !== region);
      const handlers = {
        ...itemOperations(find, onShown),
        ...queryOperation(find),
        ...tableOperations(find, { peers, witness }),
        ...refusedOperations(),
      };
      return { model, handlers };
    },
  };
}

interface ReplicaNames {
  readonly peers: readonly string[];
  readonly witness: string;
}

function tableOperations(find: FindTable, { peers, witness }: ReplicaNames): Handlers {
  return {
    DescribeTable: (
      { TableName }: DynamoDB.DescribeTableCommandInput,
      { region },
    ): DynamoDB.DescribeTableOutput => {
      const { name, createdAt } = find(TableName);
      return {
        Table: {
          TableName: name,
          TableArn: `arn:aws:dynamodb:${region}:000000000000:table/${name}`,
          TableStatus: "ACTIVE",
          CreationDateTime: createdAt,
          KeySchema: [
            { AttributeName: partitionKey, KeyType: "HASH" },
            { AttributeName: sortKey, KeyType: "RANGE" },
          ],
          AttributeDefinitions: [
            { AttributeName: partitionKey, AttributeType: "S" },
            { AttributeName: sortKey, AttributeType: "S" },
          ],
          BillingModeSummary: { BillingMode: "PAY_PER_REQUEST" },
          GlobalTableVersion: "2019.11.21",
          MultiRegionConsistency: "STRONG",
          Replicas: peers.map((peer) => ({ RegionName: peer, ReplicaStatus: "ACTIVE" })),
          GlobalTableWitnesses: [{ RegionName: witness, WitnessStatus: "ACTIVE" }],
        },
      };
    },
  };
}

function refuse(what: string): () => never {
  return () => {
    throw notOnStrongTables(what);
  };
}

function refusedOperations(): Handlers {
  return {
    TransactWriteItems: refuse("Transactions are"),
    TransactGetItems: refuse("Transactions are"),
    UpdateTimeToLive: refuse("Time to live is"),
  };
}
