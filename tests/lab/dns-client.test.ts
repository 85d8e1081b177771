//! Goal: the stub resolver keeps an answer exactly as long as it may, and never longer.
//! Method: a real name server whose records change, and a clock that moves when told.

import { createSocket } from "node:dgram";
import { createServer, get } from "node:http";
import type { AddressInfo } from "node:net";

import type { AnswerSource, DnsRecord } from "../../lab/dns/answer.ts";
import { createCachingResolver } from "../../lab/dns/client.ts";
import type { CachingResolver } from "../../lab/dns/client.ts";
import { startDnsServer } from "../../lab/dns/server.ts";
import type { DnsServer } from "../../lab/dns/server.ts";

const host = "127.0.0.1";
const zone = "example.test";
let records: readonly DnsRecord[];
let queries: number;
let nowMs: number;
let server: DnsServer;
let resolver: CachingResolver;

const soa: DnsRecord = {
  name: "example.test.",
  type: "SOA",
  ttlSeconds: 900,
  value: "ns1.example.test. h.example.test. 1 2 3 4 3",
};
const answer: AnswerSource = () =>
  records.length > 0
    ? { kind: "records", answers: records }
    : { kind: "no-such-name", answers: [], soa };

function a(value: string, ttlSeconds = 5, name = "www.example.test."): DnsRecord {
  return { name, type: "A", ttlSeconds, value };
}

beforeEach(async () => {
  records = [a("192.0.2.1")];
  queries = 0;
  nowMs = 0;
  const onQuery = (): void => void (queries += 1);
  server = await startDnsServer({ host, port: 0, zone, answer, onQuery });
  resolver = createCachingResolver({ server: { host, port: server.port }, now: () => nowMs });
});

afterEach(() => server.close());

const name = "www.example.test";

test("an answer is kept for its TTL to the millisecond, and not longer", async () => {
  expect(await resolver.resolve(name)).toEqual({
    address: "192.0.2.1",
    addresses: ["192.0.2.1"],
    ttlSeconds: 5,
    fromCache: false,
  });
  records = [a("192.0.2.2")];
  nowMs = 4_999;
  expect(await resolver.resolve("WWW.example.test.")).toMatchObject({
    address: "192.0.2.1",
    ttlSeconds: 0.001,
    fromCache: true,
  });
  nowMs = 5_000;
  expect(await resolver.resolve(name)).toMatchObject({ address: "192.0.2.2", fromCache: false });
  expect(queries).toBe(2);
});

test("an answer with TTL zero is not kept", async () => {
  records = [a("192.0.2.1", 0)];
  await resolver.resolve(name);
  await resolver.resolve(name);
  expect(queries).toBe(2);
});

test("a chain is kept as long as its shortest link", async () => {
  const value = "real.example.test.";
  records = [
    { name: "www.example.test.", type: "CNAME", ttlSeconds: 2, value },
    a("192.0.2.1", 60, value),
  ];
  expect((await resolver.resolve(name)).ttlSeconds).toBe(2);
});

test("a name that does not exist is remembered for the SOA's minimum", async () => {
  records = [];
  await expect(resolver.resolve(name)).rejects.toMatchObject({ code: "ENOTFOUND" });
  records = [a("192.0.2.1")];
  nowMs = 2_999;
  await expect(resolver.resolve(name)).rejects.toMatchObject({ code: "ENOTFOUND" });
  expect(queries).toBe(1);
  nowMs = 3_000;
  expect((await resolver.resolve(name)).address).toBe("192.0.2.1");
});

test("many at once ask once", async () => {
  const all = await Promise.all(Array.from({ length: 20 }, () => resolver.resolve(name)));
  expect(new Set(all.map(({ address }) => address))).toEqual(new Set(["192.0.2.1"]));
  expect(queries).toBe(1);
});

test("a name server that says nothing is asked twice, and the silence is not kept", async () => {
  let asked = 0;
  const silent = createSocket("udp4").on("message", () => (asked += 1));
  await new Promise<void>((resolve) => silent.bind(0, host, resolve));
  const { port } = silent.address();
  const options = { server: { host, port }, now: () => nowMs, timeoutMs: 50 };
  const unanswered = createCachingResolver(options);
  await expect(unanswered.resolve(name)).rejects.toMatchObject({ code: "ETIMEOUT" });
  expect(asked).toBe(2);
  await expect(unanswered.resolve(name)).rejects.toMatchObject({ code: "ETIMEOUT" });
  expect(asked).toBe(4);
  await new Promise<void>((resolve) => silent.close(resolve));
});

test("answers that do not belong to the question are not believed", async () => {
  const liar = createSocket("udp4");
  liar.on("message", (bytes, from) => {
    const forged = Buffer.from(bytes);
    forged.writeUInt16BE((bytes.readUInt16BE(0) + 1) % 0x1_00_00, 0);
    forged.writeUInt16BE(0x84_00, 2);
    liar.send(forged, from.port, from.address);
  });
  await new Promise<void>((resolve) => liar.bind(0, host, resolve));
  const { port } = liar.address();
  const options = { server: { host, port }, now: () => nowMs, timeoutMs: 50 };
  const lied = createCachingResolver(options);
  await expect(lied.resolve(name)).rejects.toMatchObject({ code: "ETIMEOUT" });
  await new Promise<void>((resolve) => liar.close(resolve));
});

test("the oldest entry makes room", async () => {
  const options = { server: { host, port: server.port }, now: () => nowMs, entriesMax: 2 };
  const small = createCachingResolver(options);
  for (const label of ["one", "two", "three"]) await small.resolve(`${label}.example.test`);
  expect((await small.resolve("three.example.test")).fromCache).toBe(true);
  expect((await small.resolve("one.example.test")).fromCache).toBe(false);
});

test("a long answer is fetched over TCP", async () => {
  records = Array.from({ length: 100 }, (_, index) => a(`192.0.2.${index}`));
  expect((await resolver.resolve(name)).addresses).toHaveLength(100);
});

test("an HTTP request finds its server by name, through `lookup`", async () => {
  records = [a(host)];
  const web = createServer((_, response) => response.end("here"));
  await new Promise<void>((resolve) => {
    web.listen(0, host, resolve);
  });
  const { port } = web.address() as AddressInfo;
  const fetched = (hostname: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const { lookup } = resolver;
      get({ host: hostname, port, lookup, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      }).on("error", reject);
    });
  expect(await fetched(name)).toBe(200);
  records = [];
  await expect(fetched("other.example.test")).rejects.toMatchObject({ code: "ENOTFOUND" });
  await new Promise((resolve) => web.close(resolve));
});
