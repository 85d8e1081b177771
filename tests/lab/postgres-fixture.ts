//! A folder with real PostgreSQL servers for one test file, and the promise that nothing of it is
//! left afterwards.

import { chmodSync, mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Mesh } from "../../lab/links/mesh.ts";
import type { Link } from "../../lab/links/link.ts";
import { chooseAccount } from "../../lab/postgres/account.ts";
import type { Account } from "../../lab/postgres/account.ts";
import { rebuildAsStandby } from "../../lab/postgres/base-backup.ts";
import { findBinaries } from "../../lab/postgres/binaries.ts";
import type { PostgresBinaries } from "../../lab/postgres/binaries.ts";
import { PostgresServer } from "../../lab/postgres/server.ts";
import { waitStreaming } from "../../lab/postgres/wait.ts";
import { freePort } from "../../lab/processes/ports.ts";
import { ProcessRecord } from "../../lab/processes/record.ts";

export const host = "127.0.0.1";

export class Bench {
  readonly folder = openFolder();
  readonly account: Account | undefined = chooseAccount();
  readonly record = new ProcessRecord(this.folder);
  readonly servers: PostgresServer[] = [];
  readonly meshes: Mesh[] = [];
  #binaries: Promise<PostgresBinaries> | undefined;
  #serverCount = 0;

  binaries(): Promise<PostgresBinaries> {
    this.#binaries ??= findBinaries({
      startFolder: __dirname,
      account: this.account,
      cacheFolder: join(this.folder, "cache"),
    });
    return this.#binaries;
  }

  async server(name: string): Promise<PostgresServer> {
    const folder = `${name}-${(this.#serverCount += 1)}`;
    const server = new PostgresServer({
      name,
      host,
      port: await freePort(host),
      dataDir: join(this.folder, folder),
      logFile: join(this.folder, `${folder}.log`),
      binaries: await this.binaries(),
      account: this.account,
      record: this.record,
      templateFolder: join(this.folder, "templates"),
    });
    this.servers.push(server);
    return server;
  }

  /** A primary with an empty table `ledger`. */
  async primary(name: string): Promise<PostgresServer> {
    const server = await this.server(name);
    await server.initialise();
    await server.start();
    await server.query("create table ledger (id int primary key)");
    return server;
  }

  mesh(sites: readonly string[], oneWayMs = 0): Mesh {
    const mesh = new Mesh({ sites, oneWayMs: () => oneWayMs });
    this.meshes.push(mesh);
    return mesh;
  }

  /** Sites "east" with the primary and "west" with the standby, which streams across the link. */
  async pair(oneWayMs = 0): Promise<Pair> {
    const mesh = this.mesh(["east", "west"], oneWayMs);
    const primary = await this.primary("east");
    const link = await mesh.open({
      name: "replication",
      from: "west",
      to: "east",
      listen: { host, port: 0 },
      target: () => ({ host, port: primary.port }),
    });
    const standby = await this.server("west");
    await rebuildAsStandby(standby, { host, port: link.port, slot: "west" });
    await standby.start();
    await waitStreaming(primary, "west");
    return { mesh, link, primary, standby };
  }

  /** Call after each test. */
  async clear(): Promise<void> {
    await Promise.all(this.servers.splice(0).map((server) => server.kill()));
    await Promise.all(this.meshes.splice(0).map((mesh) => mesh.close()));
  }

  /** Call after all tests. */
  async close(): Promise<void> {
    await this.clear();
    this.record.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

export interface Pair {
  readonly mesh: Mesh;
  readonly link: Link;
  readonly primary: PostgresServer;
  readonly standby: PostgresServer;
}

/** Below /tmp, and open enough for PostgreSQL's unprivileged account. */
export function openFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "switchback-test-"));
  chmodSync(folder, 0o711);
  return folder;
}

export async function idsOf(server: PostgresServer): Promise<readonly number[]> {
  const rows = await server.query<{ id: number }>("select id from ledger order by id");
  return rows.map(({ id }) => id);
}

/** Asks again until the answer is true. Fails after 20 s. */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>) {
  const deadlineMs = performance.now() + 20_000;
  while (!(await holds())) {
    if (performance.now() > deadlineMs) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
