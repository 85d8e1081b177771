//! Goal: replies are well formed for every query, and no input makes the server throw.
//! Method: queries as bytes against the pure function; random and damaged bytes by property.

import { decode, encode } from "dns-packet";
import type { DecodedPacket, OptAnswer, Packet } from "dns-packet";
import * as fc from "fast-check";

import type { AnswerSource, DnsRecord } from "../../lab/dns/answer.ts";
import { rcodes, replyTo } from "../../lab/dns/message.ts";
import { compareNames } from "../../lab/dns/names.ts";
import { parseRecordValue } from "../../lab/dns/record-values.ts";

const soa: DnsRecord = {
  name: "example.test.",
  type: "SOA",
  ttlSeconds: 5,
  value: "ns1.example.test. hostmaster.example.test. 1 7200 900 1209600 5",
};
const texts = (host: string, count: number): readonly DnsRecord[] =>
  Array.from({ length: count }, (_, index) => ({
    name: `${host}.example.test.`,
    type: "TXT",
    ttlSeconds: 60,
    value: `"${String(index).padEnd(200, "x")}"`,
  }));
const records: Readonly<Record<string, readonly DnsRecord[]>> = {
  "A www.example.test": [
    { name: "www.example.test.", type: "A", ttlSeconds: 60, value: "192.0.2.1" },
  ],
  "AAAA www.example.test": [
    { name: "www.example.test.", type: "AAAA", ttlSeconds: 60, value: "2001:db8::1" },
  ],
  "TXT mid.example.test": texts("mid", 3),
  "TXT big.example.test": texts("big", 10),
  "SOA example.test": [soa],
  "NS example.test": [
    { name: "example.test.", type: "NS", ttlSeconds: 60, value: "ns1.example.test." },
  ],
};

const source: AnswerSource = (name, type) => {
  const lower = name.toLowerCase();
  if (!lower.endsWith("example.test")) return { kind: "not-ours" };
  const answers = records[`${type} ${lower}`];
  if (answers !== undefined) return { kind: "records", answers };
  const exists = Object.keys(records).some((key) => key.endsWith(` ${lower}`));
  return { kind: exists ? "no-data" : "no-such-name", answers: [], soa };
};

function opt(given: Partial<OptAnswer> = {}): OptAnswer {
  const { udpPayloadSize = 4_096, ednsVersion = 0 } = given;
  const rest = { extendedRcode: 0, flags: 0, flag_do: false, options: [] };
  return { type: "OPT", name: ".", udpPayloadSize, ednsVersion, ...rest };
}

function query(name: string, type: string, given: Packet = {}): Buffer {
  // The types of the package know fewer record types than its code.
  const question = { name, type: type as "A" };
  return encode({ type: "query", id: 4_711, flags: 0x100, questions: [question], ...given });
}

function reply(bytes: Buffer, transport: "udp" | "tcp" = "udp"): DecodedPacket & { code: number } {
  const answer = replyTo(bytes, source, transport);
  if (answer === undefined) throw new Error("no reply");
  const packet = decode(answer.bytes);
  return { ...packet, code: (packet.flags ?? 0) & 0xf };
}

test("an answer is authoritative, carries the id, echoes the wish for recursion and offers none", () => {
  expect(reply(query("www.example.test", "A"))).toMatchObject({
    id: 4_711,
    flag_qr: true,
    flag_aa: true,
    flag_rd: true,
    flag_ra: false,
    flag_tc: false,
    answers: [{ name: "www.example.test", type: "A", ttl: 60, data: "192.0.2.1" }],
  });
});

test("the question and the owner of its answer keep the spelling of the query", () => {
  const { questions, answers } = reply(query("wWw.eXample.TEST", "A"));
  expect(questions?.[0]?.name).toBe("wWw.eXample.TEST");
  expect(answers?.[0]?.name).toBe("wWw.eXample.TEST");
});

test.each([
  ["a missing type", "www.example.test TXT", { code: rcodes.NOERROR, authorities: 1 }],
  ["a type nobody knows", "www.example.test UNKNOWN_65", { code: rcodes.NOERROR, authorities: 1 }],
  ["a missing name", "nope.example.test A", { code: rcodes.NXDOMAIN, authorities: 1 }],
  ["a foreign name", "example.org A", { code: rcodes.REFUSED, authorities: 0 }],
  ["a zone transfer", "example.test AXFR", { code: rcodes.NOTIMP, authorities: 0 }],
  ["everything at once", "example.test ANY", { code: rcodes.NOTIMP, authorities: 0 }],
])("%s is answered with its own code", (_, asked, { code, authorities }) => {
  const [name = "", type = ""] = asked.split(" ");
  const packet = reply(query(name, type));
  expect(packet.code).toBe(code);
  expect(packet.answers).toEqual([]);
  expect(packet.authorities).toHaveLength(authorities);
  expect(packet.flag_aa).toBe(authorities > 0);
});

test("another class than the internet's is refused", () => {
  const questions = [{ name: "www.example.test", type: "A", class: "CH" } as const];
  expect(reply(query("", "A", { questions })).code).toBe(rcodes.REFUSED);
});

describe("a reply that is too large for its datagram", () => {
  test.each([
    ["over 512 bytes without EDNS", undefined, "mid", true],
    ["over 512 bytes when EDNS offers less", opt({ udpPayloadSize: 100 }), "mid", true],
    ["over 1,232 bytes whatever EDNS offers", opt({ udpPayloadSize: 4_096 }), "big", true],
    ["not at all below what EDNS offers", opt({ udpPayloadSize: 1_000 }), "mid", false],
  ])("is truncated %s", (_, offer, host, truncated) => {
    const additionals = offer === undefined ? [] : [offer];
    const packet = reply(query(`${host}.example.test`, "TXT", { additionals }));
    expect(packet.flag_tc).toBe(truncated);
    expect(packet.answers).toHaveLength(truncated ? 0 : 3);
  });

  test("comes whole over TCP", () => {
    const packet = reply(query("big.example.test", "TXT"), "tcp");
    expect(packet.flag_tc).toBe(false);
    expect(packet.answers).toHaveLength(10);
  });
});

test("EDNS is answered with EDNS, and not offered to those who did not ask", () => {
  const withOpt = reply(query("www.example.test", "A", { additionals: [opt()] }));
  expect(withOpt.additionals).toMatchObject([{ type: "OPT", udpPayloadSize: 1_232 }]);
  expect(reply(query("www.example.test", "A")).additionals).toEqual([]);
});

test("a later version of EDNS is BADVERS", () => {
  const packet = reply(query("www.example.test", "A", { additionals: [opt({ ednsVersion: 1 })] }));
  expect(packet.additionals).toMatchObject([{ extendedRcode: 1, ednsVersion: 0 }]);
  expect(packet.answers).toEqual([]);
});

test.each([
  ["an update", { flags: 5 << 11 }, rcodes.NOTIMP],
  ["a notification", { flags: 4 << 11 }, rcodes.NOTIMP],
  ["no question", { questions: [] }, rcodes.FORMERR],
  [
    "two questions",
    { questions: ["one", "two"].map((name) => ({ name, type: "A" as const })) },
    rcodes.FORMERR,
  ],
  [
    "a query that brings an answer",
    { answers: [{ name: "x", type: "A" as const, ttl: 1, data: "192.0.2.1" }] },
    rcodes.FORMERR,
  ],
])("%s is refused by name", (_, given: Packet, code) => {
  const packet = reply(query("www.example.test", "A", given));
  expect([packet.id, packet.code, packet.flag_qr]).toEqual([4_711, code, true]);
});

test.each([
  [
    "a response",
    encode({ type: "response", questions: [{ name: "www.example.test", type: "A" }] }),
  ],
  ["less than a header", Buffer.alloc(11)],
  ["a question that ends early", query("www.example.test", "A").subarray(0, -1)],
  [
    "a name that points elsewhere",
    Buffer.from("12340100000100000000000003777777c0040001 0001".replaceAll(" ", ""), "hex"),
  ],
])("%s is left unanswered", (_, bytes) => {
  expect(replyTo(bytes, source, "udp")).toBeUndefined();
});

test("no bytes make it throw, and every reply can be read and has the query's id", () => {
  const damaged = fc
    .tuple(fc.constantFrom(...Object.keys(records)), fc.array(fc.tuple(fc.nat(80), fc.nat(255))))
    .map(([key, flips]) => {
      const [type = "A", name = ""] = key.split(" ");
      const bytes = query(name, type, { additionals: [opt()] });
      for (const [at, value] of flips) if (at < bytes.length) bytes[at] = value;
      return bytes;
    });
  const random = fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(fc.oneof(damaged, random), fc.constantFrom("udp", "tcp"), (bytes, transport) => {
      const answer = replyTo(bytes, source, transport);
      if (answer === undefined) return;
      expect(decode(answer.bytes).id).toBe(bytes.readUInt16BE(0));
      const limitBytes = transport === "udp" ? 1_232 : Infinity;
      expect(answer.bytes.length).toBeLessThanOrEqual(limitBytes);
    }),
    { numRuns: 2_000 },
  );
});

describe("text values", () => {
  test.each([
    ['"one"', ["one"]],
    ['"one" "two"', ["one", "two"]],
    ['"with \\"quotes\\" and \\\\ inside"', ['with "quotes" and \\ inside']],
    ['"octal \\101"', ["octal A"]],
    ['""', [""]],
  ])("%s is read", (value, expected) => {
    const parsed = parseRecordValue("TXT", value);
    const texts = parsed.ok && parsed.record.type === "TXT" ? parsed.record.data.map(String) : [];
    expect(texts).toEqual(expected);
  });

  test.each(["bare", '"open', '"one" two', "", '"one""two\\"'])("%s is refused", (value) => {
    expect(parseRecordValue("TXT", value).ok).toBe(false);
  });
});

test("names sort by their labels from the right", () => {
  const names = ["b.example.test.", "a.b.example.test.", "example.test.", "aa.example.test."];
  expect(names.toSorted(compareNames)).toEqual([
    "example.test.",
    "aa.example.test.",
    "b.example.test.",
    "a.b.example.test.",
  ]);
});
