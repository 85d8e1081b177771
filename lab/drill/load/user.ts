//! A user: resolves the service's name, keeps connections open, follows DNS when the TTL has
//! passed, and never repeats a request. What failed is written down and the next one goes on.

import http from "node:http";
import type { LabDescriptor } from "../../descriptor.ts";
import { objectsOff, orderKey, type RequestKind, type RequestLine } from "../ledger.ts";
import type { Attachments } from "./attachments.ts";
import type { Clock } from "./clock.ts";
import { orderOf } from "./orders.ts";
import {
  ask,
  errorClass,
  meaningOfFetch,
  meaningOfWrite,
  type Answer,
  type Meaning,
  type NoAnswer,
  type Question,
} from "./request.ts";
import type { CachedName } from "./resolver.ts";

export interface UserProps {
  readonly lab: LabDescriptor;
  readonly seed: number;
  readonly name: CachedName;
  /** Shared by all users. */
  readonly attachments: Attachments;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly record: (line: RequestLine) => void;
}

export interface User {
  perform(kind: "user" | "read" | "object", seq: number): Promise<void>;
  close(): void;
}

/** Requests of one user that may be under way at once: what an outage piles up. */
const connectionsMax = 32;

export function createUser(props: UserProps): User {
  let connection = { address: "", agent: newAgent() };

  const agentFor = (address: string): http.Agent => {
    if (connection.address !== address) {
      retire(connection.agent);
      connection = { address, agent: newAgent() };
    }
    return connection.agent;
  };

  return {
    async perform(kind, seq) {
      const operation = operationOf(kind, seq, props);
      const sentAtMs = props.clock();
      const address = await addressOf(props.name);
      const answer =
        "error" in address
          ? address
          : await ask({
              ...operation.question,
              host: address.address,
              port: props.lab.appPort,
              agent: agentFor(address.address),
              timeoutMs: props.timeoutMs,
            });
      const meaning = operation.meaning(answer);
      if (kind === "object" && meaning.outcome === "acknowledged") {
        props.attachments.add(operation.key);
      }
      props.record({
        kind,
        seq,
        key: operation.key,
        region: "error" in address ? null : regionAt(props.lab, address.address),
        answeredBy: "status" in answer ? answer.region : null,
        epoch: "status" in answer ? answer.epoch : null,
        status: "status" in answer ? answer.status : null,
        ...meaning,
        sentAtMs,
        doneAtMs: props.clock(),
        ...operation.row,
      });
    },
    close: () => connection.agent.destroy(),
  };
}

interface Operation {
  readonly key: string;
  readonly question: Pick<Question, "method" | "path" | "headers" | "body">;
  readonly meaning: (answer: Answer | NoAnswer) => Meaning;
  readonly row?: Pick<RequestLine, "item" | "quantity" | "attachment">;
}

function operationOf(
  kind: Exclude<RequestKind, "canary">,
  seq: number,
  { attachments, lab, seed }: UserProps,
): Operation {
  const host = `${lab.hostname}:${lab.appPort}`;
  switch (kind) {
    case "user": {
      const key = orderKey(seed, seq);
      const attachment = attachments.next(seq);
      const row = { ...orderOf(seed, seq), ...(attachment === null ? {} : { attachment }) };
      const headers = { host, "content-type": "application/json", "idempotency-key": key };
      const body = JSON.stringify(row);
      return {
        key,
        row,
        question: { method: "POST", path: "/orders", headers, body },
        meaning: (answer) => meaningOfWrite(answer, key),
      };
    }
    case "read":
      return {
        key: `read-${seed}-${seq}`,
        question: { method: "GET", path: "/region", headers: { host } },
        meaning: meaningOfFetch,
      };
    case "object": {
      const key = `object-${seed}-${seq}`;
      const headers = { host, "content-type": "text/plain" };
      return {
        key,
        question: { method: "PUT", path: `/objects/${key}`, headers, body: `object ${seq}` },
        meaning: meaningOfObject,
      };
    }
    default:
      return kind satisfies never;
  }
}

/** A service without objects says 404 or 501; that is a property of the service, not a failure. */
function meaningOfObject(answer: Answer | NoAnswer): Meaning {
  if ("status" in answer && (answer.status === 404 || answer.status === 501)) {
    return { outcome: "refused", error: objectsOff };
  }
  return meaningOfFetch(answer);
}

async function addressOf(name: CachedName): Promise<{ readonly address: string } | NoAnswer> {
  try {
    return { address: await name.address() };
  } catch (error) {
    return { connected: false, error: `dns-${errorClass(error)}` };
  }
}

function regionAt(lab: LabDescriptor, address: string): string | null {
  const found = Object.entries(lab.regions).find(([, region]) => region.address === address);
  return found?.[0] ?? null;
}

function newAgent(): http.Agent {
  return new http.Agent({ keepAlive: true, maxSockets: connectionsMax, maxFreeSockets: 4 });
}

/** Requests under way keep their connection to the end; idle connections close now. */
function retire(agent: http.Agent): void {
  agent.maxFreeSockets = 0;
  for (const idle of Object.values(agent.freeSockets)) {
    for (const socket of idle ?? []) socket.destroy();
  }
}
