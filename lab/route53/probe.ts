//! One probe of an endpoint, as a Route 53 health checker makes it: always a new connection, four
//! seconds to connect, two more for the answer, and as much again for a body that is searched.

import { request } from "node:http";
import type { ClientRequest, IncomingMessage } from "node:http";
import { connect } from "node:net";
import type { Socket } from "node:net";

import type { EndpointCheck } from "./health-config.ts";

export interface ProbeResult {
  readonly succeeded: boolean;
  /** As `GetHealthCheckStatus` words it. */
  readonly text: string;
}

/** Never rejects: whatever goes wrong is the result. `signal` ends it early, with any result. */
export type Probe = (check: EndpointCheck, signal: AbortSignal) => Promise<ProbeResult>;

export interface ProbeTarget {
  readonly host: string;
  readonly port: number;
}

export interface ProbeOptions {
  /** Where a checker's connection goes: the lab leads it through the link from the internet. */
  readonly probeTarget: (check: EndpointCheck) => ProbeTarget;
  readonly speedup: number;
}

const connectSeconds = 4;
const connectSecondsTcp = 10;
const answerSeconds = 2;
/** A faster lab does not get a faster machine: below this, timeouts would measure the scheduler. */
const timeoutMsMin = 300;
const searchedBytesMax = 5_120;

export function createProbe({ probeTarget, speedup }: ProbeOptions): Probe {
  const scaled = (seconds: number): number => Math.max(timeoutMsMin, (seconds * 1_000) / speedup);
  return (check, signal) => {
    const target = probeTarget(check);
    if (check.kind === "tcp") return probeTcp(target, scaled(connectSecondsTcp), signal);
    const limits = { connectMs: scaled(connectSeconds), answerMs: scaled(answerSeconds) };
    return probeHttp({ check, target, signal, ...limits });
  };
}

interface HttpProbe {
  readonly check: EndpointCheck;
  readonly target: ProbeTarget;
  readonly signal: AbortSignal;
  readonly connectMs: number;
  readonly answerMs: number;
}

function probeHttp(probe: HttpProbe): Promise<ProbeResult> {
  const { check, target, signal, connectMs, answerMs } = probe;
  return new Promise((resolve) => {
    const asked: ClientRequest = request({
      host: target.host,
      port: target.port,
      path: check.path,
      headers: { host: hostHeader(check), "user-agent": "Amazon-Route53-Health-Check-Service" },
      agent: false,
      signal,
    });
    const deadline = createDeadline();
    const settle = (succeeded: boolean, text: string): void => {
      deadline.clear();
      resolve({ succeeded, text: `${succeeded ? "Success" : "Failure"}: ${text}` });
      asked.destroy();
    };
    deadline.set(connectMs, () => settle(false, "Connection timed out."));
    asked.on("socket", (socket) => {
      socket.once("connect", () => {
        deadline.set(answerMs, () => settle(false, "Response timed out."));
      });
    });
    // Also hears of the end that `settle` itself makes; a promise settles once.
    asked.on("error", (error) => settle(false, failureText(error)));
    asked.on("response", (response) => {
      const status = response.statusCode ?? 0;
      const text = `HTTP Status Code ${status}, ${response.statusMessage ?? ""}`;
      if (status < 200 || status >= 400) settle(false, text);
      else if (check.kind !== "http-match") settle(true, text);
      else {
        deadline.set(answerMs, () => settle(false, "Response body timed out."));
        searchBody(response, check.searchString, (found) =>
          settle(found, found ? text : "The search string was not found in the response body."),
        );
      }
    });
    asked.end();
  });
}

/** Only the first 5,120 bytes count, and the string must lie in them whole. */
function searchBody(
  response: IncomingMessage,
  searchString: string,
  settle: (found: boolean) => void,
): void {
  let body = Buffer.alloc(0);
  response.on("data", (chunk: Buffer) => {
    body = Buffer.concat([body, chunk.subarray(0, searchedBytesMax - body.length)]);
    if (body.includes(searchString)) settle(true);
    else if (body.length >= searchedBytesMax) settle(false);
  });
  response.on("end", () => settle(false));
  response.on("error", () => settle(false));
}

function probeTcp(
  { host, port }: ProbeTarget,
  connectMs: number,
  signal: AbortSignal,
): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const socket: Socket = connect({ host, port, signal });
    const deadline = createDeadline();
    const settle = (succeeded: boolean, text: string): void => {
      deadline.clear();
      resolve({ succeeded, text: `${succeeded ? "Success" : "Failure"}: ${text}` });
      socket.destroy();
    };
    deadline.set(connectMs, () => settle(false, "Connection timed out."));
    socket.once("connect", () => settle(true, "TCP connection established."));
    socket.on("error", (error) => settle(false, failureText(error)));
  });
}

interface Deadline {
  /** Replaces the deadline before. */
  set(delayMs: number, missed: () => void): void;
  clear(): void;
}

function createDeadline(): Deadline {
  let timer: NodeJS.Timeout | undefined;
  return {
    set(delayMs, missed) {
      clearTimeout(timer);
      timer = setTimeout(missed, delayMs);
    },
    clear: () => clearTimeout(timer),
  };
}

/** The port is left out where it is the scheme's own. */
function hostHeader({ hostname, address, port }: EndpointCheck): string {
  const host = hostname ?? address ?? "";
  return port === 80 ? host : `${host}:${port}`;
}

function failureText({ code, message }: NodeJS.ErrnoException): string {
  if (code === "ECONNREFUSED") return "Connection refused.";
  if (code === "ECONNRESET") return "Connection reset by the endpoint.";
  return `${message}.`;
}
