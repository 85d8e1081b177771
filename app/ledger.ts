//! The ledger of orders in PostgreSQL. A row names the region and epoch of the very lease under
//! which its own statement ran, so it cannot lie. A write is sent once: when its answer is lost
//! the outcome is unknown, and only the client, who holds the key, may repeat it.

import type { PoolClient, QueryResult } from "pg";
import { NoConnection, isRefusal, type Gate } from "./gate.ts";
import { instanceColumns, isGuardMissing } from "./lease-question.ts";
import type { Appended, Found, Ledger, LedgerSummary, NewOrder, Order, Page } from "./ports.ts";
import { instanceOf } from "./serving.ts";
import { createTable } from "./table.ts";

const countMax = 100_000;
const newestMax = 5;

export class PostgresLedger implements Ledger {
  readonly #gate: Gate;
  readonly #region: string;

  constructor(gate: Gate, region: string) {
    this.#gate = gate;
    this.#region = region;
  }

  /** Creates the table where it is missing. Rejects when the database refuses or is away. */
  async prepare(): Promise<void> {
    await this.#gate.use(createTable);
  }

  async append(order: NewOrder): Promise<Appended> {
    try {
      return await this.#gate.use((connection) => this.#appendOn(connection, order));
    } catch (error) {
      return appendFault(error);
    }
  }

  find(key: string): Promise<Found<Order>> {
    return this.#read(async (connection) => {
      const { rows } = await connection.query<OrderRow>(statements.find, [key]);
      return rows[0] === undefined ? undefined : orderOf(rows[0]);
    });
  }

  list({ after, limit }: Page): Promise<Found<readonly Order[]>> {
    return this.#read(async (connection) => {
      const { rows } = await connection.query<OrderRow>(statements.list, [after, limit]);
      return rows.map(orderOf);
    });
  }

  summary(): Promise<Found<LedgerSummary>> {
    return this.#read(async (connection) => {
      const counted = await connection.query<{ count: string }>(statements.count);
      const { rows } = await connection.query<OrderRow>(statements.newest);
      const count = Number(counted.rows[0]?.count ?? 0);
      return { count, countMax, newest: rows.map(orderOf) };
    });
  }

  async #appendOn(connection: PoolClient, order: NewOrder): Promise<Appended> {
    const inserted = await this.#insert(connection, order);
    const [row] = inserted.rows;
    if (row !== undefined) {
      return { kind: "accepted", order: orderOf(row), lease: leaseOf(row, row.epoch) };
    }
    // Either there is no live lease of this region, or the key is taken. A statement of its own,
    // since a row that another session had just committed was invisible to the first one.
    const { rows } = await connection.query<StandingRow>(statements.standing, [
      order.key,
      this.#region,
    ]);
    return repeated(rows[0], order);
  }

  async #insert(connection: PoolClient, order: NewOrder): Promise<QueryResult<InsertedRow>> {
    const { key, item, quantity, attachment } = order;
    const values = [key, item, quantity, this.#region, attachment];
    try {
      return await connection.query<InsertedRow>(statements.append, values);
    } catch (error) {
      // A missing table or column is a certain refusal, so a second attempt is no silent repeat.
      if (!isRefusal(error) || !["42P01", "42703"].includes(error.code)) throw error;
      await createTable(connection);
      return connection.query<InsertedRow>(statements.append, values);
    }
  }

  async #read<T>(work: (connection: PoolClient) => Promise<T | undefined>): Promise<Found<T>> {
    try {
      const value = await this.#gate.use(work);
      return value === undefined ? { kind: "absent" } : { kind: "found", value };
    } catch (error) {
      return { kind: "unavailable", because: (error as Error).message };
    }
  }
}

const orderColumns = "id, key, item, quantity, region, epoch, accepted_at, attachment";

const statements = {
  append: `
    insert into app.orders as o (key, item, quantity, region, epoch, attachment)
    select $1, $2, $3::int, l.region, l.epoch, $5
      from switchback.lease_state() as l where l.region = $4 and l.live
    on conflict (key) do nothing
    returning ${orderColumns}, ${instanceColumns}`,
  standing: `
    select o.*, l.epoch as lease_epoch, ${instanceColumns}
      from switchback.lease_state() as l
      left join (select ${orderColumns} from app.orders where key = $1) as o on true
     where l.region = $2 and l.live`,
  find: `select ${orderColumns} from app.orders where key = $1`,
  list: `select ${orderColumns} from app.orders where id > $1 order by id limit $2`,
  count: `select count(*) from (select from app.orders limit ${countMax}) as counted`,
  newest: `select ${orderColumns} from app.orders order by id desc limit ${newestMax}`,
} as const;

interface OrderRow {
  readonly id: string;
  readonly key: string;
  readonly item: string;
  readonly quantity: number;
  readonly region: string;
  readonly epoch: string;
  readonly accepted_at: Date;
  readonly attachment: string | null;
}

interface InstanceRow {
  readonly started_at: string;
  readonly timeline: string | null;
}

type InsertedRow = OrderRow & InstanceRow;

/** The lease of this region, with the order of that key where there is one. */
type StandingRow = { readonly [C in keyof OrderRow]: OrderRow[C] | null } & InstanceRow & {
    readonly lease_epoch: string;
  };

function repeated(row: StandingRow | undefined, wanted: NewOrder): Appended {
  if (row === undefined) {
    return { kind: "not-serving", because: "the database holds no live lease of this region" };
  }
  if (!hasOrder(row)) {
    return { kind: "not-serving", because: "the lease was not live when the write ran" };
  }
  const order = orderOf(row);
  if (!isSame(order, wanted)) return { kind: "conflicting" };
  return { kind: "repeated", order, lease: leaseOf(row, row.lease_epoch) };
}

function isSame(order: NewOrder, { item, quantity, attachment }: NewOrder): boolean {
  return order.item === item && order.quantity === quantity && order.attachment === attachment;
}

function hasOrder(row: StandingRow): row is StandingRow & OrderRow {
  return row.id !== null;
}

function appendFault(error: unknown): Appended {
  const because = (error as Error).message;
  if (error instanceof NoConnection) return { kind: "unavailable", because };
  if (!isRefusal(error)) return { kind: "outcome-unknown", because };
  if (isGuardMissing(error)) return { kind: "not-serving", because: "guard not installed yet" };
  // read_only_sql_transaction: a replica, or the guard of the lease.
  if (error.code === "25006") return { kind: "not-serving", because };
  return { kind: "unavailable", because };
}

function leaseOf(row: InstanceRow, epoch: string) {
  const instance = instanceOf({ startedAt: row.started_at, timeline: row.timeline });
  return { epoch: Number(epoch), instance };
}

function orderOf(row: OrderRow): Order {
  return {
    key: row.key,
    id: Number(row.id),
    item: row.item,
    quantity: row.quantity,
    region: row.region,
    epoch: Number(row.epoch),
    acceptedAt: row.accepted_at.toISOString(),
    attachment: row.attachment,
  };
}
