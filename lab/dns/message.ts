//! One DNS query in, one reply out, as bytes. Knows nothing of sockets. Promises that no input
//! throws: what cannot be read is left unanswered, what is not spoken here is refused by name.

import { AUTHORITATIVE_ANSWER, decode, encode, TRUNCATED_RESPONSE } from "dns-packet";
import type { Answer, OptAnswer, Packet } from "dns-packet";

import type { AnswerSource, DnsAnswer, DnsRecord } from "./answer.ts";
import { canonicalName } from "./names.ts";
import { parseRecordValue } from "./record-values.ts";

export const rcodes = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
} as const;

export type Rcode = keyof typeof rcodes | "BADVERS";

export interface Reply {
  readonly bytes: Buffer;
  readonly rcode: Rcode;
  /** Absent when the query was refused before its question was read. */
  readonly question?: { readonly name: string; readonly type: string };
}

/** Larger datagrams would be fragmented on a real network; the same limit holds here. */
export const udpPayloadBytesMax = 1_232;

const udpPayloadBytesWithoutEdns = 512;
const headerBytes = 12;
const additionalRecordsMax = 8;
const recursionDesired = 0x01_00;
const notAnswered: readonly string[] = ["ANY", "AXFR", "IXFR"];

interface Query {
  readonly id: number;
  readonly flags: number;
  readonly question: { readonly name: string; readonly type: string };
  /** The question's own bytes: echoed as they came, so that a client's 0x20 check holds. */
  readonly questionBytes: Buffer;
  readonly opt: OptAnswer | undefined;
  readonly isInternet: boolean;
}

export function replyTo(
  bytes: Buffer,
  source: AnswerSource,
  transport: "udp" | "tcp",
): Reply | undefined {
  if (bytes.length < headerBytes) return undefined;
  const flags = bytes.readUInt16BE(2);
  const isResponse = (flags & 0x80_00) !== 0;
  if (isResponse) return undefined;
  const opcode = (flags >> 11) & 0xf;
  if (opcode !== 0) return headerOnly(bytes, "NOTIMP");
  if (!isOneQuestion(bytes)) return headerOnly(bytes, "FORMERR");

  const query = readQuery(bytes);
  if (query === undefined) return undefined;
  const sections = sectionsFor(query, source);
  const limitBytes = transport === "tcp" ? Infinity : udpLimitBytes(query.opt);
  const { question } = query;
  return { bytes: encodeReply(query, sections, limitBytes), rcode: sections.rcode, question };
}

/** A query has one question and nothing to say; the additional section is for EDNS and the like. */
function isOneQuestion(bytes: Buffer): boolean {
  const [questions, answers, authorities, additionals] = [4, 6, 8, 10].map((at) =>
    bytes.readUInt16BE(at),
  );
  const empty = answers === 0 && authorities === 0;
  return questions === 1 && empty && (additionals ?? 0) <= additionalRecordsMax;
}

function readQuery(bytes: Buffer): Query | undefined {
  const questionEnd = endOfQuestion(bytes);
  if (questionEnd === undefined) return undefined;
  let packet: Packet;
  try {
    packet = decode(bytes);
  } catch {
    return undefined;
  }
  const question = packet.questions?.[0];
  if (question === undefined) return undefined;
  return {
    id: bytes.readUInt16BE(0),
    flags: bytes.readUInt16BE(2),
    question: { name: question.name, type: question.type },
    questionBytes: bytes.subarray(headerBytes, questionEnd),
    opt: packet.additionals?.find((record) => record.type === "OPT"),
    isInternet: question.class === "IN",
  };
}

/** Walks the labels. A compression pointer has nothing to point at here, so it is malformed. */
function endOfQuestion(bytes: Buffer): number | undefined {
  let at = headerBytes;
  for (let length = bytes[at]; length !== 0; length = bytes[at]) {
    if (length === undefined || length > 63) return undefined;
    at += length + 1;
  }
  const end = at + 1 + 4;
  return end <= bytes.length ? end : undefined;
}

interface Sections {
  readonly rcode: Rcode;
  readonly isAuthoritative: boolean;
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
}

function sectionsFor(query: Query, source: AnswerSource): Sections {
  const { name, type } = query.question;
  if (query.opt !== undefined && query.opt.ednsVersion !== 0) return refusal("BADVERS");
  if (!query.isInternet) return refusal("REFUSED");
  if (notAnswered.includes(type)) return refusal("NOTIMP");
  return sectionsOf(source(name, type));
}

function sectionsOf(answer: DnsAnswer): Sections {
  switch (answer.kind) {
    case "records":
      return { rcode: "NOERROR", isAuthoritative: true, answers: answer.answers, authorities: [] };
    case "no-data":
    case "no-such-name": {
      const rcode = answer.kind === "no-data" ? "NOERROR" : "NXDOMAIN";
      const authorities = [answer.soa];
      return { rcode, isAuthoritative: true, answers: answer.answers, authorities };
    }
    case "not-ours":
      return refusal("REFUSED");
    default:
      return answer satisfies never;
  }
}

function refusal(rcode: Rcode): Sections {
  return { rcode, isAuthoritative: false, answers: [], authorities: [] };
}

function udpLimitBytes(opt: OptAnswer | undefined): number {
  const offered = opt?.udpPayloadSize ?? udpPayloadBytesWithoutEdns;
  return Math.min(Math.max(offered, udpPayloadBytesWithoutEdns), udpPayloadBytesMax);
}

/** A reply over the limit loses its records and says so: the client asks again over TCP. */
function encodeReply(query: Query, sections: Sections, limitBytes: number): Buffer {
  const whole = encodeSections(query, sections, 0);
  if (whole.length <= limitBytes) return whole;
  return encodeSections(query, { ...sections, answers: [], authorities: [] }, TRUNCATED_RESPONSE);
}

function encodeSections(query: Query, sections: Sections, extraFlags: number): Buffer {
  const { rcode, isAuthoritative, answers, authorities } = sections;
  const flags =
    (rcode === "BADVERS" ? 0 : rcodes[rcode]) |
    (isAuthoritative ? AUTHORITATIVE_ANSWER : 0) |
    (query.flags & recursionDesired) |
    extraFlags;
  const encoded = encode({
    type: "response",
    id: query.id,
    flags,
    questions: [],
    answers: answers.map((record) => toWire(record, query.question.name)),
    authorities: authorities.map((record) => toWire(record, query.question.name)),
    additionals: query.opt === undefined ? [] : [optRecord(rcode)],
  });
  encoded.writeUInt16BE(1, 4);
  const [header, rest] = [encoded.subarray(0, headerBytes), encoded.subarray(headerBytes)];
  return Buffer.concat([header, query.questionBytes, rest]);
}

/** BADVERS is 16: its upper bits travel in the OPT record. */
function optRecord(rcode: Rcode): OptAnswer {
  return {
    type: "OPT",
    name: ".",
    udpPayloadSize: udpPayloadBytesMax,
    extendedRcode: rcode === "BADVERS" ? 1 : 0,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: [],
  };
}

/** A record of the name that was asked for keeps the spelling of the question. */
function toWire(record: DnsRecord, asked: string): Answer {
  const parsed = parseRecordValue(record.type, record.value);
  if (!parsed.ok) throw new Error(`${record.name} ${record.type}: ${parsed.problem}`);
  const name = record.name === canonicalName(asked) ? asked : record.name;
  return { name, ttl: record.ttlSeconds, ...parsed.record };
}

function headerOnly(bytes: Buffer, rcode: "FORMERR" | "NOTIMP"): Reply {
  const reply = Buffer.alloc(headerBytes);
  const flags = bytes.readUInt16BE(2);
  reply.writeUInt16BE(bytes.readUInt16BE(0), 0);
  // Opcode and "recursion desired" are copied from the query.
  reply.writeUInt16BE(0x80_00 | (flags & 0x79_00) | rcodes[rcode], 2);
  return { bytes: reply, rcode };
}
