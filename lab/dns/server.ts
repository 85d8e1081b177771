//! The lab's authoritative name server: UDP and TCP on one port, answers computed per query by an
//! `AnswerSource`. Promises bounded connections and buffers, and that nothing a client sends stops it.

import { createSocket } from "node:dgram";
import type { RemoteInfo, Socket as UdpSocket } from "node:dgram";
import { createServer } from "node:net";
import type { Server, Socket } from "node:net";

import { canonicalName, isWithin } from "./names.ts";
import type { AnswerSource } from "./answer.ts";
import { replyTo } from "./message.ts";
import type { Rcode, Reply } from "./message.ts";

export interface DnsServerOptions {
  readonly host: string;
  /** 0 takes a port that is free for UDP and for TCP. */
  readonly port: number;
  /** Names outside are refused without asking `answer`. */
  readonly zone: string;
  readonly answer: AnswerSource;
  readonly onQuery?: (query: SeenQuery) => void;
  /** A TCP connection without a byte for this long is ended. @default 5,000 */
  readonly connectionIdleMs?: number;
}

export interface SeenQuery {
  readonly name: string;
  readonly type: string;
  readonly transport: "udp" | "tcp";
  readonly rcode: Rcode;
}

export interface DnsServer {
  readonly port: number;
  /** Ends open connections too. Safe to call twice. */
  close(): Promise<void>;
}

const connectionsMax = 64;
/** No query comes near this; a client that announces more is cut off. */
const queryBytesMax = 4_096;
const bindAttemptsMax = 20;

export async function startDnsServer(options: DnsServerOptions): Promise<DnsServer> {
  const { tcp, udp, port } = await bindBoth(options);
  const zone = canonicalName(options.zone);
  const { connectionIdleMs = 5_000 } = options;
  const source: AnswerSource = (name, type) =>
    isWithin(canonicalName(name), zone) ? options.answer(name, type) : { kind: "not-ours" };
  const respond = (bytes: Buffer, transport: "udp" | "tcp"): Buffer | undefined => {
    const reply = replyTo(bytes, source, transport);
    if (reply !== undefined) report(reply, transport, options.onQuery);
    return reply?.bytes;
  };

  udp.on("message", (bytes: Buffer, from: RemoteInfo) => {
    const reply = respond(bytes, "udp");
    // A client that has gone away by now is not our concern, so the outcome of send is ignored.
    if (reply !== undefined) udp.send(reply, from.port, from.address, () => undefined);
  });
  const connections = new Set<Socket>();
  tcp.on("connection", (socket) => {
    connections.add(socket);
    socket.once("close", () => connections.delete(socket));
    socket.setTimeout(connectionIdleMs, () => socket.destroy());
    serveConnection(socket, (bytes) => respond(bytes, "tcp"));
  });

  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    for (const socket of connections) socket.destroy();
    return Promise.all([closeServer(tcp), closeServer(udp)]).then(() => undefined);
  };
  return { port, close: () => (closing ??= close()) };
}

function report(
  reply: Reply,
  transport: "udp" | "tcp",
  onQuery: DnsServerOptions["onQuery"],
): void {
  const { question, rcode } = reply;
  if (question !== undefined) onQuery?.({ ...question, transport, rcode });
}

/** Length-prefixed queries, answered in order; a reader that is too slow is not read from. */
function serveConnection(socket: Socket, respond: (bytes: Buffer) => Buffer | undefined): void {
  let pending = Buffer.alloc(0);
  socket.on("error", () => socket.destroy());
  socket.on("drain", () => socket.resume());
  socket.on("data", (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 2) {
      const lengthBytes = pending.readUInt16BE(0);
      if (lengthBytes > queryBytesMax) {
        socket.destroy();
        return;
      }
      if (pending.length < 2 + lengthBytes) return;
      const reply = respond(pending.subarray(2, 2 + lengthBytes));
      pending = pending.subarray(2 + lengthBytes);
      if (reply !== undefined && !socket.write(withLength(reply))) socket.pause();
    }
  });
}

function withLength(reply: Buffer): Buffer {
  const framed = Buffer.alloc(2 + reply.length);
  framed.writeUInt16BE(reply.length, 0);
  reply.copy(framed, 2);
  return framed;
}

interface Bound {
  readonly tcp: Server;
  readonly udp: UdpSocket;
  readonly port: number;
}

/** With port 0 the system picks for TCP; UDP may find that port taken, and then both try again. */
async function bindBoth({ host, port }: DnsServerOptions): Promise<Bound> {
  for (let attempt = 1; ; attempt += 1) {
    const tcp = createServer();
    tcp.maxConnections = connectionsMax;
    const bound = await listen(tcp, host, port);
    const udp = createSocket("udp4");
    try {
      await bind(udp, host, bound);
      // From here on errors are of single clients, such as a closed port that answers a reply.
      udp.on("error", () => undefined);
      tcp.on("error", () => undefined);
      return { tcp, udp, port: bound };
    } catch (error) {
      await Promise.all([closeServer(tcp), closeServer(udp)]);
      if (port !== 0 || attempt === bindAttemptsMax) throw error;
    }
  }
}

function listen(tcp: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    tcp.once("error", reject);
    tcp.listen(port, host, () => {
      tcp.off("error", reject);
      const address = tcp.address();
      if (address === null || typeof address === "string") reject(new Error("no TCP port"));
      else resolve(address.port);
    });
  });
}

function bind(udp: UdpSocket, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    udp.once("error", reject);
    udp.bind(port, host, () => {
      udp.off("error", reject);
      resolve();
    });
  });
}

function closeServer(server: Server | UdpSocket): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
