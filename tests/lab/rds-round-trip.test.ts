//! Goal: an old primary is kept and a replica stands in its place, there and back, and after a loss.
//! Method: two regions with real servers, RDS's view of them, and links that are cut.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { rdsPortOf } from "../../lab/world/rds-port.ts";
import { RegionDatabases } from "../../lab/world/region-databases.ts";
import type { RdsInstance } from "../../lab/aws/rds.ts";
import { PostgresServer } from "../../lab/postgres/server.ts";
import { waitCaughtUp, waitStreaming } from "../../lab/postgres/wait.ts";
import { freePort } from "../../lab/processes/ports.ts";
import { makeReplica } from "../../lab/world/replica.ts";
import { Bench, eventually, host, idsOf } from "./postgres-fixture.ts";

const bench = new Bench();
const places: RegionDatabases[] = [];
afterEach(async () => {
  await Promise.all(places.splice(0).map((place) => place.stop()));
  await bench.clear();
});
afterAll(() => bench.close());

async function databasesIn(region: string, folder: string): Promise<RegionDatabases> {
  const binaries = await bench.binaries();
  const { account, record } = bench;
  const databases = new RegionDatabases({
    region,
    identifier: `orders-${region}`,
    endpoint: { host, port: await freePort(host) },
    dataFolder: folder,
    logFolder: bench.folder,
    account,
    makeServer: (place) =>
      new PostgresServer({
        ...place,
        binaries,
        account,
        record,
        templateFolder: join(bench.folder, "templates"),
      }),
  });
  places.push(databases);
  return databases;
}

/** East is the primary, west its replica. */
async function lab() {
  const folder = join(bench.folder, `data-${(count += 1)}`);
  const east = await databasesIn("east", folder);
  const west = await databasesIn("west", folder);
  const mesh = bench.mesh(["east", "west"]);
  const linkFrom = async (from: "east" | "west", into: RegionDatabases) => {
    const target = () => (into.current === "none" ? undefined : into.current.source?.server);
    const [to] = ["east", "west"].filter((name) => name !== from);
    const listen = { host, port: 0 };
    const link = await mesh.open({ name: from, from, to: to ?? "", listen, target });
    return { host, port: link.port };
  };
  const links = { east: await linkFrom("east", east), west: await linkFrom("west", west) };
  const primary = east.add();
  const replica = west.add(primary);
  await primary.server.initialise();
  await primary.server.start();
  await primary.server.query("create table ledger (id int primary key)");
  primary.phase = "ready";
  const { server } = replica;
  const { signal } = new AbortController();
  await makeReplica({ server, source: primary.server, link: links.west, slot: "west", signal });
  replica.phase = "ready";
  const database = {
    kind: "rds",
    name: "orders",
    engineVersion: "18.4",
    instanceClass: "db.r7g.large",
    storageGiB: 20,
  } as const;
  const regions = [
    { name: "east", databases: east },
    { name: "west", databases: west },
  ];
  const linkInto = async (name: string) => (name === "east" ? links.east : links.west);
  return { east, west, mesh, folder, rds: rdsPortOf({ regions, database, linkInto }) };
}

let count = 0;
type Rds = Awaited<ReturnType<typeof lab>>["rds"];

function instance(rds: Rds, identifier: string): RdsInstance {
  const found = rds.instances().find((one) => one.identifier === identifier);
  if (found === undefined) throw new Error(`no instance ${identifier}`);
  return found;
}

function statusOf(rds: Rds, identifier: string): string {
  return (
    rds
      .instances()
      .find((one) => one.identifier === identifier)
      ?.status() ?? "absent"
  );
}

const available = (rds: Rds, identifier: string) =>
  eventually(`${identifier} is available`, () => statusOf(rds, identifier) === "available");

/** What the operator does after `to` has been promoted. */
async function rebuild(rds: Rds, from: "east" | "west", keptAs: string): Promise<void> {
  const to = from === "east" ? "west" : "east";
  const old = instance(rds, `orders-${from}`);
  old.snapshot(keptAs);
  expect(statusOf(rds, `orders-${from}`)).toBe("backing-up");
  await available(rds, `orders-${from}`);
  instance(rds, `orders-${from}`).rename(keptAs);
  await available(rds, keptAs);
  expect(statusOf(rds, `orders-${from}`)).toBe("absent");
  rds.createReplica({ identifier: `orders-${from}`, region: from }, instance(rds, `orders-${to}`));
  expect(statusOf(rds, `orders-${from}`)).toBe("creating");
  await available(rds, `orders-${from}`);
}

const slotsOf = async (server: PostgresServer) =>
  (await server.query<{ slot: string }>("select slot_name as slot from pg_replication_slots")).map(
    ({ slot }) => slot,
  );

test("the circle there and back keeps every row, every old primary, and no slot that nobody reads", async () => {
  const { east, folder, rds, west } = await lab();
  const atEast = east.server.port;
  await east.server.query("insert into ledger values (1)");
  await waitCaughtUp(east.server, west.server);
  await instance(rds, "orders-west").promote();
  expect(await slotsOf(east.server)).toEqual([]);
  await west.server.query("insert into ledger values (2)");
  // Only the old primary has it.
  await east.server.query("insert into ledger values (-1)");

  await rebuild(rds, "east", "orders-east-2");
  expect(east.server.port).toBe(atEast);
  await waitStreaming(west.server, "east");
  await waitCaughtUp(west.server, east.server);
  expect(await idsOf(east.server)).toEqual([1, 2]);
  const kept = east.instances.find(({ identifier }) => identifier === "orders-east-2");
  expect(kept?.server.port).not.toBe(atEast);
  expect(kept?.server.dataDir).toBe(join(folder, "retired", "east", "orders-east-2"));
  expect(kept === undefined ? [] : await idsOf(kept.server)).toEqual([-1, 1]);
  expect(east.snapshots.map(({ status }) => status)).toEqual(["available"]);
  expect(existsSync(join(folder, "snapshots", "east", "orders-east-2", "PG_VERSION"))).toBe(true);

  await instance(rds, "orders-east").promote();
  await east.server.query("insert into ledger values (3)");
  await rebuild(rds, "west", "orders-west-3");
  await waitStreaming(east.server, "west");
  await waitCaughtUp(east.server, west.server);
  expect(await idsOf(west.server)).toEqual([1, 2, 3]);
  expect(await slotsOf(east.server)).toEqual(["west"]);
  expect(instance(rds, "orders-west").source?.()).toMatchObject({
    identifier: "orders-east",
    region: "east",
  });

  await instance(rds, "orders-west").promote();
  await rebuild(rds, "east", "orders-east-4");
  expect(rds.instances().map((one) => [one.identifier, one.status()])).toEqual([
    ["orders-east", "available"],
    ["orders-east-4", "available"],
    // Only the newest goes on running.
    ["orders-east-2", "stopped"],
    ["orders-west", "available"],
    ["orders-west-3", "available"],
  ]);
  expect(await idsOf(east.server)).toEqual([1, 2, 3]);
}, 60_000);

test("a replica under way is taken up again when its region is back, and ends with the lab", async () => {
  const { east, mesh, rds, west } = await lab();
  await instance(rds, "orders-west").promote();
  instance(rds, "orders-east").rename("orders-east-2");
  await available(rds, "orders-east-2");
  mesh.cut("east", "west");
  rds.createReplica({ identifier: "orders-east", region: "east" }, instance(rds, "orders-west"));
  await east.kill();
  expect(east.instances.filter(({ server }) => server.running)).toEqual([]);
  expect(statusOf(rds, "orders-east")).toBe("creating");
  expect(statusOf(rds, "orders-east-2")).toBe("failed");

  mesh.heal("east", "west");
  await east.resume();
  await available(rds, "orders-east");
  expect(statusOf(rds, "orders-east-2")).toBe("available");
  await waitStreaming(west.server, "east");

  await east.freeze();
  expect(east.instances.map(({ server }) => server.frozen)).toEqual([true, true]);
  await east.resume();
  expect(east.instances.map(({ server }) => server.frozen)).toEqual([true, false]);

  mesh.cut("east", "west");
  const [current] = east.instances;
  await current?.server.kill();
  await east.stop();
  expect(east.instances.filter(({ server }) => server.running)).toEqual([]);
  expect(readFileSync(join(bench.folder, "east-rds.log"), "utf8")).toMatch(/orders-east is done/);
}, 60_000);

test("a primary that is renamed while it is followed keeps its replica and the slot of it", async () => {
  const { east, rds, west } = await lab();
  instance(rds, "orders-east").rename("orders-east-2");
  await available(rds, "orders-east-2");
  const kept = instance(rds, "orders-east-2");
  const [moved] = east.instances;
  expect(kept.port).not.toBe(east.server.port);
  expect(instance(rds, "orders-west").source?.()?.identifier).toBe("orders-east-2");
  if (moved === undefined) throw new Error("nothing was kept");
  await moved.server.query("insert into ledger values (1)");
  await waitStreaming(moved.server, "west");
  await waitCaughtUp(moved.server, west.server);
  expect(await idsOf(west.server)).toEqual([1]);
  expect(() => instance(rds, "orders-west").rename("other")).toThrow(/gives a replica no other/);
  expect(() => {
    const source = instance(rds, "orders-east-2");
    rds.createReplica({ identifier: "orders-more", region: "east" }, source);
  }).toThrow(/no instance but orders-east/);
}, 60_000);
