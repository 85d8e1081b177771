//! The door to the Route 53 API: counts every call, then asks whether the control plane is up and
//! whether the account has asked too often. A drill that claims "no call was made" reads the counts.

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
}

export interface EntranceOptions {
  /** Whether the account may still ask; a call while the control plane is down does not count. */
  readonly admit: () => boolean;
}

export function createEntrance({ admit }: EntranceOptions): Entrance {
  const counts = new Map<string, number>();
  let isOpen = true;

  const enter = (operation: string): void => {
    counts.set(operation, (counts.get(operation) ?? 0) + 1);
    if (!isOpen) throw new AwsError("ServiceUnavailable", "Service Unavailable", { status: 503 });
    if (!admit()) throw new AwsError("ThrottlingException", "Rate exceeded", { status: 400 });
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
  };
}
