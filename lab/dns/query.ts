//! One question to one name server: UDP first, TCP when the reply was truncated. Promises an end:
//! every try has a time limit and the number of tries is given.

import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { connect } from "node:net";

import { decode, encode } from "dns-packet";
import type { Answer, DecodedPacket, OptAnswer, RecordType } from "dns-packet";

import { rcodes, udpPayloadBytesMax } from "./message.ts";

export interface DnsQuestion {
  readonly name: string;
  readonly type: RecordType;
}

export interface QueryOptions {
  readonly server: { readonly host: string; readonly port: number };
  readonly timeoutMs: number;
  readonly tries: number;
}

export interface DnsReply {
  readonly rcode: number;
  readonly answers: readonly Answer[];
  readonly authorities: readonly Answer[];
}

/** The codes are those of `node:dns`, so that callers need not know who resolved. */
export type DnsErrorCode = "ENOTFOUND" | "ENODATA" | "ETIMEOUT" | "EREFUSED" | "ESERVFAIL";

export class DnsError extends Error {
  readonly code: DnsErrorCode;
  readonly hostname: string;

  constructor(code: DnsErrorCode, hostname: string) {
    super(`${code} ${hostname}`);
    this.name = "DnsError";
    this.code = code;
    this.hostname = hostname;
  }
}

/** Throws `DnsError` with `ETIMEOUT` when no try was answered. */
export async function queryDns(question: DnsQuestion, options: QueryOptions): Promise<DnsReply> {
  for (let attempt = 1; attempt <= options.tries; attempt += 1) {
    const reply = await askOnce(question, options);
    if (reply !== undefined) return reply;
  }
  throw new DnsError("ETIMEOUT", question.name);
}

async function askOnce(
  question: DnsQuestion,
  options: QueryOptions,
): Promise<DnsReply | undefined> {
  const id = randomInt(0x1_00_00);
  const bytes = encode({
    type: "query",
    id,
    questions: [{ ...question, class: "IN" }],
    additionals: [ednsOffer],
  });
  const read = (reply: Buffer): DecodedPacket | undefined => readReply(reply, id, question);
  const overUdp = await exchangeUdp(bytes, options, read);
  const packet = overUdp?.flag_tc === true ? await exchangeTcp(bytes, options, read) : overUdp;
  if (packet === undefined) return undefined;
  const { flags = 0, answers = [], authorities = [] } = packet;
  return { rcode: flags & 0xf, answers, authorities };
}

const ednsOffer: OptAnswer = {
  type: "OPT",
  name: ".",
  udpPayloadSize: udpPayloadBytesMax,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
};

/** A stray datagram (an earlier try's answer, somebody else's) is not a reply to this question. */
function readReply(bytes: Buffer, id: number, question: DnsQuestion): DecodedPacket | undefined {
  let packet: DecodedPacket;
  try {
    packet = decode(bytes);
  } catch {
    return undefined;
  }
  const asked = packet.questions?.[0];
  const matches = packet.flag_qr && packet.id === id && asked?.type === question.type;
  return matches && asked.name.toLowerCase() === question.name.toLowerCase() ? packet : undefined;
}

type Reader = (bytes: Buffer) => DecodedPacket | undefined;

function exchangeUdp(
  bytes: Buffer,
  { server, timeoutMs }: QueryOptions,
  read: Reader,
): Promise<DecodedPacket | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    let settled = false;
    const settle = (packet: DecodedPacket | undefined): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      socket.close();
      resolve(packet);
    };
    const timer = setTimeout(() => settle(undefined), timeoutMs);
    socket.on("error", () => settle(undefined));
    socket.on("message", (message) => {
      const packet = read(message);
      if (packet !== undefined) settle(packet);
    });
    // A connected socket takes datagrams of this server only, and hears of a closed port at once.
    socket.connect(server.port, server.host, () => {
      if (!settled) socket.send(bytes);
    });
  });
}

function exchangeTcp(
  bytes: Buffer,
  { server, timeoutMs }: QueryOptions,
  read: Reader,
): Promise<DecodedPacket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: server.host, port: server.port });
    let received = Buffer.alloc(0);
    const settle = (packet: DecodedPacket | undefined): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(packet);
    };
    const timer = setTimeout(() => settle(undefined), timeoutMs);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(bytes.length, 0);
    socket.once("connect", () => socket.write(Buffer.concat([length, bytes])));
    socket.on("error", () => settle(undefined));
    socket.on("end", () => settle(undefined));
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2) return;
      const end = 2 + received.readUInt16BE(0);
      if (received.length >= end) settle(read(received.subarray(2, end)));
    });
  });
}

/** The error a resolver reports for a reply without records of the wanted type. */
export function errorOf(reply: DnsReply, hostname: string): DnsError {
  switch (reply.rcode) {
    case rcodes.NOERROR:
      return new DnsError("ENODATA", hostname);
    case rcodes.NXDOMAIN:
      return new DnsError("ENOTFOUND", hostname);
    case rcodes.REFUSED:
      return new DnsError("EREFUSED", hostname);
    default:
      return new DnsError("ESERVFAIL", hostname);
  }
}
