//! The arbiter: one item, changed by conditional writes alone.

import {
  type AttributeValue,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import type { Arbiter } from "../../failover/ports.ts";
import type { HandoverToken, HolderWord, LeaseItem } from "../../failover/lease-item.ts";
import type { Outcome } from "../../failover/outcome.ts";
import { succeeded } from "../../failover/outcome.ts";
import { leaseFromItem, leaseItemKey, tokenToText, wordToText } from "./dynamodb-item.ts";
import type { DynamoDbProps, Replicas } from "./dynamodb-replicas.ts";

const takeOverExpression = [
  "SET epoch = epoch + :one",
  "holder = :by",
  "renewals = :zero",
  "sinceMs = :since",
  "word = :none",
  "#token = :none",
].join(", ");

export class DynamoDbArbiter implements Arbiter {
  readonly #props: DynamoDbProps;
  readonly #replicas: Replicas;

  constructor(props: DynamoDbProps, replicas: Replicas) {
    this.#props = props;
    this.#replicas = replicas;
  }

  async read(): Promise<Outcome<LeaseItem | "absent">> {
    const command = new GetItemCommand({ ...this.#key(), ConsistentRead: true });
    const answer = await this.#replicas.call((client, options) => client.send(command, options));
    if (!answer.ok) return answer;
    if (answer.value.Item === undefined) return succeeded("absent" as const);
    return leaseFromItem(answer.value.Item);
  }

  async open(holder: string, sinceMs: number): Promise<Outcome<LeaseItem>> {
    const item = {
      ...leaseItemKey(this.#props.group),
      epoch: { N: "1" },
      holder: { S: holder },
      renewals: { N: "0" },
      sinceMs: { N: String(sinceMs) },
      word: { S: "none" },
      token: { S: "none" },
    };
    const command = new PutItemCommand({
      TableName: this.#props.table,
      Item: item,
      ConditionExpression: "attribute_not_exists(pk)",
    });
    const answer = await this.#replicas.call((client, options) => client.send(command, options));
    return answer.ok ? leaseFromItem(item) : answer;
  }

  renew(held: LeaseItem, word: HolderWord): Promise<Outcome<LeaseItem>> {
    return this.#update(held, "SET renewals = renewals + :one, word = :word", {
      ":one": { N: "1" },
      ":word": { S: wordToText(word) },
    });
  }

  takeOver(seen: LeaseItem, by: string, sinceMs: number): Promise<Outcome<LeaseItem>> {
    return this.#update(seen, takeOverExpression, {
      ":one": { N: "1" },
      ":zero": { N: "0" },
      ":by": { S: by },
      ":since": { N: String(sinceMs) },
      ":none": { S: "none" },
    });
  }

  release(held: LeaseItem, token: HandoverToken): Promise<Outcome<LeaseItem>> {
    return this.#update(held, "SET holder = :nobody, renewals = renewals + :one, #token = :token", {
      ":one": { N: "1" },
      ":nobody": { S: "nobody" },
      ":token": { S: tokenToText(token) },
    });
  }

  /** On the condition that nothing has moved since `held` was seen. */
  async #update(
    held: LeaseItem,
    expression: string,
    values: Record<string, AttributeValue>,
  ): Promise<Outcome<LeaseItem>> {
    const command = new UpdateItemCommand({
      ...this.#key(),
      UpdateExpression: expression,
      ConditionExpression: "epoch = :epoch AND holder = :holder AND renewals = :renewals",
      // "token" is one of DynamoDB's reserved words.
      ...(expression.includes("#token") ? { ExpressionAttributeNames: { "#token": "token" } } : {}),
      ExpressionAttributeValues: {
        ":epoch": { N: String(held.epoch) },
        ":holder": { S: held.holder },
        ":renewals": { N: String(held.renewals) },
        ...values,
      },
      ReturnValues: "ALL_NEW",
    });
    const answer = await this.#replicas.call((client, options) => client.send(command, options));
    return answer.ok ? leaseFromItem(answer.value.Attributes) : answer;
  }

  #key() {
    return { TableName: this.#props.table, Key: leaseItemKey(this.#props.group) };
  }
}
