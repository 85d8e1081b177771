//! The journal: each appended batch of entries is an item of its own, numbered without gaps.

import { type AttributeValue, PutItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb";
import type { JournalEntry } from "../../failover/journal.ts";
import { failed, type Outcome, succeeded } from "../../failover/outcome.ts";
import type { Journal } from "../../failover/ports.ts";
import type { DynamoDbProps, Replicas } from "./dynamodb-replicas.ts";

/** Enough for the newest plan: a batch a stage, and some refusals. */
const journalItemsMax = 50;

/** Entries are cached; the condition on each new item tells when the cache is no longer true. */
export class DynamoDbJournal implements Journal {
  readonly #props: DynamoDbProps;
  readonly #replicas: Replicas;
  #cached: readonly JournalEntry[] | "stale" = "stale";
  #items = 0;

  constructor(props: DynamoDbProps, replicas: Replicas) {
    this.#props = props;
    this.#replicas = replicas;
  }

  async read(how?: "fresh"): Promise<Outcome<readonly JournalEntry[]>> {
    if (this.#cached !== "stale" && how !== "fresh") return succeeded(this.#cached);
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
