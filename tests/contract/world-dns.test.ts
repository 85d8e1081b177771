//! Goal: what the health checkers of the world see is read through DNS alone, and what is no clear
//! answer is no answer. Method: the adapter against the lab's name server, over real UDP.

import type { DnsAnswer, DnsRecord } from "../../lab/dns/answer.ts";
import { startDnsServer, type DnsServer } from "../../lab/dns/server.ts";
import type { World } from "../../failover/ports.ts";
import { dnsWorld } from "../../operator/adapters/world-dns.ts";
import { labTopology } from "../../topology/lab.ts";
import { vantageHostname } from "../../topology/topology.ts";

const host = "127.0.0.1";
const zone = "switchback.test";
const name = vantageHostname(labTopology, "us-east-1");
let server: DnsServer;
let world: World;
let said: readonly string[];
let asked: string[];

const record = (value: string): DnsRecord => ({
  name: `${name}.`,
  type: "TXT",
  ttlSeconds: 1,
  value,
});
const soa = {
  ...record("ns1.switchback.test. h.switchback.test. 1 2 3 4 5"),
  name: `${zone}.`,
  type: "SOA",
} as const;

function answer(question: string, type: string): DnsAnswer {
  asked.push(`${type} ${question}`);
  if (said.length === 0) return { kind: "no-such-name", answers: [], soa };
  return { kind: "records", answers: said.map(record) };
}

beforeEach(async () => {
  asked = [];
  said = [];
  server = await startDnsServer({ host, port: 0, zone, answer });
  world = dnsWorld({
    servers: [`${host}:${server.port}`],
    timeoutMs: 500,
    nameOf: (region) => vantageHostname(labTopology, region),
  });
});

afterEach(() => server.close());

test.each(["serving", "failing"])("the text %s is what they see", async (seen) => {
  said = [`"${seen}"`];
  expect(await world.sees("us-east-1")).toEqual({ ok: true, value: seen });
  expect(asked).toEqual([`TXT ${name}`]);
});

test("a text in two parts is one text", async () => {
  said = ['"serv" "ing"'];
  expect(await world.sees("us-east-1")).toEqual({ ok: true, value: "serving" });
});

test("every question is asked anew, and the answer follows the health", async () => {
  said = ['"serving"'];
  await world.sees("us-east-1");
  said = ['"failing"'];
  expect(await world.sees("us-east-1")).toEqual({ ok: true, value: "failing" });
  expect(asked).toHaveLength(2);
});

test("another text is refused and quoted, never taken for failing", async () => {
  said = ['"v=spf1 -all"'];
  const seen = await world.sees("us-east-1");
  expect(seen).toMatchObject({ ok: false, fault: "refused" });
  expect(seen.ok ? "" : seen.detail).toContain("v=spf1");
});

test("a name that does not exist is no answer", async () => {
  expect(await world.sees("us-east-1")).toMatchObject({ ok: false, fault: "unreachable" });
});

test("a name server that is gone is no answer, within its time", async () => {
  await server.close();
  expect(await world.sees("us-east-1")).toMatchObject({ ok: false, fault: "unreachable" });
});
