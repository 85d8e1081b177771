//! Short talks with a PostgreSQL server. Every one has a time limit, also towards a server that
//! accepts the connection and then says nothing.

import { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

import { Client } from "pg";
import type { ClientConfig } from "pg";

import type { Address } from "../descriptor.ts";
import { defaultDatabase, labUser } from "./settings.ts";

export interface SessionProps extends Address {
  /** @default the lab's own account, a superuser */
  readonly user?: string;
  /** @default the database `postgres` */
  readonly database?: string;
  /** For connecting, and again for each statement. @default 5 s */
  readonly timeoutMs?: number;
  /** Speaks the replication protocol. @default no */
  readonly replication?: boolean;
}

const farewellMs = 250;

/** Runs `talk` in a session of its own, which is over when this returns. */
export async function withSession<Result>(
  props: SessionProps,
  talk: (client: Client, socket: Socket) => Promise<Result>,
): Promise<Result> {
  const socket = new Socket();
  const client = new Client(configOf(props, socket));
  // A connection that breaks also fails the statement under way, which is where it is reported.
  client.on("error", () => undefined);
  try {
    await client.connect();
    return await talk(client, socket);
  } finally {
    const farewell = new AbortController();
    await Promise.race([
      client.end().catch(() => undefined),
      sleep(farewellMs, undefined, { signal: farewell.signal }).catch(() => undefined),
    ]);
    farewell.abort();
    socket.destroy();
  }
}

export type Row = Readonly<Record<string, unknown>>;

export async function queryOnce<R extends Row = Row>(
  props: SessionProps,
  sql: string,
  params: readonly unknown[] = [],
): Promise<readonly R[]> {
  return withSession(props, async (client) => (await client.query<R>(sql, [...params])).rows);
}

function configOf(props: SessionProps, socket: Socket): ClientConfig {
  const { host, port, replication } = props;
  const { database = defaultDatabase, timeoutMs = 5_000, user = labUser } = props;
  const config = {
    host,
    port,
    database,
    user,
    password: "",
    ssl: false,
    application_name: "switchback-lab",
    connectionTimeoutMillis: timeoutMs,
    keepAlive: true,
    stream: () => socket,
  };
  // A walsender takes no settings, and its commands last as long as they need.
  if (replication === true) return { ...config, replication: "true" } as ClientConfig;
  return { ...config, statement_timeout: timeoutMs, query_timeout: timeoutMs };
}
