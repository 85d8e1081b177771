//! A real PostgreSQL with the operator's own write guard, and sessions into it, for the tests of
//! the guard. Leases are granted by the adapter that production uses.

import { Client } from "pg";
import type { LeaseGrant } from "../../failover/ports.ts";
import { type PostgresDatabase, postgresDatabase } from "../../operator/adapters/postgres.ts";
import type { PostgresServer } from "../../lab/postgres/server.ts";
import type { Row } from "../../lab/postgres/session.ts";
import { defaultDatabase, labUser } from "../../lab/postgres/settings.ts";

export const region = "us-east-1";
export const readOnly = "25006";

let databases = 0;

export class GuardedServer {
  readonly server: PostgresServer;
  readonly name: string;
  readonly database: PostgresDatabase;
  /** What the adapter found without a guard. */
  readonly guarded: string[] = [];
  readonly #sessions: Client[] = [];

  constructor(server: PostgresServer, name: string = defaultDatabase) {
    this.server = server;
    this.name = name;
    this.database = postgresDatabase({
      connectionString: urlOf(server, name),
      timeoutMs: 5_000,
      onGuarded: (tables) => this.guarded.push(...tables),
    });
  }

  /** A database of its own with guard and table, but no lease yet. */
  static async fresh(server: PostgresServer): Promise<GuardedServer> {
    const name = `test_${(databases += 1)}`;
    await server.query(`create database ${name}`);
    const made = new GuardedServer(server, name);
    await made.query("create table orders (id int primary key, item text)");
    await made.install();
    return made;
  }

  query<R extends Row = Row>(sql: string): Promise<readonly R[]> {
    return this.server.query<R>(sql, [], { database: this.name });
  }

  async install(): Promise<void> {
    const installed = await this.database.installGuard();
    if (!installed.ok) throw new Error(installed.detail);
  }

  async grantOf(leaseMs: number, epoch = 1): Promise<LeaseGrant> {
    const state = await this.database.state();
    if (!state.ok) throw new Error(state.detail);
    const { clockMs: fromMs, timeline } = state.value;
    return { region, epoch, timeline, fromMs, leaseMs };
  }

  async grant(leaseMs = 60_000, epoch = 1): Promise<void> {
    const granted = await this.database.grantLease(await this.grantOf(leaseMs, epoch));
    if (!granted.ok) throw new Error(granted.detail);
  }

  /** By the database's own clock, so that no test has to be quick or to wait. */
  async expire(): Promise<void> {
    await this.query(
      `select setval('switchback.lease_limit', switchback.limit_of(switchback.current_timeline(),
                                                date_part('epoch', clock_timestamp()) * 1000 - 1))`,
    );
  }

  async session(user: string = labUser, application = "test"): Promise<Client> {
    const { host, port } = this.server;
    const names = { user, database: this.name, application_name: application };
    const client = new Client({ host, port, ...names });
    client.on("error", () => undefined);
    await client.connect();
    this.#sessions.push(client);
    return client;
  }

  async count(table = "orders"): Promise<number> {
    const [row] = await this.query<{ n: number }>(`select count(*)::int as n from ${table}`);
    return row?.n ?? -1;
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#sessions.splice(0).map((client) => client.end().catch(() => undefined)),
    );
    await this.database.close();
  }
}

/** "accepted", or the SQLSTATE of the refusal. */
export async function answerTo(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "accepted";
  } catch (error) {
    const code = typeof error === "object" && error !== null && "code" in error ? error.code : "";
    return typeof code === "string" && code !== "" ? code : String(error);
  }
}

export function urlOf({ host, port }: PostgresServer, database: string): string {
  return `postgres://${labUser}@${host}:${port}/${database}`;
}
