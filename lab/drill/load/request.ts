//! One HTTP request, sent once, and what its answer means for the ledger. Never rejects: that a
//! request fails is what the load is there to see.

import http from "node:http";
import type { Outcome } from "../ledger.ts";

export interface Question {
  readonly host: string;
  readonly port: number;
  readonly method: "GET" | "POST" | "PUT";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly agent: http.Agent;
  readonly timeoutMs: number;
}

export interface Answer {
  readonly status: number;
  readonly region: string | null;
  readonly epoch: number | null;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface NoAnswer {
  /** False when no connection was made, so nothing can have been stored. */
  readonly connected: boolean;
  readonly error: string;
}

export interface Meaning {
  readonly outcome: Outcome;
  readonly error: string | null;
}

const bodyCharactersMax = 65_536;

export function ask(question: Question): Promise<Answer | NoAnswer> {
  return new Promise((resolve) => {
    let connected = false;
    const request = http.request({
      host: question.host,
      port: question.port,
      method: question.method,
      path: question.path,
      agent: question.agent,
      headers: headersOf(question),
    });
    const timer = setTimeout(() => {
      request.destroy(new Error(connected ? "timeout-answering" : "timeout-connecting"));
    }, question.timeoutMs);
    const give = (result: Answer | NoAnswer): void => {
      clearTimeout(timer);
      resolve(result);
    };
    const fail = (error: Error): void => give({ connected, error: errorClass(error) });
    request.on("socket", (socket) => {
      if (!socket.connecting) connected = true;
      else socket.once("connect", () => (connected = true));
    });
    request.on("error", fail);
    request.on("response", (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        if (body.length < bodyCharactersMax) body += part;
      });
      response.on("error", fail);
      response.on("end", () => give(answerFrom(response, body)));
    });
    request.end(question.body);
  });
}

/** What a write's answer means. A 5xx that is not a clear refusal may hide a stored row. */
export function meaningOfWrite(answer: Answer | NoAnswer, key: string): Meaning {
  if (!("status" in answer)) return meaningOfSilence(answer);
  const { status, body } = answer;
  if (status === 200 || status === 201) {
    if (body["key"] === key) return { outcome: "acknowledged", error: null };
    return { outcome: "unknown", error: "answer-without-the-key" };
  }
  const said = typeof body["error"] === "string" ? body["error"].slice(0, 60) : `http-${status}`;
  if (status === 503 && said === "not-serving") return { outcome: "refused", error: said };
  return { outcome: status >= 500 ? "unknown" : "failed", error: said };
}

/** What the answer to a page or an object means; nobody stores anything that is checked later. */
export function meaningOfFetch(answer: Answer | NoAnswer): Meaning {
  if (!("status" in answer)) return meaningOfSilence(answer);
  if (answer.status === 200 || answer.status === 201) {
    return { outcome: "acknowledged", error: null };
  }
  return { outcome: "failed", error: `http-${answer.status}` };
}

function meaningOfSilence(answer: NoAnswer): Meaning {
  return { outcome: answer.connected ? "unknown" : "failed", error: answer.error };
}

function headersOf(question: Question): Record<string, string | number> {
  if (question.body === undefined) return { ...question.headers };
  return { ...question.headers, "content-length": Buffer.byteLength(question.body) };
}

function answerFrom(response: http.IncomingMessage, text: string): Answer {
  const body = bodyOf(text);
  const region = response.headers["x-switchback-region"];
  const epoch = response.headers["x-switchback-epoch"] ?? body["epoch"];
  return {
    status: response.statusCode ?? 0,
    region: typeof region === "string" ? region : null,
    epoch: wholeNumber(epoch),
    body,
  };
}

function bodyOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function wholeNumber(value: unknown): number | null {
  if (value === undefined || value === null || value === "") return null;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : null;
}

/** A short word that many failures share, so that they can be counted. */
export function errorClass(error: unknown): string {
  if (typeof error !== "object" || error === null) return "unknown-error";
  if ("code" in error && typeof error.code === "string") return error.code;
  return "message" in error ? String(error.message).slice(0, 60) : "unknown-error";
}
