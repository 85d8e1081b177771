//! Goal: users notice nothing of a planned handover but a pause: no request fails and no row is lost.
//! Method: both regions' programs as they run in a pod, on two real servers that stream; the lease
//! changes hands by the operator's own adapter, while clients write to both and repeat nothing.

import { spawn, type ChildProcess } from "node:child_process";
import { Agent, request as httpRequest } from "node:http";
import { join } from "node:path";
import { freePort } from "../../lab/processes/ports.ts";
import type { PostgresServer } from "../../lab/postgres/server.ts";
import { defaultDatabase } from "../../lab/postgres/settings.ts";
import { Bench, eventually, type Pair } from "../lab/postgres-fixture.ts";
import { here, there } from "../unit/app-fakes.ts";
import { GuardedServer, urlOf } from "./guarded-server.ts";

const root = join(__dirname, "../..");
const bench = new Bench();
const programs: ChildProcess[] = [];
const agent = new Agent({ keepAlive: true });
let pair: Pair;
let east: GuardedServer;
let west: GuardedServer;
let urls: readonly string[];

beforeAll(async () => {
  pair = await bench.pair(10);
  east = new GuardedServer(pair.primary);
  west = new GuardedServer(pair.standby);
  await east.install();
  await east.grant();
  const ports = [await freePort("127.0.0.1"), await freePort("127.0.0.1")];
  urls = ports.map((port) => `http://127.0.0.1:${port}`);
  start(here, ports[0], urls[1], pair.primary);
  start(there, ports[1], urls[0], pair.standby);
  for (const url of urls) {
    await eventually("it takes orders", async () => {
      return (await order(url, `first-${url.slice(-5)}`).catch(() => 0)) === 201;
    });
  }
});

afterAll(async () => {
  agent.destroy();
  for (const program of programs) program.kill("SIGKILL");
  await east.close();
  await west.close();
  await bench.close();
});

function start(region: string, port = 0, peer = "", database: PostgresServer): void {
  const env = {
    SWITCHBACK_REGION: region,
    PORT: String(port),
    PEER_URL: peer,
    DATABASE_URL: urlOf(database, defaultDatabase),
    ACK_WITHIN_MS: "10000",
    HANDOVER_WAIT_MS: "20000",
    LOG_LEVEL: "silent",
  };
  const args = ["--import", "tsx", "app/main.ts"];
  programs.push(spawn(process.execPath, args, { cwd: root, env, stdio: "ignore" }));
}

/** The status of the answer. Not `fetch`, which may send a request again when a connection breaks. */
function order(url: string, key: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { "idempotency-key": key };
    const request = httpRequest(new URL("/orders", url), { method: "POST", headers, agent });
    request.on("error", reject);
    request.on("response", (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode ?? 0));
    });
    request.end(JSON.stringify({ item: "tea", quantity: 2 }));
  });
}

const handOver = async (): Promise<void> => {
  const token = await east.database.closeLease();
  if (!token.ok) throw new Error(token.detail);
  await eventually("the token is replayed", async () => {
    const replayed = await west.database.hasReplayed(token.value);
    return replayed.ok && replayed.value;
  });
  await pair.standby.promote();
  const lease = { ...(await west.grantOf(60_000, 2)), region: there };
  expect(await west.database.grantLease(lease)).toMatchObject({ ok: true });
};

test("no order fails and none is lost when the lease changes hands under load", async () => {
  const statuses = new Map<string, number | string>();
  const stop = new AbortController();
  const clients = Array.from({ length: 8 }, async (_, client) => {
    const url = urls[client % 2] ?? "";
    for (let n = 0; !stop.signal.aborted; n += 1) {
      const key = `key-${client}-${n}`;
      statuses.set(key, await order(url, key).catch(String));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
  try {
    await eventually("clients are busy", () => statuses.size > 100);
    await handOver();
    const before = statuses.size;
    await eventually("clients go on", () => statuses.size > before + 100);
  } finally {
    stop.abort();
    await Promise.all(clients);
  }

  const failed = [...statuses].filter(([, status]) => status !== 201);
  expect(failed).toEqual([]);
  const rows = await west.query<{ key: string }>(
    "select key from app.orders where starts_with(key, 'key-')",
  );
  expect(rows.map(({ key }) => key).toSorted()).toEqual([...statuses.keys()].toSorted());
  for (const url of urls) {
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toMatch(/^switchback_app_parked_total\{outcome="served",.*\} [1-9]/m);
  }
});
