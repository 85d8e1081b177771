//! The transaction of TPC-B as pgbench runs it: three updates, a read, an insert, in seven round
//! trips with prepared statements.

import { Client, type QueryConfig } from "pg";

const branches = 10;
const tellersPerBranch = 10;
const accountsPerBranch = 10_000;

export async function prepareTables(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`
      create table branches (bid int primary key, bbalance int not null, filler char(88));
      create table tellers (tid int primary key, bid int not null, tbalance int not null,
                            filler char(84));
      create table accounts (aid int primary key, bid int not null, abalance int not null,
                             filler char(84));
      create table history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22));
      insert into branches select n, 0, '' from generate_series(1, ${branches}) n;
      insert into tellers select n, 1 + (n - 1) / ${tellersPerBranch}, 0, ''
        from generate_series(1, ${branches * tellersPerBranch}) n;
      insert into accounts select n, 1 + (n - 1) / ${accountsPerBranch}, 0, ''
        from generate_series(1, ${branches * accountsPerBranch}) n;
    `);
    await client.query("vacuum analyze");
    await client.query("checkpoint");
  } finally {
    await client.end();
  }
}

export async function connect(url: string, clients: number): Promise<readonly Client[]> {
  return Promise.all(
    Array.from({ length: clients }, async () => {
      const client = new Client({ connectionString: url });
      await client.connect();
      return client;
    }),
  );
}

/** Transactions per second of all connections together over one turn. */
export async function runTurn(connections: readonly Client[], turnMs: number): Promise<number> {
  const startedMs = performance.now();
  const endMs = startedMs + turnMs;
  const counts = await Promise.all(
    connections.map(async (client) => {
      let done = 0;
      for (; performance.now() < endMs; done += 1) await transact(client);
      return done;
    }),
  );
  const total = counts.reduce((sum, count) => sum + count, 0);
  return (total * 1_000) / (performance.now() - startedMs);
}

async function transact(client: Client): Promise<void> {
  const account = 1 + Math.floor(Math.random() * branches * accountsPerBranch);
  const teller = 1 + Math.floor(Math.random() * branches * tellersPerBranch);
  const branch = 1 + Math.floor(Math.random() * branches);
  const delta = Math.floor(Math.random() * 10_001) - 5_000;
  await client.query("begin");
  await client.query(
    named("account", "update accounts set abalance = abalance + $1 where aid = $2", [
      delta,
      account,
    ]),
  );
  await client.query(named("read", "select abalance from accounts where aid = $1", [account]));
  await client.query(
    named("teller", "update tellers set tbalance = tbalance + $1 where tid = $2", [delta, teller]),
  );
  await client.query(
    named("branch", "update branches set bbalance = bbalance + $1 where bid = $2", [delta, branch]),
  );
  await client.query(
    named(
      "history",
      "insert into history (tid, bid, aid, delta, mtime) values ($1, $2, $3, $4, current_timestamp)",
      [teller, branch, account, delta],
    ),
  );
  await client.query("end");
}

function named(name: string, text: string, values: readonly number[]): QueryConfig {
  return { name, text, values: [...values] };
}
