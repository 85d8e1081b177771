//! The door to the Route 53 API: notes every call, then asks whether the control plane is up and
//! whether the account has asked too often. A drill that claims "no call was made" reads the notes.

import * as Route53 from "@aws-sdk/client-route-53";

import { AwsError, describeService } from "../aws/endpoint.ts";
import type { AwsService, Handler, Handlers } from "../aws/endpoint.ts";

export interface Entrance {
  /** The service with every handler behind the door. */
  readonly guard: (handlers: Handlers) => AwsService;
  /** `false`: the control plane is down. */
  readonly setOpen: (isOpen: boolean) => void;
  /** By operation; refused calls and operations that the lab has not are counted as well. */
  readonly calls: () => Readonly<Record<string, number>>;
  /** The newest calls, the oldest of them first; no more than 10,000. */
  readonly recentCalls: () => readonly Route53Call[];
}

export interface Route53Call {
  readonly atMs: number;
  readonly action: string;
  /** False when it was refused at the door: control plane down, or asked too often. */
  readonly answered: boolean;
}

export interface EntranceOptions {
  /** Whether the account may still ask; a call while the control plane is down does not count. */
  readonly admit: () => boolean;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
}

const recentCallsMax = 10_000;

export function createEntrance({ admit, nowMs }: EntranceOptions): Entrance {
  const counts = new Map<string, number>();
  const recent: Route53Call[] = [];
  let isOpen = true;

  const refusal = (): AwsError | undefined => {
    if (!isOpen) return new AwsError("ServiceUnavailable", "Service Unavailable", { status: 503 });
    if (admit()) return undefined;
    return new AwsError("ThrottlingException", "Rate exceeded", { status: 400 });
  };
  const enter = (operation: string): void => {
    counts.set(operation, (counts.get(operation) ?? 0) + 1);
    const refused = refusal();
    recent.push({ atMs: nowMs(), action: operation, answered: refused === undefined });
    if (recent.length > recentCallsMax) recent.shift();
    if (refused !== undefined) throw refused;
  };
  const guardOne = (operation: string, handler: Handler | undefined): Handler => {
    return (input, context) => {
      enter(operation);
      if (handler !== undefined) return handler(input, context);
      throw new AwsError("NotImplemented", `the lab's Route 53 has no ${operation}`, {
        status: 501,
      });
    };
  };

  return {
    guard(handlers) {
      const model = describeService(Route53, new Route53.Route53Client({}));
      const operations = Array.from(model.operations.keys());
      const guarded = operations.map((name) => [name, guardOne(name, handlers[name])] as const);
      return { model, handlers: Object.fromEntries(guarded) };
    },
    setOpen(open) {
      isOpen = open;
    },
    calls: () => Object.fromEntries(counts),
    recentCalls: () => [...recent],
  };
}
