//! One way into a region's app as its load balancer holds it: connections go straight to a ready pod,
//! unless a fault is active there. Then requests pass through here, and some are answered in its place.

import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Address } from "../descriptor.ts";
import type { Fault, FaultAudience, LoadBalancerFault } from "../faults/faults.ts";

export interface AppEntranceProps {
  /** Address of the region. */
  readonly host: string;
  /** `peer` is the way that the other region takes. */
  readonly audience: FaultAudience;
  /** Who serves the next connection; undefined when nobody is ready. */
  readonly pick: () => Address | undefined;
}

/** What is done to requests on their way. */
export interface Treatment {
  /** 0 to 100. */
  readonly errorPercent: number;
  readonly latencyMs: number;
}

const none: Treatment = { errorPercent: 0, latencyMs: 0 };
const connectionsMax = 2_048;

export class AppEntrance {
  readonly audience: FaultAudience;
  readonly #props: AppEntranceProps;
  #treatment = none;
  #server: Promise<http.Server> | undefined;
  #port: number | undefined;
  #hangUp: () => void = () => undefined;
  #requests = 0;

  constructor(props: AppEntranceProps) {
    this.audience = props.audience;
    this.#props = props;
  }

  /** How to end the connections that lead past here; they must come again through the fault. */
  attach(link: { hangUp(): void }): void {
    this.#hangUp = () => link.hangUp();
  }

  /** For the link: where the next connection leads. */
  target(): Address | undefined {
    if (!isActive(this.#treatment) || this.#port === undefined) return this.#props.pick();
    return { host: this.#props.host, port: this.#port };
  }

  /**
   * From when this resolves, every request gets the treatment. Connections from before a fault are
   * reset; those from during it are closed after their next answer, once it is over.
   */
  async treat(treatment: Treatment): Promise<void> {
    if (isActive(treatment)) await (this.#server ??= this.#listen());
    const wasActive = isActive(this.#treatment);
    this.#treatment = treatment;
    if (isActive(treatment) && !wasActive) this.#hangUp();
  }

  /** Safe to call twice. */
  async close(): Promise<void> {
    const server = await this.#server;
    this.#server = undefined;
    this.#port = undefined;
    if (server === undefined) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }

  #listen(): Promise<http.Server> {
    const server = http.createServer({ noDelay: true }, (request, response) => {
      this.#answer(request, response);
    });
    server.maxConnections = connectionsMax;
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, this.#props.host, () => {
        this.#port = (server.address() as AddressInfo).port;
        resolve(server);
      });
    });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { errorPercent, latencyMs } = this.#treatment;
    this.#requests += 1;
    if (isChosen(this.#requests, errorPercent)) {
      request.resume();
      later(latencyMs, () => refuse(response));
      return;
    }
    const pod = this.#props.pick();
    if (pod === undefined) {
      request.socket.resetAndDestroy();
      return;
    }
    const drains = (): boolean => !isActive(this.#treatment);
    passOn(request, response, { pod, latencyMs, drains });
  }
}

/** What the faults in force do to requests that come this way. The strongest of each kind counts. */
export function treatmentOf(
  faults: readonly Fault[],
  region: string,
  audience: FaultAudience,
): Treatment {
  const here = faults.filter(
    (fault): fault is LoadBalancerFault =>
      (fault.kind === "app-errors" || fault.kind === "app-slow") && fault.region === region,
  );
  const percents = here.flatMap((fault) =>
    fault.kind === "app-errors" && meets(fault.audience, audience) ? [fault.percent] : [],
  );
  const latencies = here.flatMap((fault) => (fault.kind === "app-slow" ? [fault.latencyMs] : []));
  return { errorPercent: Math.max(0, ...percents), latencyMs: Math.max(0, ...latencies) };
}

/**
 * A fixed share of the requests, the same every time. Their numbers are spread by the golden ratio:
 * a share counted off evenly would always meet the same one of two users that take turns.
 */
export function isChosen(requestNumber: number, percent: number): boolean {
  return (requestNumber * goldenRatio) % 1 < percent / 100;
}

const goldenRatio = (Math.sqrt(5) - 1) / 2;

function meets(faultAudience: FaultAudience = "everyone", audience: FaultAudience): boolean {
  return faultAudience === "everyone" || audience === "peer";
}

function isActive({ errorPercent, latencyMs }: Treatment): boolean {
  return errorPercent > 0 || latencyMs > 0;
}

function later(delayMs: number, answer: () => void): void {
  if (delayMs === 0) answer();
  else setTimeout(answer, delayMs).unref();
}

function refuse(response: ServerResponse): void {
  response.writeHead(500, { "content-type": "text/plain", server: "lab-load-balancer" });
  response.end("Internal Server Error\n");
}

interface Onward {
  readonly pod: Address;
  readonly latencyMs: number;
  /** Whether the caller should come again over a new connection. */
  readonly drains: () => boolean;
}

function passOn(request: IncomingMessage, response: ServerResponse, onward: Onward): void {
  const { pod, latencyMs, drains } = onward;
  const { method, rawHeaders, url } = request;
  const asked = http.request({
    ...pod,
    method,
    path: url,
    // Each request on a connection of its own: none can be lost to a pod that closes an old one.
    agent: false,
    headers: [...ofThisConnection(rawHeaders), "connection", "close"],
  });
  asked.on("response", (answered) => {
    later(latencyMs, () => {
      if (drains()) response.shouldKeepAlive = false;
      response.writeHead(
        answered.statusCode ?? 502,
        answered.statusMessage ?? "",
        ofThisConnection(answered.rawHeaders),
      );
      answered.pipe(response);
    });
    answered.on("error", () => response.destroy());
  });
  // The caller sees what it would see without anybody in between: its connection is reset.
  asked.on("error", () => {
    if (!response.writableFinished) request.socket.resetAndDestroy();
  });
  response.on("close", () => asked.destroy());
  request.pipe(asked);
}

const hopByHop: ReadonlySet<string> = new Set(["connection", "keep-alive", "transfer-encoding"]);

/** Names and values in turn, without those that speak of the connection they came on. */
function ofThisConnection(rawHeaders: readonly string[]): string[] {
  return rawHeaders.filter((_text, index) => {
    const name = rawHeaders[index - (index % 2)] ?? "";
    return !hopByHop.has(name.toLowerCase());
  });
}
