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

/** Calls the replica that answered last; after a failure the next call tries the other one. */
export class Replicas {
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
