//! The arbiter and the journal in one DynamoDB global table with multi-region strong consistency.
//! One item holds the lease; each appended batch of journal entries is an item of its own.
//! "On a MRSC table conditional writes are evaluated against the latest version of an item" (DynamoDB
//! developer guide, "Multi-Region strong consistency"): the whole safety argument stands on that.

import {
  type AttributeValue,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import type { JournalEntry } from "../../failover/journal.ts";
import {
  type Arbiter,
  failed,
  type Journal,
  type LeaseItem,
  type Outcome,
  succeeded,
} from "../../failover/ports.ts";
import { type AwsAccess, callAws, clientSettings } from "./aws-call.ts";
import { leaseFromItem, leaseItemKey, tokenToText, wordToText } from "./dynamodb-item.ts";

export interface DynamoDbProps {
  readonly table: string;
  readonly group: string;
  /** Own region's replica first, then the peer's. */
  readonly replicas: readonly AwsAccess[];
  readonly timeoutMs: number;
}

/** Enough for the newest plan: a batch a stage, and some refusals. */
const journalItemsMax = 50;

/** Calls the replica that answered last; after a failure the next call tries the other one. */
class Replicas {
  readonly #clients: readonly DynamoDBClient[];
  readonly #timeoutMs: number;
  #preferred = 0;

  constructor({ replicas, timeoutMs }: DynamoDbProps) {
    this.#clients = replicas.map((access) => new DynamoDBClient(clientSettings(access, timeoutMs)));
    this.#timeoutMs = timeoutMs;
  }

  async call<T>(
    send: (client: DynamoDBClient, options: { abortSignal: AbortSignal }) => Promise<T>,
  ): Promise<Outcome<T>> {
    const index = this.#preferred;
    const client = this.#clients[index];
    if (client === undefined) throw new Error("an arbiter needs at least one replica");
    const outcome = await callAws(this.#timeoutMs, (options) => send(client, options));
    if (!outcome.ok && (outcome.fault === "unreachable" || outcome.fault === "denied")) {
      this.#preferred = (index + 1) % this.#clients.length;
    }
    return outcome;
  }

  close(): void {
    for (const client of this.#clients) client.destroy();
  }
}

export interface DynamoDb {
  readonly arbiter: Arbiter;
  readonly journal: Journal;
  close(): void;
}

export function dynamoDb(props: DynamoDbProps): DynamoDb {
  const replicas = new Replicas(props);
  return {
    arbiter: arbiter(props, replicas),
    journal: new DynamoDbJournal(props, replicas),
    close: () => replicas.close(),
  };
}

function arbiter({ table, group }: DynamoDbProps, replicas: Replicas): Arbiter {
  const key = { TableName: table, Key: leaseItemKey(group) };

  async function update(
    held: LeaseItem,
    set: string,
    values: Record<string, AttributeValue>,
  ): Promise<Outcome<LeaseItem>> {
    const command = new UpdateItemCommand({
      ...key,
      UpdateExpression: set,
      ConditionExpression: "epoch = :epoch AND holder = :holder AND renewals = :renewals",
      // "token" is one of DynamoDB's reserved words.
      ...(set.includes("#token") ? { ExpressionAttributeNames: { "#token": "token" } } : {}),
      ExpressionAttributeValues: {
        ":epoch": { N: String(held.epoch) },
        ":holder": { S: held.holder },
        ":renewals": { N: String(held.renewals) },
        ...values,
      },
      ReturnValues: "ALL_NEW",
    });
    const answer = await replicas.call((client, options) => client.send(command, options));
    return answer.ok ? leaseFromItem(answer.value.Attributes) : answer;
  }

  return {
    async read() {
      const command = new GetItemCommand({ ...key, ConsistentRead: true });
      const answer = await replicas.call((client, options) => client.send(command, options));
      if (!answer.ok) return answer;
      if (answer.value.Item === undefined) return succeeded("absent" as const);
      return leaseFromItem(answer.value.Item);
    },

    async open(holder, sinceMs) {
      const item = {
        ...leaseItemKey(group),
        epoch: { N: "1" },
        holder: { S: holder },
        renewals: { N: "0" },
        sinceMs: { N: String(sinceMs) },
        word: { S: "none" },
        token: { S: "none" },
      };
      const command = new PutItemCommand({
        TableName: table,
        Item: item,
        ConditionExpression: "attribute_not_exists(pk)",
      });
      const answer = await replicas.call((client, options) => client.send(command, options));
      return answer.ok ? leaseFromItem(item) : answer;
    },

    renew: (held, word) =>
      update(held, "SET renewals = renewals + :one, word = :word", {
        ":one": { N: "1" },
        ":word": { S: wordToText(word) },
      }),

    takeOver: (seen, by, sinceMs) =>
      update(
        seen,
        "SET epoch = epoch + :one, holder = :by, renewals = :zero, sinceMs = :since, word = :none, #token = :none",
        {
          ":one": { N: "1" },
          ":zero": { N: "0" },
          ":by": { S: by },
          ":since": { N: String(sinceMs) },
          ":none": { S: "none" },
        },
      ),

    release: (held, token) =>
      update(held, "SET holder = :nobody, renewals = renewals + :one, #token = :token", {
        ":one": { N: "1" },
        ":nobody": { S: "nobody" },
        ":token": { S: tokenToText(token) },
      }),
  };
}

/** Entries are cached; the condition on each new item tells when the cache is no longer true. */
class DynamoDbJournal implements Journal {
  readonly #props: DynamoDbProps;
  readonly #replicas: Replicas;
  #cached: readonly JournalEntry[] | "stale" = "stale";
  #items = 0;

  constructor(props: DynamoDbProps, replicas: Replicas) {
    this.#props = props;
    this.#replicas = replicas;
  }

  async read(): Promise<Outcome<readonly JournalEntry[]>> {
    if (this.#cached !== "stale") return succeeded(this.#cached);
    const command = new QueryCommand({
      TableName: this.#props.table,
      KeyConditionExpression: "pk = :group AND begins_with(sk, :journal)",
      ExpressionAttributeValues: {
        ":group": { S: this.#props.group },
        ":journal": { S: "journal#" },
      },
      ConsistentRead: true,
      ScanIndexForward: false,
      Limit: journalItemsMax,
    });
    const answer = await this.#replicas.call((client, options) => client.send(command, options));
    if (!answer.ok) return answer;
    const items = (answer.value.Items ?? []).toReversed();
    this.#items = Number(items.at(-1)?.["sk"]?.S?.split("#")[1] ?? 0);
    this.#cached = items.flatMap((item) => entriesOf(item));
    return succeeded(this.#cached);
  }

  async append(entries: readonly JournalEntry[]): Promise<Outcome<void>> {
    const before = await this.read();
    if (!before.ok) return before;
    const number = this.#items + 1;
    const command = new PutItemCommand({
      TableName: this.#props.table,
      Item: {
        pk: { S: this.#props.group },
        sk: { S: `journal#${String(number).padStart(10, "0")}` },
        entries: { S: JSON.stringify(entries) },
      },
      ConditionExpression: "attribute_not_exists(pk)",
    });
    const answer = await this.#replicas.call((client, options) => client.send(command, options));
    if (!answer.ok) {
      // Either somebody else appended, or ours may yet have arrived: read again before going on.
      this.#cached = "stale";
      return failed(answer.fault, answer.detail);
    }
    this.#items = number;
    this.#cached = [...before.value, ...entries].slice(-20 * journalItemsMax);
    return succeeded(undefined);
  }
}

function entriesOf(item: Record<string, AttributeValue>): readonly JournalEntry[] {
  const text = item["entries"]?.S;
  if (text === undefined) throw new Error("a journal item without entries");
  // Written by this adapter alone, and the condition keeps others from overwriting it.
  return JSON.parse(text) as readonly JournalEntry[];
}
