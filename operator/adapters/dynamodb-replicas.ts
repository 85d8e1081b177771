//! The two replicas of the arbiter's table: one call goes to one of them, once, and never to both.

import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Outcome } from "../../failover/outcome.ts";
import { type AwsAccess, callAws, clientSettings } from "./aws-call.ts";

export interface DynamoDbProps {
  readonly table: string;
  readonly group: string;
  /** Own region's replica first, then the peer's. */
  readonly replicas: readonly AwsAccess[];
  readonly timeoutMs: number;
}

/** How long the other replica is asked after the own one has failed. */
const awayMs = 2_000;

/**
 * Calls the own region's replica: the other one is behind the link that may be cut next. After a
 * failure the next calls try the other one for a while.
 */
export class Replicas {
  readonly #clients: readonly DynamoDBClient[];
  readonly #timeoutMs: number;
  readonly #nowMs: () => number;
  #away: { readonly index: number; readonly untilMs: number } = { index: 0, untilMs: 0 };

  constructor({ replicas, timeoutMs }: DynamoDbProps, nowMs: () => number) {
    this.#clients = replicas.map((access) => new DynamoDBClient(clientSettings(access, timeoutMs)));
    this.#timeoutMs = timeoutMs;
    this.#nowMs = nowMs;
  }

  async call<T>(
    send: (client: DynamoDBClient, options: { abortSignal: AbortSignal }) => Promise<T>,
  ): Promise<Outcome<T>> {
    const index = this.#nowMs() < this.#away.untilMs ? this.#away.index : 0;
    const client = this.#clients[index];
    if (client === undefined) throw new Error("an arbiter needs at least one replica");
    const outcome = await callAws(this.#timeoutMs, (options) => send(client, options));
    if (!outcome.ok && (outcome.fault === "unreachable" || outcome.fault === "denied")) {
      const next = (index + 1) % this.#clients.length;
      this.#away = { index: next, untilMs: this.#nowMs() + awayMs };
    }
    return outcome;
  }

  close(): void {
    for (const client of this.#clients) client.destroy();
  }
}
