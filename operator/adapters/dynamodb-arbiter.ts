//! The arbiter: one item, changed by conditional writes alone.

import {
  type AttributeValue,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import type { Arbiter } from "../../failover/ports.ts";
import {
  type Control,
  type HandoverRequest,
  type HandoverToken,
  type HolderWord,
  type LeaseItem,
  noControl,
} from "../../failover/lease-item.ts";
import type { Outcome } from "../../failover/outcome.ts";
import { succeeded } from "../../failover/outcome.ts";
import { leaseFromItem, leaseItemKey, toText } from "./dynamodb-item.ts";
import type { DynamoDbProps, Replicas } from "./dynamodb-replicas.ts";

const takeOverExpression = [
  "SET epoch = epoch + :one",
  "holder = :by",
  "renewals = :zero",
  "sinceMs = :since",
  "word = :none",
  "#token = :token",
  "#request = :none",
].join(", ");

/** Nothing of the lease itself has moved since it was seen. */
const unmoved = "epoch = :epoch AND holder = :holder AND renewals = :renewals";
/** The same holder, and nobody else has asked or ordered anything since. */
const unasked = "epoch = :epoch AND holder = :holder AND version = :version";
const uninstructed = "version = :version";

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
      version: { N: "0" },
      request: { S: "none" },
      control: { S: toText(noControl) },
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
    return this.#updateUnmoved(held, "SET renewals = renewals + :one, word = :word", {
      ":one": { N: "1" },
      ":word": { S: toText(word) },
    });
  }

  takeOver(seen: LeaseItem, by: string, sinceMs: number): Promise<Outcome<LeaseItem>> {
    // What the old holder left is still to be replayed; a forced takeover knows of nothing.
    const token = seen.holder === "nobody" ? seen.token : "none";
    return this.#updateUnmoved(seen, takeOverExpression, {
      ":token": { S: toText(token) },
      ":one": { N: "1" },
      ":zero": { N: "0" },
      ":by": { S: by },
      ":since": { N: String(sinceMs) },
      ":none": { S: "none" },
    });
  }

  release(held: LeaseItem, token: HandoverToken): Promise<Outcome<LeaseItem>> {
    const expression = "SET holder = :nobody, renewals = renewals + :one, #token = :token";
    return this.#updateUnmoved(held, expression, {
      ":one": { N: "1" },
      ":nobody": { S: "nobody" },
      ":token": { S: toText(token) },
    });
  }

  ask(seen: LeaseItem, request: HandoverRequest | "none"): Promise<Outcome<LeaseItem>> {
    return this.#update("SET #request = :request, version = version + :one", unasked, {
      ":one": { N: "1" },
      ":request": { S: toText(request) },
      ":epoch": { N: String(seen.epoch) },
      ":holder": { S: seen.holder },
      ":version": { N: String(seen.version) },
    });
  }

  instruct(seen: LeaseItem, control: Control): Promise<Outcome<LeaseItem>> {
    return this.#update("SET control = :control, version = version + :one", uninstructed, {
      ":one": { N: "1" },
      ":control": { S: toText(control) },
      ":version": { N: String(seen.version) },
    });
  }

  #updateUnmoved(
    held: LeaseItem,
    expression: string,
    values: Record<string, AttributeValue>,
  ): Promise<Outcome<LeaseItem>> {
    return this.#update(expression, unmoved, {
      ":epoch": { N: String(held.epoch) },
      ":holder": { S: held.holder },
      ":renewals": { N: String(held.renewals) },
      ...values,
    });
  }

  async #update(
    expression: string,
    condition: string,
    values: Record<string, AttributeValue>,
  ): Promise<Outcome<LeaseItem>> {
    const command = new UpdateItemCommand({
      ...this.#key(),
      UpdateExpression: expression,
      ConditionExpression: condition,
      ...namesIn(expression),
      ExpressionAttributeValues: values,
      ReturnValues: "ALL_NEW",
    });
    const answer = await this.#replicas.call((client, options) => client.send(command, options));
    return answer.ok ? leaseFromItem(answer.value.Attributes) : answer;
  }

  #key() {
    return { TableName: this.#props.table, Key: leaseItemKey(this.#props.group) };
  }
}

/** "token" and "request" are among DynamoDB's reserved words; a name that is not used is refused. */
function namesIn(expression: string): { ExpressionAttributeNames?: Record<string, string> } {
  const names = [...expression.matchAll(/#(\w+)/g)].map(([whole, name]) => [whole, name]);
  return names.length === 0 ? {} : { ExpressionAttributeNames: Object.fromEntries(names) };
}
