//! A lab made of tiny servers: two apps with rows in memory, a replica that lags, a script in place
//! of the operators, DNS that follows. For drills of the drill itself; nothing here is safe.

import dgram from "node:dgram";
import http from "node:http";
import type net from "node:net";
import dnsPacket from "dns-packet";
import type { LabDescriptor } from "../../../lab/descriptor.ts";
import { describeFault, type ActiveFault, type Fault } from "../../../lab/faults/faults.ts";
import type { Lab, LabObservations, LabOptions } from "../../../lab/lab.ts";
import { oids, startFakePostgres, type QueryAnswer } from "./drill-postgres.ts";

export interface FakeLabBehaviour {
  /** Rows acknowledged within this time before the loss exist only in the old primary. */
  readonly lagMs: number;
  /** From the loss to the first write that the other region accepts; null: it never does. */
  readonly takeoverMs: number | null;
  readonly dnsMs: number;
  /** The database of the waiting region takes writes by SQL. */
  readonly writableStandby?: boolean;
  readonly failsToExhume?: boolean;
}

interface FakeRow {
  readonly key: string;
  readonly item: string;
  readonly quantity: number;
  readonly region: string;
  readonly epoch: number;
  readonly acceptedAtMs: number;
}

interface FakeRegion {
  readonly name: string;
  readonly address: string;
  readonly rows: Map<string, FakeRow>;
  serving: boolean;
  lost: boolean;
  databaseUp: boolean;
  inRecovery: boolean;
}

interface World {
  readonly east: FakeRegion;
  readonly west: FakeRegion;
  readonly behaviour: FakeLabBehaviour;
  readonly journal: Record<string, unknown>[];
  readonly leaseWrites: LabObservations["leaseWrites"][number][];
  readonly promotions: LabObservations["promotions"][number][];
  readonly timers: Set<NodeJS.Timeout>;
  epoch: number;
  named: FakeRegion;
}

export interface FakeLab extends Lab {
  readonly stops: () => number;
}

export async function startFakeLab(
  behaviour: FakeLabBehaviour,
  options: Pick<LabOptions, "onProgress"> = {},
): Promise<FakeLab> {
  options.onProgress?.("two fake regions");
  const world: World = {
    east: newRegion("us-east-1", "127.0.78.1", true),
    west: newRegion("us-west-2", "127.0.78.2", false),
    behaviour,
    journal: [],
    leaseWrites: [],
    promotions: [],
    timers: new Set(),
    epoch: 1,
    named: null as unknown as FakeRegion,
  };
  world.named = world.east;
  writeLease(world, world.east, 1);
  const closers: (() => Promise<void>)[] = [];
  const appPort = await startApps(world, closers);
  const dns = await startDns(world, closers);
  const operator = await startOperator(world, closers);
  const postgres = await Promise.all(
    [world.east, world.west].map(async (region) => {
      const server = await startFakePostgres((sql) => answerSql(world, region, sql));
      closers.push(() => server.close());
      return server.port;
    }),
  );
  const descriptor = descriptorOf({ world, appPort, dns, operator, postgres });
  return labOf(world, descriptor, closers);
}

function labOf(world: World, descriptor: LabDescriptor, closers: (() => Promise<void>)[]): FakeLab {
  let stops = 0;
  const active: ActiveFault[] = [];
  return {
    descriptor,
    stops: () => stops,
    async inject(fault: Fault) {
      const injectedAtMs = Date.now();
      if (fault.kind === "region-loss") loseRegion(world, injectedAtMs);
      const text = describeFault(fault);
      const injected = { id: String(active.length + 1), fault, injectedAtMs, text };
      active.push(injected);
      return injected;
    },
    async heal() {},
    activeFaults: () => active,
    observations: () => ({
      route53Calls: [],
      route53CallCounts: {},
      rogueWriters: {},
      leaseWrites: world.leaseWrites,
      leasesShown: [],
      promotions: world.promotions,
      plansBegun: [],
    }),
    async exhume(region) {
      if (world.behaviour.failsToExhume === true) throw new Error("no such file");
      regionOf(world, region).databaseUp = true;
    },
    async stop() {
      stops += 1;
      for (const timer of world.timers) clearTimeout(timer);
      await Promise.all(closers.splice(0).map((close) => close()));
    },
  };
}

function loseRegion(world: World, atMs: number): void {
  const { east, west, behaviour } = world;
  east.lost = true;
  east.databaseUp = false;
  east.serving = false;
  writeLease(world, east, 1);
  for (const [key, row] of east.rows) {
    if (row.acceptedAtMs <= atMs - behaviour.lagMs) west.rows.set(key, row);
  }
  if (behaviour.takeoverMs === null) return;
  const step = behaviour.takeoverMs / 5;
  const planId = "failover-2";
  const note = (kind: string, rest: object): void => {
    world.journal.push({ kind, atMs: Date.now(), planId, ...rest });
  };
  const plan = { from: east.name, to: west.name, epoch: 2 };
  const because = ["the lease has not moved", "Route 53's checkers see it failing"];
  at(world, step * 2, () => {
    note("plan-started", { plan, because, suspectedAtMs: atMs + step });
    note("step-intended", { step: "take-lease" });
  });
  at(world, step * 3, () => {
    writeLease(world, west, 2);
    note("step-done", { step: "take-lease" });
  });
  at(world, step * 4, () => {
    world.promotions.push({ atMs: Date.now(), region: west.name });
    west.inRecovery = false;
    note("step-done", { step: "promote-database" });
  });
  at(world, step * 5, () => {
    world.epoch = 2;
    west.serving = true;
    note("step-done", { step: "grant-writes" });
  });
  at(world, step * 5 + behaviour.dnsMs, () => {
    world.named = west;
    note("step-done", { step: "await-serving" });
    note("plan-finished", { because: [] });
  });
}

function writeLease({ leaseWrites }: World, { name: holder }: FakeRegion, epoch: number): void {
  leaseWrites.push({ atMs: Date.now(), epoch, holder, renewals: leaseWrites.length });
}

function at(world: World, ms: number, action: () => void): void {
  world.timers.add(setTimeout(action, ms));
}

async function startApps(world: World, closers: (() => Promise<void>)[]): Promise<number> {
  const first = await listen(appOf(world, world.east), world.east.address, 0);
  closers.push(first.close);
  const second = await listen(appOf(world, world.west), world.west.address, first.port);
  closers.push(second.close);
  return first.port;
}

function appOf(world: World, region: FakeRegion): http.RequestListener {
  return (request, response) => {
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString()));
    request.on("end", () => {
      // A lost region says nothing at all.
      if (region.lost) return;
      response.setHeader("x-switchback-region", region.name);
      response.setHeader("x-switchback-epoch", String(world.epoch));
      const [status, answer] = answerHttp(world, region, request, body);
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(answer));
    });
  };
}

function answerHttp(
  world: World,
  region: FakeRegion,
  request: http.IncomingMessage,
  body: string,
): readonly [number, object] {
  if (request.url === "/region") return [200, { region: region.name, epoch: world.epoch }];
  if (request.url !== "/orders") return [404, { error: "not-found" }];
  if (!region.serving) return [503, { error: "not-serving" }];
  const order = JSON.parse(body) as { item: string; quantity: number };
  const key = String(request.headers["idempotency-key"]);
  const acceptedAtMs = Date.now();
  const row: FakeRow = { key, ...order, region: region.name, epoch: world.epoch, acceptedAtMs };
  region.rows.set(key, row);
  return [201, row];
}

async function startDns(world: World, closers: (() => Promise<void>)[]): Promise<number> {
  const socket = dgram.createSocket("udp4");
  socket.on("message", (message, peer) => {
    const query = dnsPacket.decode(message);
    const name = query.questions?.[0]?.name ?? "";
    const answer = dnsPacket.encode({
      type: "response",
      id: query.id ?? 0,
      flags: dnsPacket.AUTHORITATIVE_ANSWER,
      questions: query.questions ?? [],
      answers: [{ type: "A", name, ttl: 1, data: world.named.address }],
    });
    socket.send(answer, peer.port, peer.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  closers.push(() => new Promise((resolve) => socket.close(() => resolve())));
  return socket.address().port;
}

async function startOperator(world: World, closers: (() => Promise<void>)[]): Promise<number> {
  const server = await listen(
    (request, response) => {
      response.setHeader("content-type", "application/json");
      const answers: Readonly<Record<string, unknown>> = {
        "/healthz": {},
        "/status": { epoch: world.epoch },
        "/journal": world.journal,
      };
      response.end(JSON.stringify(answers[request.url ?? ""] ?? {}));
    },
    "127.0.0.1",
    0,
  );
  closers.push(server.close);
  return server.port;
}

function answerSql(world: World, region: FakeRegion, sql: string): QueryAnswer | null {
  if (!region.databaseUp) return null;
  const table = region.inRecovery ? world.east.rows : region.rows;
  if (sql.includes("version()")) {
    return { columns: [["version", oids.text]], rows: [["PostgreSQL 0 (fake)"]] };
  }
  if (sql.includes("pg_is_in_recovery")) {
    return { columns: [["in_recovery", oids.bool]], rows: [[region.inRecovery ? "t" : "f"]] };
  }
  if (sql.startsWith("insert")) return answerInsert(world.behaviour);
  const asked = /where key = '([^']+)'/.exec(sql)?.[1];
  if (asked === undefined) return everyRow([...table.values()]);
  return { columns: [["held", oids.int]], rows: table.has(asked) ? [["1"]] : [] };
}

function answerInsert({ writableStandby }: FakeLabBehaviour): QueryAnswer {
  if (writableStandby === true) return { columns: [], rows: [] };
  return { sqlstate: "25006", message: "this region holds no lease" };
}

function everyRow(rows: readonly FakeRow[]): QueryAnswer {
  return {
    columns: [
      ["key", oids.text],
      ["item", oids.text],
      ["quantity", oids.int],
      ["region", oids.text],
      ["epoch", oids.bigint],
      ["accepted_at_ms", oids.float],
    ],
    rows: rows.map((row) => [
      row.key,
      row.item,
      String(row.quantity),
      row.region,
      String(row.epoch),
      String(row.acceptedAtMs),
    ]),
  };
}

function descriptorOf(parts: {
  world: World;
  appPort: number;
  dns: number;
  operator: number;
  postgres: readonly number[];
}): LabDescriptor {
  const { world, appPort } = parts;
  const regionDescriptor = (region: FakeRegion, postgresPort: number) => ({
    address: region.address,
    app: `http://${region.address}:${appPort}`,
    postgres: { host: "127.0.0.1", port: postgresPort, user: "orders", database: "orders" },
    aws: "http://127.0.0.1:9",
    bucket: `objects-${region.name}`,
    kubernetes: "http://127.0.0.1:9",
    operator: `http://127.0.0.1:${parts.operator}`,
  });
  const { east, west } = world;
  return {
    version: 1,
    pid: process.pid,
    startedAt: new Date().toISOString(),
    folder: "nowhere",
    service: "orders",
    hostname: "orders.switchback.test",
    appPort,
    zone: "switchback.test",
    dns: { host: "127.0.0.1", port: parts.dns },
    faultApi: "http://127.0.0.1:9",
    operatorToken: "fake-token",
    arbiter: { table: "t", group: "orders", witnessRegion: "us-east-2", endpoints: {} },
    route53: { endpoint: "http://127.0.0.1:9", hostedZoneId: "Z1" },
    initialActive: east.name,
    initialStandby: west.name,
    regions: {
      [east.name]: regionDescriptor(east, parts.postgres[0] ?? 0),
      [west.name]: regionDescriptor(west, parts.postgres[1] ?? 0),
    },
  };
}

function newRegion(name: string, address: string, active: boolean): FakeRegion {
  const rows = new Map<string, FakeRow>();
  const flags = { serving: active, lost: false, databaseUp: true, inRecovery: !active };
  return { name, address, rows, ...flags };
}

function regionOf(world: World, name: string): FakeRegion {
  return world.east.name === name ? world.east : world.west;
}

async function listen(
  listener: http.RequestListener,
  host: string,
  port: number,
): Promise<{ readonly port: number; readonly close: () => Promise<void> }> {
  const server = http.createServer(listener);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as net.AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
