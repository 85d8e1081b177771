//! How a replica crosses from one region to another: one HTTP PUT whose body is the object and whose
//! header is everything else. Only who knows the lab's secret may send.

import {
  type Agent,
  createServer,
  request,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import type { Address } from "../../descriptor.ts";
import { readBody } from "../protocols/body.ts";
import { AwsError } from "../service.ts";
import { crc32Text, type ObjectVersion } from "./version.ts";

/** `rejected`: a repeat would be rejected as well. */
export type SendResult = "delivered" | "rejected";

export interface Sending {
  readonly to: Address;
  readonly secret: string;
  readonly agent: Agent;
  readonly signal: AbortSignal;
}

/** Rejects when no answer came, or one that a repeat may change. */
export async function sendReplica(
  version: ObjectVersion,
  { agent, secret, signal, to }: Sending,
): Promise<SendResult> {
  const status = await new Promise<number>((resolve, reject) => {
    const sent = request(
      {
        ...to,
        agent,
        signal,
        method: "PUT",
        path: "/replica",
        headers: {
          authorization: `Bearer ${secret}`,
          "content-length": version.body.length,
          [versionHeader]: writeHeader(version),
        },
      },
      (response) => {
        response.resume();
        response.once("error", reject);
        response.once("end", () => resolve(response.statusCode ?? 0));
      },
    );
    sent.once("error", reject);
    sent.end(version.body);
  });
  if (status === 204) return "delivered";
  if (finalRefusals.has(status)) return "rejected";
  throw new Error(`the other region answered ${status}`);
}

export interface ReceiverProps {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly secret: string;
  /** Of one object. @default 16 MiB, the largest that the endpoint takes */
  readonly bytesMax?: number;
  readonly receive: (replica: ObjectVersion) => "stored" | "no-bucket" | "not-versioned";
}

export interface Receiver extends Address {
  close(): Promise<void>;
}

export async function startReceiver(props: ReceiverProps): Promise<Receiver> {
  const server = createServer({ noDelay: true }, (incoming, response) => {
    // Only a sender that went away makes this fail; there is nobody left to tell.
    answer(incoming, response, props).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 120_000;
  server.maxConnections = 200;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(props.port, props.host, resolve);
  });
  return {
    host: props.host,
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const versionHeader = "x-lab-version";
/** No such bucket; a bucket without versions. */
const finalRefusals: ReadonlySet<number> = new Set([404, 409]);
const statuses = { stored: 204, "no-bucket": 404, "not-versioned": 409 } as const;

async function answer(
  incoming: IncomingMessage,
  response: ServerResponse,
  props: ReceiverProps,
): Promise<void> {
  const status = await take(incoming, props);
  // An unread rest of a body would be taken for the next request.
  response.writeHead(status, incoming.complete ? {} : { connection: "close" }).end();
}

async function take(incoming: IncomingMessage, props: ReceiverProps): Promise<number> {
  const { authorization, [versionHeader]: header } = incoming.headers;
  if (authorization !== `Bearer ${props.secret}`) return 403;
  const body = await readBody(incoming, props.bytesMax ?? 16 * 1024 * 1024);
  if (body === "too-large") return 413;
  if (typeof header !== "string") return 400;
  const replica = readHeader(header, body);
  // Damaged on the way: to be sent once more.
  if (!replica.deleteMarker && crc32Text(body) !== replica.crc32) return 400;
  try {
    return statuses[props.receive(replica)];
  } catch (error) {
    if (error instanceof AwsError) return error.status ?? 500;
    throw error;
  }
}

type Described = Omit<ObjectVersion, "body" | "modifiedAt" | "replication"> & {
  readonly modifiedAt: string;
};

/** The bucket named in it is the one that receives. */
function writeHeader(version: ObjectVersion): string {
  const modifiedAt = version.modifiedAt.toISOString();
  const described = { ...version, modifiedAt, body: undefined, replication: undefined };
  return Buffer.from(JSON.stringify(described)).toString("base64url");
}

function readHeader(header: string, body: Buffer): ObjectVersion {
  // Written by the same build of the same process, so its shape needs no check.
  const described = JSON.parse(Buffer.from(header, "base64url").toString("utf8")) as Described;
  const { contentEncoding, contentType, metadata, modifiedAt } = described;
  return {
    ...described,
    contentEncoding,
    contentType,
    metadata,
    body,
    modifiedAt: new Date(modifiedAt),
    replication: { kind: "replica" },
  };
}
