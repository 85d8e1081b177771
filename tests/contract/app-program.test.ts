//! Goal: the program as it is started in a pod: it refuses wrong settings, follows its database
//! from no guard to serving, and ends on SIGTERM only after the requests under way.
//! Method: `app/main.ts` as a process of its own, a real PostgreSQL, real signals.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { PostgresServer } from "../../lab/postgres/server.ts";
import { freePort } from "../../lab/processes/ports.ts";
import { Bench, eventually } from "../lab/postgres-fixture.ts";
import { here } from "../unit/app-fakes.ts";
import { grant, installGuard, urlOf } from "./app-postgres.ts";

const root = join(__dirname, "../..");
const bench = new Bench();
const programs: ChildProcess[] = [];
let server: PostgresServer;

beforeAll(async () => {
  server = await bench.server("program");
  await server.initialise();
  await server.start();
});

afterAll(async () => {
  for (const program of programs) program.kill("SIGKILL");
  await bench.close();
});

function start(env: Readonly<Record<string, string>>): ChildProcess {
  const program = spawn(process.execPath, ["--import", "tsx", "app/main.ts"], {
    cwd: root,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  programs.push(program);
  return program;
}

async function ended(program: ChildProcess): Promise<unknown> {
  if (program.exitCode === null) await once(program, "exit");
  return program.exitCode;
}

test("wrong settings end the program with 2 and a line for each", async () => {
  const program = start({ PORT: "none" });
  let said = "";
  program.stderr?.on("data", (text: Buffer) => (said += text.toString()));
  expect(await ended(program)).toBe(2);
  const variables = said
    .trim()
    .split("\n")
    .map((line) => line.split(":")[0]);
  expect(variables).toEqual(["SWITCHBACK_REGION", "PORT", "DATABASE_URL", "ACK_WITHIN_MS"]);
});

test("it waits for the guard, serves under a lease, and finishes what it began", async () => {
  const port = await freePort("127.0.0.1");
  const program = start({
    SWITCHBACK_REGION: here,
    PORT: String(port),
    DATABASE_URL: urlOf(server),
    ACK_WITHIN_MS: "10000",
    LOG_LEVEL: "silent",
  });
  const url = `http://127.0.0.1:${port}`;
  const serving = async () => {
    const answer = await fetch(`${url}/.well-known/switchback/serving`).catch(() => undefined);
    return answer === undefined ? undefined : ((await answer.json()) as { because?: string });
  };
  await eventually("it misses the guard", async () => {
    return (await serving())?.because === "guard not installed yet";
  });
  await installGuard(server);
  await grant(server, { region: here, epoch: 7 });
  await eventually("it serves and made its table", async () => {
    const rows = await server.query("select to_regclass('app.orders') as made");
    return (await serving())?.because === undefined && rows[0]?.["made"] !== null;
  });
  await server.query(`create function app.dawdle() returns trigger language plpgsql as $$
    begin perform pg_sleep(1); return new; end $$;
    create trigger dawdle before insert on app.orders for each row execute function app.dawdle()`);

  const order = fetch(`${url}/orders`, {
    method: "POST",
    headers: { "idempotency-key": "key-1", connection: "close" },
    body: JSON.stringify({ item: "tea", quantity: 2 }),
  });
  await eventually("the write is under way", async () => {
    const rows = await server.query("select from pg_stat_activity where wait_event = 'PgSleep'");
    return rows.length === 1;
  });
  program.kill("SIGTERM");
  await eventually("it takes no new connection", async () => (await serving()) === undefined);
  expect((await order).status).toBe(201);
  expect(await ended(program)).toBe(0);
});
