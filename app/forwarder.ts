//! Hands a request to the other region and brings its answer back: bounded in number, time and
//! size. It says whether the peer may have seen the request, because a write whose answer got lost
//! must not be taken for one that never happened, nor be sent again.

import { Agent as HttpAgent, request as httpRequest, type ClientRequest } from "node:http";
import type { IncomingMessage, RequestOptions } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import { answerHeaders, regionHeader, requestHeaders } from "./hop-headers.ts";
import type { ForwardRequest, Forwarded, Peer } from "./ports.ts";

export interface ForwarderProps {
  readonly peerUrl: string;
  readonly requestsMax: number;
  readonly connectTimeoutMs: number;
  /** For the whole exchange, connecting included. */
  readonly timeoutMs: number;
  readonly answerBytesMax: number;
}

/** Shorter than any server keeps an idle connection, so that we hang up first. */
const idleSocketTimeoutMs = 4_000;
const idleSocketsMax = 16;

export class Forwarder implements Peer {
  readonly url: string;
  readonly #props: ForwarderProps;
  readonly #agent: HttpAgent;
  readonly #request: typeof httpRequest;
  #underWay = 0;

  constructor(props: ForwarderProps) {
    this.#props = props;
    this.url = props.peerUrl;
    const secure = new URL(props.peerUrl).protocol === "https:";
    const options = {
      keepAlive: true,
      maxSockets: props.requestsMax,
      maxFreeSockets: idleSocketsMax,
      timeout: idleSocketTimeoutMs,
    };
    this.#agent = secure ? new HttpsAgent(options) : new HttpAgent(options);
    this.#request = secure ? httpsRequest : httpRequest;
  }

  async forward(request: ForwardRequest): Promise<Forwarded> {
    if (this.#underWay >= this.#props.requestsMax) {
      return { kind: "not-sent", because: "too many requests are being forwarded" };
    }
    this.#underWay += 1;
    try {
      const forwarded = await this.#exchange(request);
      if (forwarded.kind !== "answered") this.#dropIdleSockets();
      return forwarded;
    } finally {
      this.#underWay -= 1;
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  async #exchange(request: ForwardRequest): Promise<Forwarded> {
    const outgoing = this.#request(this.#optionsOf(request));
    const connection = watchConnection(outgoing, this.#props.connectTimeoutMs);
    const { timeoutMs, answerBytesMax } = this.#props;
    const late = new Error(`no answer within ${timeoutMs} ms`);
    const deadline = setTimeout(() => outgoing.destroy(late), timeoutMs);
    try {
      const answer = await answerTo(outgoing, request.body);
      const body = await bodyOf(answer, answerBytesMax);
      if (answer.headers[regionHeader] === undefined) {
        const because = `something else than the service answered ${answer.statusCode}`;
        return { kind: "outcome-unknown", because };
      }
      const status = answer.statusCode ?? 502;
      return { kind: "answered", status, headers: answerHeaders(answer.headers), body };
    } catch (error) {
      const because = `${this.url}: ${(error as Error).message}`;
      return { kind: connection.made() ? "outcome-unknown" : "not-sent", because };
    } finally {
      clearTimeout(deadline);
      connection.forget();
    }
  }

  #optionsOf(request: ForwardRequest): RequestOptions {
    const { hostname, port, protocol } = new URL(this.url);
    return {
      protocol,
      hostname: hostname.replace(/^\[|\]$/g, ""),
      ...(port === "" ? {} : { port }),
      agent: this.#agent,
      method: request.method,
      path: request.path,
      headers: requestHeaders(request),
    };
  }

  /** After a failure the idle connections are suspect: they may lead to a host that is gone. */
  #dropIdleSockets(): void {
    for (const sockets of Object.values(this.#agent.freeSockets)) {
      for (const socket of sockets ?? []) socket.destroy();
    }
  }
}

/** Tells a connection that was never made from one on which bytes may have travelled. */
function watchConnection(outgoing: ClientRequest, timeoutMs: number) {
  let made = false;
  let timer: NodeJS.Timeout | undefined;
  outgoing.once("socket", (socket: Socket) => {
    if (!socket.connecting) {
      made = true;
      return;
    }
    const late = new Error(`no connection within ${timeoutMs} ms`);
    timer = setTimeout(() => outgoing.destroy(late), timeoutMs);
    // Before the TLS handshake is done nothing of the request can have travelled.
    socket.once("encrypted" in socket ? "secureConnect" : "connect", () => {
      made = true;
      clearTimeout(timer);
    });
  });
  return { made: () => made, forget: () => clearTimeout(timer) };
}

function answerTo(outgoing: ClientRequest, body: Buffer): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.once("response", resolve);
    // Stays for good: an error after the answer began reaches its reader through the stream.
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

async function bodyOf(answer: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new Error(`the answer is larger than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
