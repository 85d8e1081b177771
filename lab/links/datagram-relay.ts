//! DNS over UDP across a link: a question leaves a site and its answer comes back only while the mesh
//! carries both. What does not get through is lost, as datagrams are; nothing waits.

import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import type { Address } from "../descriptor.ts";
import type { Mesh } from "./mesh.ts";

export interface DatagramRelayProps {
  readonly mesh: Mesh;
  /** Site of those who ask, and where they find the name server. */
  readonly from: string;
  readonly listenHost: string;
  /** Site of the name server, and its address there. */
  readonly to: string;
  readonly server: Address;
}

export interface DatagramRelay extends Address {
  /** Safe to call twice. */
  close(): Promise<void>;
}

interface Asker {
  readonly address: string;
  readonly port: number;
  /** The number that the asker gave its question. */
  readonly id: number;
}

/** Of questions without an answer. The oldest is forgotten first. */
const pendingMax = 1_024;
const idValues = 0x1_00_00;
const headerBytes = 12;

export async function openDatagramRelay(props: DatagramRelayProps): Promise<DatagramRelay> {
  const { from, listenHost, mesh, server, to } = props;
  const near = await bound(listenHost);
  const far = await connected(listenHost, server);
  const pending = new Map<number, Asker>();
  let lastId = 0;
  let isClosed = false;

  /** Looked at when it is sent and again when it arrives. */
  const carry = (site: string, other: string, deliver: () => void): void => {
    if (!mesh.reachable(site, other)) return;
    const arrive = (): void => {
      if (!isClosed && mesh.reachable(site, other)) deliver();
    };
    const latencyMs = mesh.oneWayMs(site, other);
    if (latencyMs === 0) arrive();
    else setTimeout(arrive, latencyMs).unref();
  };
  near.on("message", (question: Buffer, { address, port }: RemoteInfo) => {
    if (question.length < headerBytes) return;
    carry(from, to, () => {
      lastId = (lastId + 1) % idValues;
      // Asked under a number of its own: two askers may have chosen the same one.
      pending.delete(lastId);
      pending.set(lastId, { address, port, id: question.readUInt16BE(0) });
      forgetOldest(pending);
      far.send(renumbered(question, lastId), () => undefined);
    });
  });
  far.on("message", (answer: Buffer) => {
    if (answer.length < headerBytes) return;
    const id = answer.readUInt16BE(0);
    const asker = pending.get(id);
    pending.delete(id);
    if (asker === undefined) return;
    carry(to, from, () =>
      near.send(renumbered(answer, asker.id), asker.port, asker.address, () => undefined),
    );
  });

  return {
    host: listenHost,
    port: near.address().port,
    async close() {
      if (isClosed) return;
      isClosed = true;
      await Promise.all(
        [near, far].map((socket) => new Promise<void>((done) => socket.close(done))),
      );
    },
  };
}

function forgetOldest(pending: Map<number, Asker>): void {
  const [oldest] = pending.keys();
  if (pending.size > pendingMax && oldest !== undefined) pending.delete(oldest);
}

function renumbered(message: Buffer, id: number): Buffer {
  const copy = Buffer.from(message);
  copy.writeUInt16BE(id, 0);
  return copy;
}

async function bound(host: string): Promise<Socket> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ address: host, port: 0 }, () => {
      socket.off("error", reject);
      resolve();
    });
  });
  // From here on errors are of single datagrams, such as a port that is closed by now.
  socket.on("error", () => undefined);
  return socket;
}

async function connected(host: string, server: Address): Promise<Socket> {
  const socket = await bound(host);
  await new Promise<void>((resolve) => socket.connect(server.port, server.host, () => resolve()));
  return socket;
}
