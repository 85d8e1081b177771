//! Goal: real resolvers get along with the name server, over UDP and TCP, and clients that misbehave
//! do not stop it. Method: node:dns and raw sockets against a running server; dig where there is one.

import { execFile } from "node:child_process";
import { createSocket } from "node:dgram";
import { promises as dns } from "node:dns";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { promisify } from "node:util";

import { encode, streamDecode, streamEncode } from "dns-packet";
import type { Packet } from "dns-packet";

import type { AnswerSource, DnsRecord } from "../../lab/dns/answer.ts";
import { startDnsServer } from "../../lab/dns/server.ts";
import type { DnsServer, SeenQuery } from "../../lab/dns/server.ts";

const host = "127.0.0.1";
const record = (name: string, type: DnsRecord["type"], value: string): DnsRecord => ({
  name,
  type,
  ttlSeconds: 7,
  value,
});
const soa = record("example.test.", "SOA", "ns1.example.test. h.example.test. 1 2 3 4 5");
const long = `"${"x".repeat(250)}" `.repeat(8).trim();
let address = "192.0.2.1";

const answer: AnswerSource = (name, type) => {
  switch (`${type} ${name.toLowerCase()}`) {
    case "A www.example.test":
      return { kind: "records", answers: [record("www.example.test.", "A", address)] };
    case "A short.example.test":
      return {
        kind: "records",
        answers: [
          record("short.example.test.", "CNAME", "www.example.test."),
          record("www.example.test.", "A", address),
        ],
      };
    case "TXT big.example.test":
      return { kind: "records", answers: [record("big.example.test.", "TXT", long)] };
    case "AAAA www.example.test":
      return { kind: "no-data", answers: [], soa };
    default:
      return { kind: "no-such-name", answers: [], soa };
  }
};

let server: DnsServer;
let resolver: dns.Resolver;
let seen: SeenQuery[];

beforeEach(async () => {
  seen = [];
  const onQuery = (query: SeenQuery): void => void seen.push(query);
  const connectionIdleMs = 600_000;
  const options = { host, port: 0, zone: "example.test", answer, onQuery, connectionIdleMs };
  server = await startDnsServer(options);
  resolver = new dns.Resolver({ timeout: 5_000, tries: 2 });
  resolver.setServers([`${host}:${server.port}`]);
});

afterEach(() => server.close());

test("an address comes with its TTL, through a CNAME as well", async () => {
  const expected = [{ address: "192.0.2.1", ttl: 7 }];
  expect(await resolver.resolve4("www.example.test", { ttl: true })).toEqual(expected);
  expect(await resolver.resolve4("short.example.test", { ttl: true })).toEqual(expected);
});

test("each query is answered anew", async () => {
  address = "192.0.2.2";
  expect(await resolver.resolve4("www.example.test")).toEqual(["192.0.2.2"]);
  address = "192.0.2.1";
  expect(await resolver.resolve4("www.example.test")).toEqual(["192.0.2.1"]);
});

test("a long answer is truncated over UDP and fetched over TCP", async () => {
  const [texts = []] = await resolver.resolveTxt("big.example.test");
  expect(texts.join("")).toHaveLength(2_000);
  expect(seen.map(({ transport }) => transport)).toEqual(["udp", "tcp"]);
});

test.each([
  ["no such name", "nope.example.test", "ENOTFOUND"],
  ["no data", "www.example.test", "ENODATA"],
  ["a name of somebody else", "example.org", "EREFUSED"],
])("a resolver understands %s", async (_, name, code) => {
  await expect(resolver.resolve6(name)).rejects.toMatchObject({ code });
});

test("garbage is ignored, and the next query is answered", async () => {
  const socket = createSocket("udp4");
  for (const bytes of ["", "x", "\0".repeat(11), "\xff".repeat(500)]) {
    await new Promise((resolve) =>
      socket.send(Buffer.from(bytes, "latin1"), server.port, host, resolve),
    );
  }
  socket.close();
  expect(await resolver.resolve4("www.example.test")).toEqual(["192.0.2.1"]);
});

function question(name: string): Buffer {
  return Buffer.from(streamEncode({ type: "query", id: 1, questions: [{ name, type: "A" }] }));
}

async function open(): Promise<Socket> {
  const socket = connect({ host, port: server.port });
  socket.on("error", () => undefined);
  await new Promise((resolve) => socket.once("connect", resolve));
  return socket;
}

async function readReplies(socket: Socket, count: number): Promise<Packet[]> {
  let received = Buffer.alloc(0);
  const replies: Packet[] = [];
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    received = Buffer.concat([received, chunk]);
    while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
      replies.push(streamDecode(received));
      received = received.subarray(2 + received.readUInt16BE(0));
    }
    if (replies.length >= count) break;
  }
  return replies;
}

describe("over TCP", () => {
  test("queries in one packet and in single bytes are answered in order", async () => {
    const socket = await open();
    socket.setNoDelay(true);
    const [first, second, third] = ["www", "nope", "short"].map((name) =>
      question(`${name}.example.test`),
    );
    socket.write(Buffer.concat([first ?? Buffer.alloc(0), second ?? Buffer.alloc(0)]));
    for (const byte of third ?? []) socket.write(Buffer.from([byte]));
    const replies = await readReplies(socket, 3);
    expect(replies.map(({ answers }) => answers?.length)).toEqual([1, 0, 2]);
  });

  test("a client that announces a huge query is cut off", async () => {
    const socket = await open();
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.write(Buffer.from([0xff, 0xff]));
    await closed;
    expect(await resolver.resolve4("www.example.test")).toEqual(["192.0.2.1"]);
  });

  test("a client that says nothing is cut off in the end", async () => {
    const options = { host, port: 0, zone: "example.test", answer, connectionIdleMs: 20 };
    const impatient = await startDnsServer(options);
    const socket = connect({ host, port: impatient.port });
    await new Promise((resolve) => socket.once("close", resolve));
    expect(socket.bytesRead).toBe(0);
    await impatient.close();
  });

  test("closing the server ends connections that are open, and may be asked for twice", async () => {
    const socket = await open();
    const closed = new Promise((resolve) => socket.once("close", resolve));
    await Promise.all([server.close(), server.close(), closed]);
    await server.close();
    expect(socket.destroyed).toBe(true);
  });
});

test("a port that is taken is an error, not another port", async () => {
  const options = { host, port: server.port, zone: "example.test", answer };
  await expect(startDnsServer(options)).rejects.toMatchObject({ code: "EADDRINUSE" });
});

const dig = (...given: readonly string[]): Promise<string> =>
  promisify(execFile)("dig", [`@${host}`, "-p", String(server.port), "+short", ...given]).then(
    ({ stdout }) => stdout,
    (error: NodeJS.ErrnoException) => (error.code === "ENOENT" ? "no dig" : Promise.reject(error)),
  );

test("dig, where there is one, gets the same answers", async () => {
  expect(["192.0.2.1\n", "no dig"]).toContain(await dig("www.example.test"));
  expect(["192.0.2.1\n", "no dig"]).toContain(await dig("+tcp", "www.example.test"));
});

test("a reply goes to where the query came from, and the query is reported as it was spelled", async () => {
  const socket = createSocket("udp4");
  const reply = new Promise<Buffer>((resolve) => socket.once("message", resolve));
  const name = "WwW.example.test";
  socket.send(
    encode({ type: "query", id: 9, questions: [{ name, type: "A" }] }),
    server.port,
    host,
  );
  expect((await reply).readUInt16BE(0)).toBe(9);
  expect(seen).toEqual([{ name, type: "A", transport: "udp", rcode: "NOERROR" }]);
  socket.close();
});
